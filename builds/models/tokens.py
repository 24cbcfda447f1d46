"""Tokens of operators and programs, and who a Django user is at Storia."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class OperatorToken(models.Model):
    """A token that acts as its owner, for some of what its owner may. The secret itself is not kept."""

    name = models.CharField(max_length=100, help_text="What it is for, in its owner's words.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="operator_tokens"
    )
    prefix = models.CharField(max_length=20, unique=True, help_text="How the token begins, to know it by.")
    digest = models.CharField(max_length=64, unique=True, help_text="sha256 of the whole token.")
    scopes = ArrayField(models.CharField(max_length=20))
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


class StoriaSubject(models.Model):
    """Who a Django user is at Storia: four eyes compare this, so that nobody approves what they asked for."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="storia_subject"
    )
    subject = models.CharField(max_length=200, unique=True, help_text="The `sub` of Storia's tokens.")

    class Meta:
        verbose_name = "Storia subject"

    def __str__(self) -> str:
        return self.subject
