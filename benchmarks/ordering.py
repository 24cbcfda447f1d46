"""Orders for benchmarks: each of its own repository and user, so that no limit holds one back."""

from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from benchmarks.scripted import spec
from builds.adapters.forge_local import LocalForge
from builds.models import Job, Repo
from builds.operations import submit
from builds.orders import Order
from builds.people import Person
from builds.ports import RepoName

PAPERBOY = Path(settings.ROOT) / "specs" / "examples" / "paperboy"
ANNA = Person(name="anna", subject="anna", level="builder")


def order(items: int, *, repo: int = 0, base_branch: str = "main") -> Job:
    """A queued job; the doorbell has rung."""
    name = RepoName("benchmark", f"paperboy-{repo}")
    if not Repo.objects.filter(owner=name.owner, name=name.name).exists():
        LocalForge(settings.LOCAL_REPOS).create(name, PAPERBOY)
        Repo.objects.create(owner=name.owner, name=name.name)
    wanted = Order(
        job_id=f"benchmark-{uuid4().hex[:12]}",
        spec_id=f"parts-{items}",
        user_id=f"user-{repo}",
        repo_owner=name.owner,
        repo_name=name.name,
        spec_markdown=spec(items),
        base_branch=base_branch,
        max_dollars=Decimal(50),
        max_tokens=5_000_000,
    )
    return submit(wanted, by=ANNA).job
