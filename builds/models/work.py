"""Work items of a plan, and the transcript of each."""

from django.db import models

from builds.models.jobs import Job


class WorkItem(models.Model):
    """One small planned change. `attempt` is the one whose plan it belongs to."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="work_items", db_index=False)
    attempt = models.IntegerField()
    ordinal = models.IntegerField()
    key = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    planned = models.JSONField(help_text="The item as planned.")
    status = models.CharField(max_length=20, default="pending")
    summary = models.TextField(blank=True)
    failure = models.CharField(max_length=60, blank=True)
    patch = models.CharField(max_length=64, blank=True, help_text="sha256 of the patch in the store.")
    tree_before = models.CharField(max_length=40, blank=True)
    tree_after = models.CharField(max_length=40, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["job", "attempt", "ordinal"]
        constraints = [models.UniqueConstraint("job", "attempt", "key", name="work_item_once")]

    def __str__(self) -> str:
        return f"{self.key}. {self.title}"


class TurnRow(models.Model):
    """One turn of an item's tool loop: what the tools answered, and the tree after."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="turns", db_index=False)
    attempt = models.IntegerField()
    item = models.CharField(max_length=40)
    number = models.IntegerField()
    request_hash = models.CharField(max_length=64)
    results = models.JSONField(default=list)
    tree_after = models.CharField(max_length=40, blank=True)

    class Meta:
        verbose_name = "turn"
        ordering = ["job", "attempt", "item", "number"]
        constraints = [models.UniqueConstraint("job", "attempt", "item", "number", name="turn_once")]

    def __str__(self) -> str:
        return f"{self.item} turn {self.number}"
