"""The delivery log: every POST of a callback that was made, and how it went."""

from django.db import models
from django.db.models.functions import Now

from builds.models.events import Event


class CallbackDelivery(models.Model):
    """One try to tell one event. Never changed; a sender that was killed in the middle leaves no row."""

    class Outcome(models.TextChoices):
        """`refused`: nothing was sent, for the address is never sent to. `gone`: the receiver said 410."""

        DELIVERED = "delivered"
        FAILED = "failed"
        GONE = "gone"
        REFUSED = "refused"

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    number = models.IntegerField(help_text="1 for the first try.")
    outcome = models.CharField(max_length=20, choices=Outcome)
    status = models.IntegerField(null=True, blank=True, help_text="Of HTTP; empty when no answer came.")
    error = models.TextField(blank=True)
    duration_ms = models.IntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "callback deliveries"
        ordering = ["-id"]
        indexes = [models.Index(fields=["outcome", "-id"], name="delivery_by_outcome")]

    def __str__(self) -> str:
        return f"{self.event} {self.outcome}"
