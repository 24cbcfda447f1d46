"""A worker whose job another one took, or that ended meanwhile, and rows to see what it changes."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import transaction
from django.db.models.functions import Now

from builds.adapters.artifacts_local import LocalArtifacts
from builds.adapters.forge_local import LocalForge
from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_none import NoSandbox
from builds.checkpoints import Checkpoints
from builds.claims import claim
from builds.endings import end
from builds.evidence import Criterion, Intake, Plan, PlannedItem
from builds.metered import Metered
from builds.models import Job, Reservation
from builds.pipeline import STATIONS
from builds.ports import Message, Ports, Price, Reply, Request, Usage
from builds.pulse import Pulse
from builds.runs import begin_attempt
from builds.sessions import ScriptedTurn, Session
from builds.states import JobStatus
from tests import factories

LEASE = timedelta(seconds=30)
PRICE = Price(input=Decimal(3), output=Decimal(15))
REQUEST = Request(
    purpose="plan", item="", turn=1, model="writer", messages=(Message(role="user", content="Go"),), tools=()
)
REPLY = Reply(
    text="Done.", tool_calls=(), usage=Usage(input_tokens=9, output_tokens=9), finish="stop", model="writer"
)
ITEM = PlannedItem(key="1", title="One", paths=("a.py",))
INTAKE = Intake(
    base_sha="b" * 40,
    branch="dream/one-1f2e3d4c",
    checks=(),
    criteria=(Criterion(number=1, text="It works"),),
)


@dataclass
class Stale:
    """What the first worker still holds in its hands."""

    job: Job
    ports: Ports
    pulse: Pulse
    progress: Checkpoints
    metered: Metered
    reservation: Reservation

    @property
    def model(self) -> ScriptedModel:
        """Keeps what it was asked."""
        assert isinstance(self.ports.model, ScriptedModel)
        return self.ports.model


def working(folder: Path) -> Stale:
    """A worker in the middle of implement, with a model call under way."""
    made = factories.job(station="implement", base_sha=INTAKE.base_sha, branch=INTAKE.branch)
    begin_attempt(made, STATIONS, STATIONS[0])
    job = claim("first", LEASE)
    assert job is not None
    session = Session(turn=(ScriptedTurn(purpose="plan", text="Done."),))
    ports = Ports(
        model=ScriptedModel([session]),
        forge=LocalForge(folder / "repos"),
        sandbox=NoSandbox(),
        artifacts=LocalArtifacts(folder / "artifacts"),
        prices={"writer": PRICE},
        writer="writer",
        reviewer="writer",
    )
    pulse = Pulse(job, lease=LEASE, call_deadline=LEASE)
    stale = Stale(
        job,
        ports,
        pulse,
        Checkpoints(job, ports.artifacts, pulse),
        Metered(ports, job, pulse),
        Reservation(),
    )
    stale.progress.save_intake(INTAKE)
    stale.progress.save_plan(Plan(summary="One item", items=(ITEM,)))
    stale.reservation, _ = stale.metered.reserve(REQUEST, "a" * 64, "")
    return stale


def taken(stale: Stale) -> None:
    """The lease runs out, and another worker goes on."""
    Job.objects.filter(pk=stale.job.pk).update(lease_until=Now() - timedelta(seconds=1))
    other = claim("second", LEASE)
    assert other is not None
    assert other.fence == stale.job.fence + 1


def ended(stale: Stale) -> None:
    """Another worker went on and came to the end."""
    taken(stale)
    other = Job.objects.get(pk=stale.job.pk)
    with transaction.atomic():
        end(other, JobStatus.FAILED, code="checks_failed", why="Three tests fail.")


def canceled(stale: Stale) -> None:
    """The fence is still its own, but the job has ended: nobody claimed it in between."""
    other = Job.objects.get(pk=stale.job.pk)
    with transaction.atomic():
        end(other, JobStatus.CANCELED, code="canceled", why="Not tonight.")


def rows() -> dict[str, list[dict[str, Any]]]:
    """Every row of ours, with every column."""
    models = [*apps.get_app_config("builds").get_models(), *apps.get_app_config("specs").get_models()]
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}  # type: ignore[attr-defined]
