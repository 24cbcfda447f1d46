"""What stations and gates say when they end. `engine.settle` alone turns these words into states."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from builds.evidence import Finding

MayDecide = Literal["owner", "reviewer", "other_reviewer"]
"""Who may answer: the requester or any reviewer; any reviewer; a reviewer who is not the requester."""

STRICTNESS: tuple[MayDecide, ...] = ("owner", "reviewer", "other_reviewer")


@dataclass(frozen=True)
class Done:
    """The station did its work. The note is one line for people."""

    note: str


@dataclass(frozen=True)
class Skip:
    """The station does not apply to this job."""

    why: str


@dataclass(frozen=True)
class Retry:
    """Something outside failed; trying again may help. Burns a try."""

    why: str
    code: str = "unavailable"


WaitCause = Literal["outside", "provider", "cap", "halted", "deployment"]
"""The forge or a package index; a model's quota; a money cap; `dream resume`; a deployment."""


@dataclass(frozen=True)
class Wait:
    """Nothing failed, but it is not yet time. Burns no try."""

    delay: timedelta
    why: str
    cause: WaitCause = "outside"
    scope: str = ""  # of a cap: whose


@dataclass(frozen=True)
class Back:
    """An earlier station has to work again; the repair item was saved before.

    `counts` is false where it is no repair, but the same work on another base.
    """

    to: str
    why: str
    counts: bool = True


@dataclass(frozen=True)
class Fail:
    """The job ends here. The code is one word of the README's table of reasons.

    `resume` names an earlier station that a rerun goes on from, where it is not this one; `done` is the note
    of the present station where it did its work all the same.
    """

    code: str
    why: str
    resume: str = ""
    done: str = ""


Outcome = Done | Skip | Retry | Wait | Back | Fail


@dataclass(frozen=True)
class Pass:
    """The gate has nothing against it. Findings are what people should know all the same."""

    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Pause:
    """A person has to decide. Findings are what they are shown.

    `subject` is the sha of a plan where a plan is what is decided, and empty where it is the tree.
    """

    reason: str
    findings: tuple[Finding, ...] = ()
    may_decide: MayDecide = "owner"
    subject: str = ""


Verdict = Pass | Pause | Wait | Fail
