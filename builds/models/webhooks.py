"""Deliveries of the forge's webhooks that were taken, so that none counts twice."""

from django.db import models
from django.db.models.functions import Now

from builds.models.jobs import Job


class GithubDelivery(models.Model):
    """One delivery that was recorded on jobs, under GitHub's own id of it. What was ignored leaves no row."""

    delivery = models.CharField(max_length=64, unique=True, help_text="`X-GitHub-Delivery`")
    event = models.CharField(max_length=60)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    received_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        verbose_name = "GitHub delivery"
        verbose_name_plural = "GitHub deliveries"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.event} {self.delivery}"
