"""Orders builds for benchmarks, each of its own repository and user, so that no limit holds them back."""

from decimal import Decimal
from pathlib import Path

from django.conf import settings

from builds.adapters.forge_local import LocalForge
from builds.models import Job, Repo
from builds.operations import submit
from builds.orders import Order
from builds.people import Person
from builds.ports import RepoName

EXAMPLES = Path(settings.ROOT) / "specs" / "examples"
ANNA = Person(name="anna", subject="anna", level="builder")


def order(count: int) -> None:
    """So many builds of the example, and nothing else."""
    Job.objects.all().delete()
    forge = LocalForge(settings.LOCAL_REPOS)
    spec = (EXAMPLES / "csv-export.md").read_text(encoding="utf-8")
    for number in range(count):
        name = RepoName("benchmark", f"paperboy-{number}")
        if not (settings.LOCAL_REPOS / f"{name}.git").exists():
            forge.create(name, EXAMPLES / "paperboy")
        Repo.objects.get_or_create(owner=name.owner, name=name.name)
        wanted = Order(
            job_id=f"benchmark-{number}",
            spec_id="csv-export",
            user_id=f"user-{number}",
            repo_owner=name.owner,
            repo_name=name.name,
            spec_markdown=spec,
            max_dollars=Decimal(20),
            max_tokens=2_000_000,
        )
        submit(wanted, by=ANNA)
