"""What happened to a job, numbered from 1 without gaps; also the outbox of callbacks."""

from django.db import models
from django.db.models.functions import Now

from builds.models.jobs import Job


class Event(models.Model):
    """One thing that happened to a job. Written in the transaction that changed the state; never changed."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events", db_index=False)
    sequence = models.BigIntegerField()
    attempt = models.IntegerField()
    name = models.CharField(max_length=60)
    station = models.CharField(max_length=20, blank=True)
    callback_status = models.CharField(
        max_length=20, blank=True, help_text="The status told to Storia; empty: not told."
    )
    message = models.TextField(blank=True)
    step = models.CharField(max_length=500, blank=True)
    actor = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["job", "sequence"]
        indexes = [models.Index(fields=["name", "-id"], name="event_by_name")]
        constraints = [
            models.UniqueConstraint("job", "sequence", name="event_once"),
            models.UniqueConstraint(
                "job",
                "attempt",
                name="event_one_ending",
                condition=models.Q(callback_status__in=["complete", "failed", "canceled"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sequence} {self.name}"
