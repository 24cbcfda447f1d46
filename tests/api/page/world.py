"""What is there before the first curl of `docs/api.md`: a repository, and jobs in several states."""

from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from builds.adapters import connect
from builds.models import Artifact, Job, Repo, Sweep
from builds.scopes import SCOPES
from tests import factories
from tests.api.operators import token_of, user
from tests.api.world import pause

SHOP = UUID("5bd1f1f6-8d0c-4a53-9d6c-1f0a0f0c7b11")
REVIEW = "# Review\n\nThe export works. `verify=False` in line 20 has to go.\n"


def world() -> str:
    """Make it, and tell the token of an operator who may do everything."""
    repo = Repo.objects.create(owner="acme", name="shop", uid=SHOP)
    Sweep.objects.create()
    Sweep.objects.update(at=timezone.now() + timedelta(hours=1))
    keep_review(factories.ended(job_id="dm_09", repo=repo, user_id="alice", requester="alice"))
    factories.ended(job_id="run_09", repo=repo, user_id="alice", requester="alice")
    for name in ("dm_07", "dm_08", "run_07", "run_08"):
        pause(factories.job(job_id=name, repo=repo), "owner")
    return token_of(user("olga", is_superuser=True), *SCOPES)[1]


def keep_review(job: Job) -> None:
    """An artifact that everybody can read."""
    sha256 = connect().artifacts.put(REVIEW.encode())
    Artifact.objects.create(
        id=7, job=job, attempt=1, station="review", kind="review", name="review.md", size=len(REVIEW),
        sha256=sha256, media_type="text/markdown; charset=utf-8",
    )  # fmt: skip
