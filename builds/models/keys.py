"""Idempotency keys: which run a caller's key made, so that a request that is sent twice makes one."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now

from builds.models.jobs import Job

KEPT = timedelta(hours=48)
"""An older key is as good as new; clients give up long before."""


class IdempotencyKey(models.Model):
    """One key of one caller, written in the transaction that makes the run: neither is ever alone."""

    caller = models.CharField(max_length=200, help_text="The subject; other people's keys are other keys.")
    key = models.CharField(max_length=255)
    payload_hash = models.CharField(max_length=64, help_text="sha256 of what was asked for, canonical.")
    # By the run's name, so that the row can come first: whoever sends the same key then waits for our commit.
    run = models.ForeignKey(Job, to_field="job_id", on_delete=models.CASCADE, related_name="idempotency_keys")
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="key_once")]

    def __str__(self) -> str:
        return f"{self.key} of {self.caller}"
