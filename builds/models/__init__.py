"""The tables: jobs, what happened to them, what they left behind and what it cost."""

from builds.models.approvals import Approval
from builds.models.breakers import Breaker
from builds.models.callbacks import CallbackDelivery
from builds.models.dead_letters import DeadLetter
from builds.models.events import Event
from builds.models.halts import Halt
from builds.models.jobs import Job, Priority
from builds.models.keys import IdempotencyKey
from builds.models.money import ModelCall, Reservation
from builds.models.repos import Repo
from builds.models.results import Artifact, CheckResult, JobCriterion
from builds.models.runs import StationRun, Sweep
from builds.models.tallies import Tally, TallyMark
from builds.models.tokens import OperatorToken, StoriaSubject
from builds.models.webhooks import GithubDelivery
from builds.models.work import TurnRow, WorkItem

__all__ = [
    "Approval",
    "Artifact",
    "Breaker",
    "CallbackDelivery",
    "CheckResult",
    "DeadLetter",
    "Event",
    "GithubDelivery",
    "Halt",
    "IdempotencyKey",
    "Job",
    "JobCriterion",
    "ModelCall",
    "OperatorToken",
    "Priority",
    "Repo",
    "Reservation",
    "StationRun",
    "StoriaSubject",
    "Sweep",
    "Tally",
    "TallyMark",
    "TurnRow",
    "WorkItem",
]
