"""Evidence: check results, criteria, and artifacts by their sha256."""

from django.db import models
from django.db.models.functions import Now

from builds.models.jobs import Job


class CheckResult(models.Model):
    """One run of a check on exactly one tree."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="check_results", db_index=False)
    attempt = models.IntegerField()
    phase = models.CharField(max_length=20)
    check_name = models.CharField(max_length=60)
    item = models.CharField(max_length=40, blank=True)
    tree_sha = models.CharField(max_length=40)
    outcome = models.CharField(max_length=20)
    run = models.JSONField(help_text="The whole evidence.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["job", "phase", "tree_sha"], name="check_by_tree")]

    def __str__(self) -> str:
        return f"{self.phase} {self.check_name} {self.outcome}"


class JobCriterion(models.Model):
    """One acceptance criterion; `met` only with a check that ran on exactly the tree the PR holds."""

    class Status(models.TextChoices):
        """`open` until there is a pull request to judge."""

        OPEN = "open"
        MET = "met"
        UNMET = "unmet"
        NEEDS_HUMAN = "needs_human"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="criteria", db_index=False)
    number = models.IntegerField()
    text = models.TextField()
    proposed = models.BooleanField(default=False)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    evidence = models.TextField(blank=True)

    class Meta:
        verbose_name = "criterion"
        verbose_name_plural = "criteria"
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint("job", "number", name="criterion_once")]

    def __str__(self) -> str:
        return f"{self.number}. {self.text}"


class Artifact(models.Model):
    """A blob that a station left behind; its bytes are in the artifact store under the sha256."""

    SETUP = "setup"  # the kind whose blob is a SetupRun

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="artifacts", db_index=False)
    attempt = models.IntegerField()
    station = models.CharField(max_length=20, blank=True)
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100, default="text/plain; charset=utf-8")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["sha256"], name="artifact_by_sha")]  # who else refers to a blob
        constraints = [models.UniqueConstraint("job", "attempt", "kind", "name", name="artifact_once")]

    def __str__(self) -> str:
        return self.name
