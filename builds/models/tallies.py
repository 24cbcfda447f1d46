"""Running totals for `/metrics`: what happened is read once, added up here, and may then be deleted."""

from django.db import models


class Tally(models.Model):
    """One metric under one set of labels. Totals only grow."""

    metric = models.CharField(max_length=100)
    labels = models.CharField(max_length=600, help_text="The labels' values, as a JSON list.")
    count = models.BigIntegerField(default=0)
    total = models.DecimalField(max_digits=24, decimal_places=6, default=0)
    buckets = models.JSONField(default=dict, blank=True, help_text="Bound → how many fell in.")

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint("metric", "labels", name="tally_once")]

    def __str__(self) -> str:
        return f"{self.metric} {self.labels}"


class TallyMark(models.Model):
    """How far a source has been read. Numbers are those of its rows, or microseconds since 1970.

    Rows appear in another order than they are numbered, as their transactions end in any order. So what was
    there at one look is added up at a later one, when every transaction of that time has ended.
    """

    source = models.CharField(max_length=40, unique=True)
    done = models.BigIntegerField(help_text="Added up, up to here.")
    seen = models.BigIntegerField(help_text="What there was at the last look.")
    horizon = models.BigIntegerField(help_text="The first transaction that began after that look.")

    def __str__(self) -> str:
        return f"{self.source} {self.done}"
