"""The ledger's rows: every model call, and the money reserved before it."""

from django.db import models
from django.db.models.functions import Now

from builds.models.jobs import Job


class ModelCall(models.Model):
    """One call to a model, with its answer: a call that is asked again is answered from here, for nothing."""

    class State(models.TextChoices):
        """`lost`: no answer came, so its reservation was settled in full."""

        SENT = "sent"
        ANSWERED = "answered"
        LOST = "lost"
        REFUSED = "refused"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="model_calls", db_index=False)
    attempt = models.IntegerField()
    station = models.CharField(max_length=20)
    purpose = models.CharField(max_length=40)
    item = models.CharField(max_length=40, blank=True)
    turn = models.IntegerField()
    model = models.CharField(max_length=200)
    instead_of = models.CharField(
        max_length=200,
        blank=True,
        db_default="",
        help_text="The model that was asked for, when its provider was in trouble.",
    )
    request_hash = models.CharField(max_length=64)
    prompt_version = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=20, choices=State, default=State.SENT)
    reply = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True)
    finish = models.CharField(max_length=20, blank=True)
    price_source = models.CharField(
        max_length=20,
        blank=True,
        db_default="",
        help_text="Whose price it was settled at; see docs/money.md.",
    )
    provider_request_id = models.CharField(max_length=200, blank=True)
    request_bytes = models.IntegerField(default=0)
    input_tokens = models.IntegerField(default=0)
    cached_tokens = models.IntegerField(default=0)
    output_tokens = models.IntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    sent_at = models.DateTimeField(db_default=Now())
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["job", "attempt", "purpose", "item", "turn"], name="call_by_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.item} {self.turn}"


class Reservation(models.Model):
    """The worst case of one call, taken from the budget before it and settled after it."""

    class State(models.TextChoices):
        """`settled` at the reported usage, or in full when the answer was lost; `released` when not sent."""

        OPEN = "open"
        SETTLED = "settled"
        RELEASED = "released"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="reservations")
    call = models.OneToOneField(ModelCall, on_delete=models.CASCADE, related_name="reservation")
    fence = models.BigIntegerField()
    tokens = models.BigIntegerField()
    usd = models.DecimalField(max_digits=12, decimal_places=6)
    settled_tokens = models.BigIntegerField(default=0)
    settled_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    exceeded = models.BooleanField(default=False, help_text="The provider took more than was reserved.")
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    reserved_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["job", "fence"], name="reservation_open", condition=models.Q(state="open")),
            models.Index(fields=["reserved_at"], name="reservation_by_time"),  # what caps and sums look at
            models.Index(fields=["settled_at"], name="reservation_by_settlement"),
        ]

    def __str__(self) -> str:
        return f"${self.usd} {self.state}"
