"""The world that `docs/api.md` speaks of: Alice's builds in every state, and an operator with a token."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from builds.adapters.forge_local import LocalForge
from builds.evidence import Finding
from builds.journal import record
from builds.models import Job, Sweep
from builds.ports import RepoName
from builds.scopes import SCOPES
from tests import factories
from tests.api.operators import token_of, user
from tests.api.tokens import SECRET
from tests.full_job import full_job

EVERYTHING = ("add_job", "deploy_job", "review_job", "operate_job", "change_repo", "view_repo", "view_job")
WEBHOOK_SECRET = "the secret of GitHub's webhooks"
REQUEST_ID = "9c1f4b0e7d52"
RISKY_LINES = (
    'migrations.RemoveField("invoice", "legacy_total"),',
    'subprocess.run(f"logger export {request.user}", shell=True)',
)
ASKED = {"spec_name": "spec_41", "target_repo_type": "custom", "request_id": REQUEST_ID}
STORY = (
    ("run.queued", "Job dm_4 queued", "", "", "alice"),
    ("station.started", "Dream build started", "started", "intake", "engine"),
    ("station.succeeded", "3 criteria, 1 check", "", "intake", "engine"),
    ("pull_request.opened", "Pull request created", "pr_open", "create_pr", "engine"),
    ("run.succeeded", "Dream build complete", "complete", "create_pr", "engine"),
)
"""Name, message, callback status, station and actor: the events of a build that went well, shortened."""


def make(folder: Path) -> dict[str, str]:
    """Fill the database and a folder for a server; returns what the server needs to know."""
    make_forge(folder / "repos")
    (folder / "static").mkdir()
    make_jobs()
    now = timezone.now()
    Job.objects.update(created_at=now - timedelta(hours=6), **ASKED)
    Job.objects.exclude(started_at=None).update(started_at=now - timedelta(minutes=31))
    Sweep.objects.create(by="scheduler")
    return {
        "DREAM_OFFPEAK": f"{now + timedelta(hours=6):%H}:00-{now + timedelta(hours=7):%H}:00",  # not now
        "DREAM_VAR": str(folder),
        "DREAM_ARTIFACTS": str(Path(settings.VAR) / "artifacts"),
        "DREAM_PUBLIC_URL": "https://dream.example",
        "DREAM_COMMIT": "c0ffee123456",
        "DREAM_API_RATE": "6000/minute",
        "GITHUB_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }


def make_forge(root: Path) -> None:
    """acme/billing with an issue, and acme/search, which nobody registered yet."""
    source = root.parent / "source"
    source.mkdir()
    (source / "app.py").write_text("x = 1\n")
    forge = LocalForge(root)
    for name in ("billing", "search"):
        forge.create(RepoName("acme", name), source)
    issue = {
        "title": "Search is missing",
        "body": "## Requirements\n\n- A box to type into\n- Results below it",
    }
    (root / "acme" / "billing.issues").mkdir()
    (root / "acme" / "billing.issues" / "12.json").write_text(json.dumps(issue))


def make_jobs() -> None:
    """One in each state; their names are those in the page."""
    made = full_job()
    Job.objects.filter(pk=made.pk).update(job_id="dm_1", plan_sha="5e" * 32)
    question = made.approvals.get()
    for finding, line in zip(question.findings, RISKY_LINES, strict=True):
        finding["text"] = line
    question.save(update_fields=["findings"])
    risky = Finding(
        rule="drops_column", reason="Drops a part of a table and the data in it.", severity="high",
        path="migrations/003_drop_fax.sql", line=1, text="ALTER TABLE customers DROP COLUMN fax;",
    )  # fmt: skip
    for name in ("dm_2", "dm_3", "dm_7", "dm_8"):
        factories.paused("owner", (risky,), job_id=name)
    went_well = factories.job(
        job_id="dm_4", status="succeeded", station="create_pr", branch="dream/add-csv-export-1f2e3d4c",
        started_at=timezone.now(), finished_at=timezone.now(), pr_number=7,
        pr_url="https://github.com/acme/billing/pull/7", **ASKED,
    )  # fmt: skip
    tell_a_story(went_well)
    factories.ended(job_id="dm_5")
    factories.job(
        job_id="dm_6", run_after="2100-01-01T22:00:00Z", queue_name="night", wait_reason="the window"
    )


@transaction.atomic
def tell_a_story(job: Job) -> None:
    """Its events."""
    for name, message, status, station, actor in STORY:
        record(job, name, message, callback_status=status, station=station, actor=actor)


def environment_of_a_reader(address: str) -> dict[str, Any]:
    """The variables that the page tells its reader to set."""
    operator = token_of(user("olga", *EVERYTHING), *SCOPES)[1]
    return {
        "DREAM_URL": address,
        "STORIA_MOLTWORKER_SECRET": SECRET,
        "OPERATOR": operator,
        "GITHUB_WEBHOOK_SECRET": WEBHOOK_SECRET,
    }
