"""Rows as the engine would leave them, made quickly: jobs in every state, evidence that fits together."""

import subprocess
import tempfile
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.utils import timezone

from builds.adapters import connect
from builds.evidence import CheckRun, Finding
from builds.models import Approval, Artifact, CheckResult, Job, Repo, StationRun
from builds.pipeline import STATIONS
from builds.values import dump
from specs.models import Spec

IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "core.autocrlf=false")
BASE, TREE = "b" * 40, "7" * 40
HASH = "433226146f90" + "0" * 52
SPEC = """# Add CSV export for invoices

Accountants copy invoices by hand. Give them a file.

## Requirements

- A signed-in user downloads all invoices as CSV
- Each row has id, total and currency
- Invoices without a currency count as EUR
"""


def repo(owner: str = "acme", name: str = "billing", **more: Any) -> Repo:
    """A registered repository."""
    found, _ = Repo.objects.get_or_create(owner=owner, name=name, defaults=more)
    return found


def job(**more: Any) -> Job:
    """A queued job of Alice's."""
    values: dict[str, Any] = {
        "job_id": f"dm_{uuid4().hex[:8]}",
        "title": "Add CSV export for invoices",
        "user_id": "alice",
        "requester": "alice",
        "trust_level": "builder",
        "max_tokens": 2_000_000,
        "max_dollars": Decimal(20),
        "payload_hash": "0" * 64,
        "branch": "dream/add-csv-export-1f2e3d4c",
    }
    values |= more
    return Job.objects.create(
        spec=values.pop("spec", None) or Spec.keep(SPEC), repo=values.pop("repo", None) or repo(), **values
    )


def ended(status: str = "failed", **more: Any) -> Job:
    """A job whose attempt has ended at verify."""
    now = timezone.now()
    error = {
        "error_code": "checks_failed",
        "error_message": "3 tests fail that did not before.",
        "error_station": "verify",
    }
    made = job(
        status=status,
        station="verify",
        started_at=now - timedelta(hours=2),
        finished_at=now,
        **{**error, **more},
    )
    runs(made, "verify", "failed")
    return made


def paused(may_decide: str = "other_reviewer", findings: tuple[Finding, ...] = (), **more: Any) -> Job:
    """A job that stopped before create_pr, with an open question and no further evidence."""
    made = job(**{"status": "paused", "station": "create_pr", "started_at": timezone.now(), **more})
    runs(made, "create_pr", "paused")
    ask(made, may_decide=may_decide, findings=findings)
    return made


def ask(made: Job, **more: Any) -> Approval:
    """An open question."""
    findings = more.pop("findings", ())
    values = {
        "gates": ["NothingDestructive"],
        "reason": "Destructive operations detected, 1 risky line: it drops a column",
        "on_approve": f"The branch {made.branch} is pushed and one pull request is opened on {made.repo}, "
        f"from {made.branch} into {made.base_branch}. No merge.",
        "on_reject": "The build stops as rejected, and nothing is pushed.",
        "content_hash": HASH,
        "may_decide": "other_reviewer",
        "expires_at": timezone.now() + timedelta(days=7, minutes=1),
    }
    return Approval.objects.create(
        job=made,
        attempt=made.attempt,
        station=made.station,
        findings=[dump(finding) for finding in findings],
        **{**values, **more},
    )


def runs(made: Job, at: str, status: str) -> None:
    """The stations of an attempt: done before `at`, this status there, pending after it."""
    start = timezone.now() - timedelta(minutes=30)
    rows = []
    for ordinal, station in enumerate(STATIONS):
        run = StationRun(job=made, attempt=made.attempt, ordinal=ordinal, station=station)
        if ordinal <= STATIONS.index(at):
            run.status = status if station == at else "succeeded"
            run.tries = 1
            run.started_at = start + timedelta(minutes=3 * ordinal)
        if run.status == "succeeded":
            run.finished_at = start + timedelta(minutes=3 * ordinal, seconds=41 + 30 * ordinal)
        rows.append(run)
    StationRun.objects.bulk_create(rows)


def patch(before: dict[str, str], after: dict[str, str]) -> bytes:
    """What git says about two states of a folder, with full context; a missing path does not exist."""
    return made_patch(tuple(before.items()), tuple(after.items()))


@cache
def made_patch(before: tuple[tuple[str, str], ...], after: tuple[tuple[str, str], ...]) -> bytes:
    """The same diff is made once."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def git(*arguments: str) -> bytes:
            return subprocess.run(
                ["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True
            ).stdout

        git("init", "-q")
        write(folder, dict(before))
        git("add", "-A")
        git("commit", "-qm", "before", "--allow-empty")
        for path, _ in before:
            (folder / path).unlink()
        write(folder, dict(after))
        git("add", "-A")
        return git("diff", "--cached", "--binary", "-M", "--unified=1000000")


def write(folder: Path, files: dict[str, str]) -> None:
    """Put files into a folder, bytes as they are."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())


def keep_patch(made: Job, before: dict[str, str], after: dict[str, str]) -> None:
    """Store a change set, as implement leaves it."""
    data = patch(before, after)
    made.tree_sha, made.change_set = TREE, connect().artifacts.put(data)
    made.save(update_fields=["tree_sha", "change_set"])
    Artifact.objects.create(
        job=made, attempt=1, station="implement", kind="change_set", name="changes.patch",
        sha256=made.change_set, size=len(data),
    )  # fmt: skip


def keep_checks(made: Job, *after: CheckRun) -> None:
    """Store runs of checks."""
    for run in after:
        CheckResult.objects.create(
            job=made, attempt=made.attempt, phase=run.phase, check_name=run.check,
            tree_sha=run.tree_sha, outcome=run.outcome, run=dump(run),
        )  # fmt: skip
