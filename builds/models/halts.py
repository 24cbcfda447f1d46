"""A halt: from its row on no model is called and no job is taken, until somebody lifts it."""

from django.db import models
from django.db.models.functions import Now


class Halt(models.Model):
    """Who stopped everything and why, and who let it go on. At most one is not lifted."""

    at = models.DateTimeField(db_default=Now())
    by = models.CharField(max_length=200)
    reason = models.CharField(max_length=1000)
    via = models.CharField(max_length=20, blank=True, help_text="admin, api or cli")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                models.ExpressionWrapper(models.Q(lifted_at=None), output_field=models.BooleanField()),
                condition=models.Q(lifted_at=None),
                name="halt_one_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Halted by {self.by}: {self.reason}"
