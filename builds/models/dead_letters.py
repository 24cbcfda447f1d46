"""Dead letters: attempts that ended because trying again did not help, until somebody replays them."""

from django.db import models
from django.db.models.functions import Now

from builds.models.jobs import Job


class DeadLetter(models.Model):
    """One attempt that ran out of tries, of workers or of time: what failed, how often, and when."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="dead_letters")
    attempt = models.IntegerField()
    station = models.CharField(max_length=20)
    code = models.CharField(max_length=60)
    error = models.TextField()
    tries = models.IntegerField(help_text="How often the station was tried, or its workers died.")
    failed_at = models.DateTimeField(db_default=Now())
    replayed_at = models.DateTimeField(null=True, blank=True, help_text="When the next attempt was started.")
    replayed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["-id"], name="dead_letter_open", condition=models.Q(replayed_at__isnull=True)
            ),
        ]
        constraints = [models.UniqueConstraint("job", "attempt", name="dead_letter_once")]

    def __str__(self) -> str:
        return f"{self.job_id} {self.station} {self.code}"
