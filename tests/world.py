"""A small world for tests of the engine: real git, Postgres and sandbox, and a scripted model."""

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings

from builds import engine, operations
from builds.adapters.artifacts_local import LocalArtifacts
from builds.adapters.forge_local import LocalForge
from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.models import Job, Repo
from builds.orders import Order
from builds.people import Person
from builds.ports import Ports, Price, RepoName

EXAMPLES = Path(settings.ROOT) / "specs" / "examples"
PAPERBOY = RepoName("dream", "paperboy")

ALICE = Person(name="alice", subject="alice", level="builder")
RITA = Person(name="rita", subject="rita", level="observer", reviews=True)
RAUL = Person(name="raul", subject="raul", level="observer", reviews=True)
OLGA = Person(name="olga", subject="olga", level="observer", operates=True)
CAROL = Person(name="carol", subject="carol", level="builder")


def order(spec: str = "csv-export", **changes: Any) -> Order:
    """An order of Alice's for the example repository."""
    made = Order(
        job_id=f"job-{uuid4().hex[:8]}",
        spec_id=spec,
        user_id="alice",
        repo_owner=PAPERBOY.owner,
        repo_name=PAPERBOY.name,
        spec_markdown=(EXAMPLES / f"{spec}.md").read_text(encoding="utf-8"),
        max_dollars=Decimal(2),
        max_tokens=2_000_000,
    )
    return replace(made, **changes)


@dataclass
class World:
    """What a test needs to build something."""

    ports: Ports
    repo: Repo

    @property
    def forge(self) -> LocalForge:
        """The repositories on disk."""
        assert isinstance(self.ports.forge, LocalForge)
        return self.ports.forge

    @property
    def model(self) -> ScriptedModel:
        """The scripted model, which keeps what it was asked."""
        assert isinstance(self.ports.model, ScriptedModel)
        return self.ports.model

    def submit(self, spec: str = "csv-export", **changes: Any) -> Job:
        """An order of Alice's, as a job."""
        return operations.submit(order(spec, **changes), by=ALICE).job

    def step(self) -> bool:
        """One station of the best due job."""
        return engine.step("tests", self.ports)

    def run(self, job: Job) -> Job:
        """Stations until nothing is due."""
        for _ in range(40):
            if not self.step():
                break
        job.refresh_from_db()
        return job


def make_world(folder: Path, **changes: Any) -> World:
    """The example repository in a forge of its own; `changes` replace ports."""
    forge = LocalForge(folder / "repos")
    forge.create(PAPERBOY, EXAMPLES / "paperboy")
    price = Price(input=Decimal(3), output=Decimal(15), cached_input=Decimal("0.3"))
    ports = Ports(
        model=ScriptedModel(EXAMPLES),
        forge=forge,
        sandbox=BwrapSandbox(layers=folder / "layers"),
        artifacts=LocalArtifacts(folder / "artifacts"),
        prices={"scripted-writer": price, "scripted-reviewer": price},
        writer="scripted-writer",
        reviewer="scripted-reviewer",
    )
    return World(replace(ports, **changes), Repo.objects.create(owner=PAPERBOY.owner, name=PAPERBOY.name))


@pytest.fixture
def world(transactional_db: None, tmp_path: Path) -> World:
    """Its own repository, store and model; rows are committed, because the pulse reads them beside us."""
    return make_world(tmp_path)
