"""A job: one spec being built for one repo. The row is the truth; Redis only rings."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import models, transaction
from django.db.models.functions import Now

from builds.models.repos import Repo
from builds.ports import LeaseLost
from builds.states import ACTIVE, FINAL, HELD, PUBLIC_WORDS, JobStatus, LostRace, check_move
from specs.models import Spec


class Priority(models.IntegerChoices):
    """Smaller goes first."""

    CRITICAL = 0
    HIGH = 10
    MEDIUM = 20
    LOW = 30


STATUSES = [(status.value, status.value) for status in JobStatus]


class Job(models.Model):
    """One spec being built for one repo, over one or more attempts."""

    class PullMode(models.TextChoices):
        """What a pull request may become when everything is green; else it is a draft anyway."""

        DRAFT = "draft"
        READY = "ready"

    # What was asked for
    job_id = models.CharField(max_length=200, unique=True, help_text="The caller's own name of the job.")
    spec = models.ForeignKey(Spec, on_delete=models.PROTECT, related_name="jobs")
    # Where a foreign key has no index of its own, another one begins with its column.
    repo = models.ForeignKey(Repo, on_delete=models.PROTECT, related_name="jobs", db_index=False)
    title = models.CharField(max_length=300)
    spec_name = models.CharField(
        max_length=200, blank=True, help_text="The spec's name at the caller (`specId`)."
    )
    user_id = models.CharField(max_length=200, help_text="Who the job is for.")
    requester = models.CharField(max_length=200, help_text="The subject that asked; four eyes compare this.")
    trust_level = models.CharField(max_length=20)
    target_repo_type = models.CharField(max_length=40, blank=True)
    base_branch = models.CharField(max_length=200, default="main")
    branch_prefix = models.CharField(max_length=100, default="dream/")
    estimated_effort = models.CharField(max_length=100, blank=True)
    priority = models.IntegerField(choices=Priority, default=Priority.MEDIUM)
    callback_url = models.CharField(max_length=2000, blank=True)
    max_tokens = models.BigIntegerField()
    max_dollars = models.DecimalField(max_digits=12, decimal_places=6)
    queue_name = models.CharField(max_length=100, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    plan_approval = models.BooleanField(default=False)
    metadata = models.JSONField(default=dict, blank=True)
    issue_number = models.IntegerField(
        null=True, blank=True, help_text="The issue at the forge that the spec was read from."
    )
    goal = models.TextField(blank=True, db_default="", help_text="What this build is to achieve, besides.")
    pr_mode = models.CharField(
        max_length=10,
        choices=PullMode,
        db_default=PullMode.READY,
        help_text="`draft`: a draft even when everything is green.",
    )
    payload_hash = models.CharField(max_length=64, help_text="Tells a replay from another job of that name.")
    request_id = models.CharField(max_length=64, blank=True)

    # Where it stands
    status = models.CharField(max_length=20, choices=STATUSES, default=JobStatus.QUEUED.value)
    station = models.CharField(max_length=20, default="intake")
    attempt = models.IntegerField(default=1)
    fence = models.BigIntegerField(default=0, help_text="Grows at every claim and never resets.")
    tries = models.IntegerField(default=0, help_text="Of the station; a claim takes one.")
    crashes = models.IntegerField(default=0, help_text="Leases that ran out in this attempt.")
    verify_returns = models.IntegerField(default=0)
    review_returns = models.IntegerField(default=0)
    run_after = models.DateTimeField(db_default=Now(), help_text="The only clock, on the database's time.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="The only heartbeat.")
    lease_owner = models.CharField(max_length=200, blank=True)
    wait_reason = models.CharField(max_length=500, blank=True)
    wait_cause = models.CharField(
        max_length=20, blank=True, help_text="Of a wait for something outside; empty: there is none."
    )
    waits_since = models.DateTimeField(
        null=True, blank=True, help_text="Since when this station waits for that cause without an answer."
    )
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=1000, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)
    error_station = models.CharField(max_length=20, blank=True)

    # What it made
    intake = models.JSONField(null=True, blank=True, help_text="What intake pinned down.")
    plan = models.JSONField(null=True, blank=True)
    plan_sha = models.CharField(max_length=64, blank=True)
    base_sha = models.CharField(max_length=40, blank=True)
    branch = models.CharField(max_length=300, blank=True)
    tree_sha = models.CharField(max_length=40, blank=True, help_text="Tree of the whole change set.")
    change_set = models.CharField(max_length=64, blank=True, help_text="sha256 of its patch in the store.")
    review = models.JSONField(null=True, blank=True)
    head_sha = models.CharField(max_length=40, blank=True)
    pr_number = models.IntegerField(null=True, blank=True)
    pr_url = models.CharField(max_length=2000, blank=True)
    pull = models.JSONField(null=True, blank=True)
    pull_news = models.JSONField(
        null=True, blank=True, help_text="What the forge told of the pull request since it was opened."
    )
    deploy_url = models.CharField(max_length=2000, blank=True)

    # Money: sums over reservations, kept here so that a cap is one guarded UPDATE
    spent_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    reserved_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    tokens_used = models.BigIntegerField(default=0)
    tokens_reserved = models.BigIntegerField(default=0)

    # Events
    last_sequence = models.BigIntegerField(default=0)

    # Callbacks: the events after `delivered_sequence` that have a callback status are still to be told
    delivered_sequence = models.BigIntegerField(default=0)
    next_callback_at = models.DateTimeField(
        null=True, blank=True, help_text="When the next one is tried, or a sender is given up; empty: none."
    )
    callback_tries = models.IntegerField(default=0, help_text="Of the next one; a claim takes one.")
    callback_fence = models.BigIntegerField(default=0, help_text="Grows at every claim and never resets.")
    callback_disabled_at = models.DateTimeField(
        null=True, blank=True, help_text="The receiver wants no more; sending again lifts it."
    )

    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("review_job", "Can approve and reject paused jobs"),
            ("operate_job", "Can cancel and rerun any job, and see the queues"),
            ("deploy_job", "Can order builds that are deployed, with a token that says so"),
        ]
        indexes = [
            # The claim looks only at these: the first due job of each repo and priority is one look-up. The
            # user is included, so that jobs of one who has no room are passed over without reading rows.
            models.Index(
                fields=["repo", "priority", "run_after", "id"],
                include=["user_id"],
                name="job_queued_by_repo",
                condition=models.Q(status="queued"),
            ),
            models.Index(fields=["lease_until"], name="job_running", condition=models.Q(status="running")),
            models.Index(
                fields=["next_callback_at"],
                name="job_callback_due",
                condition=models.Q(next_callback_at__isnull=False),
            ),
            models.Index(fields=["user_id", "-id"], name="job_by_user"),
            models.Index(  # the few that somebody asked for on behalf of another
                fields=["requester", "-id"],
                name="job_by_requester",
                condition=~models.Q(requester=models.F("user_id")),
            ),
            models.Index(  # what counts against a user's quota
                fields=["user_id"],
                name="job_unfinished_by_user",
                condition=models.Q(status__in=["queued", "running", "paused"]),
            ),
            models.Index(fields=["repo", "-id"], name="job_by_repo"),
            models.Index(  # whose pull request a webhook is about
                fields=["repo", "pr_number"],
                name="job_by_pull",
                condition=models.Q(pr_number__isnull=False),
            ),
            models.Index(fields=["created_at"], name="job_by_creation"),  # where a list `since` begins
            models.Index(
                fields=["finished_at"],
                include=["status"],
                name="job_by_end",
                condition=models.Q(finished_at__isnull=False),
            ),
            models.Index(  # all that the overview asks of what is active, so that counting reads no rows
                fields=["status"],
                include=["started_at", "wait_cause"],
                name="job_active",
                condition=models.Q(status__in=["running", "queued"]),
            ),
            models.Index(fields=["status", "-id"], name="job_by_status"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=[status.value for status in JobStatus]), name="job_status_known"
            ),
            models.CheckConstraint(  # the claim asks for these levels, and would never see another
                condition=models.Q(priority__in=Priority.values), name="job_priority_known"
            ),
            models.CheckConstraint(
                condition=models.Q(spent_usd__gte=0, reserved_usd__gte=0), name="job_money_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.job_id

    @property
    def public_status(self) -> str:
        """The word for Storia: a job that waits between stations is still `running`, but for cap or halt."""
        between = self.status == JobStatus.QUEUED and self.started_at is not None
        if between and self.wait_cause not in HELD:
            return JobStatus.RUNNING.value
        return PUBLIC_WORDS[JobStatus(self.status)]

    @property
    def is_final(self) -> bool:
        """Whether the attempt has ended."""
        return self.status in FINAL

    @property
    def is_active(self) -> bool:
        """Whether the attempt goes on or waits."""
        return self.status in ACTIVE

    @property
    def dollars_left(self) -> Any:
        """Neither spent nor reserved."""
        return self.max_dollars - self.spent_usd - self.reserved_usd

    def move(self, to: JobStatus, **changes: Any) -> None:
        """Change the state with one guarded UPDATE, inside the caller's transaction.

        Raises IllegalMove when the table does not hold the move, LostRace when somebody else was first.
        Whoever moves a job also records the event (`builds.journal.record`) in the same transaction.
        """
        was = JobStatus(self.status)
        check_move(was, to)
        if to in FINAL:
            changes.setdefault("finished_at", Now())
        if to is not JobStatus.RUNNING:
            changes |= {"lease_until": None, "lease_owner": ""}
        mine = Job.objects.filter(pk=self.pk, status=was.value, fence=self.fence, attempt=self.attempt)
        if not mine.update(status=to.value, updated_at=Now(), **changes):
            raise LostRace(f"job {self.job_id} is no longer {was} under fence {self.fence}")
        self.refresh_from_db()

    @contextmanager
    def fenced(self) -> Iterator[None]:
        """A transaction that only the holder of the lease can open; every write of a worker is in one.

        Raises LeaseLost when the fence has grown or the job is no longer running.
        """
        with transaction.atomic():
            held = Job.objects.filter(pk=self.pk, fence=self.fence, status=JobStatus.RUNNING.value)
            if not held.update(updated_at=Now()):
                raise LeaseLost(f"job {self.job_id} is no longer ours under fence {self.fence}")
            yield

    def renew(self, lease: timedelta) -> bool:
        """Renew the lease on the database's clock; whether cancel was asked for. Raises LeaseLost."""
        held = Job.objects.filter(pk=self.pk, fence=self.fence, status=JobStatus.RUNNING.value)
        if not held.update(lease_until=Now() + lease):
            raise LeaseLost(f"job {self.job_id} is no longer ours under fence {self.fence}")
        return Job.objects.filter(pk=self.pk, cancel_requested_at__isnull=False).exists()
