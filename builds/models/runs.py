"""One row for one job at one station of one attempt; and the sweeps, which say that somebody looks."""

from django.db import models

from builds.models.jobs import Job
from builds.states import StationStatus


class StationRun(models.Model):
    """What one station did in one attempt. All rows of an attempt exist from its start, as `pending`."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="station_runs", db_index=False)
    attempt = models.IntegerField()
    ordinal = models.IntegerField()
    station = models.CharField(max_length=20)
    status = models.CharField(
        max_length=20,
        choices=[(s.value, s.value) for s in StationStatus],
        default=StationStatus.PENDING.value,
    )
    note = models.TextField(blank=True)
    tries = models.IntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    tokens = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["job", "attempt", "ordinal"]
        constraints = [models.UniqueConstraint("job", "attempt", "station", name="station_run_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.station} {self.attempt}"


class Sweep(models.Model):
    """One look at everything that is due. `/readyz` fails when the newest is older than 5 minutes."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.CharField(max_length=200)
    rang = models.IntegerField(default=0)
    canceled = models.IntegerField(default=0)
    expired = models.IntegerField(default=0)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"sweep {self.pk}"
