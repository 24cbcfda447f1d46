"""One row for each model at each endpoint that has been in trouble: every worker asks it before a call."""

from django.db import models
from django.db.models.functions import Now


class Breaker(models.Model):
    """Closed while `open_until` is empty, open until then, half-open after it: then one call is the probe."""

    provider = models.CharField(max_length=300, unique=True, help_text="The endpoint and the model there.")
    failures = models.IntegerField(default=0, help_text="Since the last answer.")
    open_until = models.DateTimeField(null=True, blank=True)
    probe_until = models.DateTimeField(
        null=True, blank=True, help_text="A probe is under way; after this time it counts as lost."
    )
    opened_at = models.DateTimeField(null=True, blank=True)
    kind = models.CharField(max_length=20, blank=True, help_text="`quota` or `transient`.")
    error = models.TextField(blank=True)
    updated_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["provider"]

    def __str__(self) -> str:
        return self.provider
