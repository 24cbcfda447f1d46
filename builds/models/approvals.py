"""A question to a person, and the answer: bound to exactly the content that was shown."""

from django.db import models
from django.db.models.functions import Now

from builds.models.jobs import Job


class Approval(models.Model):
    """One question of a paused job. Decisions are never changed and never deleted."""

    class State(models.TextChoices):
        """`void`: the content changed or the job ended before anybody answered."""

        OPEN = "open"
        APPROVED = "approved"
        REJECTED = "rejected"
        EXPIRED = "expired"
        VOID = "void"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="approvals")
    attempt = models.IntegerField()
    station = models.CharField(max_length=20)
    gates = models.JSONField(default=list, help_text="Names of the gates that asked.")
    reason = models.TextField()
    findings = models.JSONField(default=list)
    on_approve = models.TextField()
    on_reject = models.TextField()
    content_hash = models.CharField(max_length=64)
    may_decide = models.CharField(max_length=20)
    state = models.CharField(max_length=20, choices=State, default=State.OPEN)
    asked_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=200, blank=True, help_text="Who decided, as four eyes see it.")
    comment = models.TextField(blank=True)
    via = models.CharField(max_length=20, blank=True, help_text="admin, api or cli")
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["asked_at", "id"], name="approval_open", condition=models.Q(state="open")),
            models.Index(fields=["expires_at"], name="approval_expiring", condition=models.Q(state="open")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job"], condition=models.Q(state="open"), name="approval_one_open_question"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_id} {self.station} {self.state}"
