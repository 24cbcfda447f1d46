"""What stations leave behind and gates read: frozen values, no behaviour beyond comparing them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Literal

from builds.canonical import canonical_json

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")


@dataclass(frozen=True)
class Rule:
    """One thing that a gate looks for. High asks a reviewer, critical another reviewer; the rest is told."""

    name: str
    severity: Severity
    reason: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing a rule or a reviewer noticed, at a line of the change set.

    `line` counts from 1 in the new file (0: the whole file); `text` is the marked line itself.
    """

    rule: str
    reason: str
    severity: Severity
    path: str = ""
    line: int = 0
    text: str = ""

    @property
    def mark(self) -> tuple[str, str, str]:
        """What an approval is bound to: the rule, the path, the sha256 of the marked line."""
        return (self.rule, self.path, sha256(self.text.encode()).hexdigest())


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """One numbered acceptance criterion. A proposed one counts only once a person accepts it."""

    number: int
    text: str
    proposed: bool = False


@dataclass(frozen=True, kw_only=True)
class Check:
    """A named command of the repository: its own way to tell right from wrong.

    `junit` is the path of a report that it writes, where it writes one.
    """

    name: str
    argv: tuple[str, ...]
    source: str = ""
    junit: str = ""


@dataclass(frozen=True, kw_only=True)
class BaseSeen:
    """How the base branch stood when somebody looked, for one tree of ours.

    `collides` are the paths that both we and the base branch changed since the base commit.
    """

    head: str
    tree_sha: str
    collides: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What intake pinned down: the base commit, the branch to make, and how this repository checks itself."""

    base_sha: str
    branch: str
    checks: tuple[Check, ...]
    instructions: tuple[str, ...] = ()  # paths of AGENTS.md and the like, at the base commit
    criteria: tuple[Criterion, ...] = ()
    not_understood: tuple[str, ...] = ()
    base_seen: BaseSeen | None = None
    moved_from: str = ""  # the first base commit, once the work was put onto a newer one


@dataclass(frozen=True, kw_only=True)
class PlannedItem:
    """One small planned change. `paths` are globs it may touch, `check` a check's name or nothing."""

    key: str
    title: str
    why: str = ""
    criteria: tuple[int, ...] = ()
    paths: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    check: str = ""
    depends: tuple[str, ...] = ()
    risk: Severity = "low"
    origin: Literal["plan", "verify", "review"] = "plan"


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A criterion that the plan does not serve, and why."""

    number: int
    why: str


@dataclass(frozen=True, kw_only=True)
class Quote:
    """What the rest of the job will probably take. An estimate, never a promise."""

    low_usd: str
    high_usd: str
    low_minutes: int
    high_minutes: int
    basis: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """1 to 12 work items in order. Every criterion is served by an item or named as left out."""

    summary: str
    items: tuple[PlannedItem, ...]
    left_out: tuple[LeftOut, ...] = ()
    proposed: tuple[Criterion, ...] = ()  # criteria the plan proposes for a spec that has none
    quote: Quote | None = None

    @property
    def sha(self) -> str:
        """What an approval of the plan is bound to. The quote is wording and not part of it."""
        return sha256(canonical_json([self.summary, self.items, self.left_out, self.proposed])).hexdigest()


ItemStatus = Literal["pending", "done", "failed", "left_out"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """A work item as it stands. `patch` is a binary git patch from `tree_before` to `tree_after`."""

    planned: PlannedItem
    status: ItemStatus = "pending"
    summary: str = ""
    patch: bytes = b""
    tree_before: str = ""
    tree_after: str = ""
    failure: str = ""
    finished_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ToolResult:
    """What one tool call answered; `ok` is false where it teaches an error."""

    call_id: str
    tool: str
    text: str
    ok: bool = True


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One turn of an item's tool loop: which request it answered, what the tools said, the tree after."""

    item: str
    number: int
    request_hash: str
    results: tuple[ToolResult, ...]
    tree_after: str


@dataclass(frozen=True, kw_only=True)
class SetupRun:
    """One go at installing a repository's dependencies, of exactly these manifests.

    `scripts` is false where packages might run no code of their own, because the change set changes
    manifests. `refused` are hosts that were asked for and are not on the policy's list. A layer of an earlier
    run is used again: `reused`.
    """

    ecosystem: Literal["python", "node"]
    manifests: tuple[str, ...]
    layer: str  # its key
    outcome: Literal["installed", "failed"]
    reused: bool = False
    scripts: bool = True
    installed: tuple[str, ...] = ()  # name==version
    refused: tuple[str, ...] = ()
    seconds: float = 0.0
    output: str = ""  # the end of it


Phase = Literal["baseline", "item", "after"]
CheckOutcome = Literal["passed", "failed", "not_verified", "not_run"]
TestStatus = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, kw_only=True)
class CheckRun:
    """One run of a check on exactly one tree.

    Zero tests, a missing command or a timeout is `not_verified`, never `passed`. `flaky` are, in a baseline,
    the tests that ended in two ways when it was run twice: they are no evidence of anything. `unnamed` counts
    tests that the runner says it ran and whose names were not seen.
    """

    phase: Phase
    check: str
    argv: tuple[str, ...]
    tree_sha: str
    outcome: CheckOutcome
    reason: str = ""
    exit_code: int | None = None
    tests: Mapping[str, TestStatus] = field(default_factory=dict)
    seconds: float = 0.0
    output: str = ""
    item: str = ""
    flaky: tuple[str, ...] = ()
    unnamed: int = 0


Recommendation = Literal["proceed", "pause", "reject"]


@dataclass(frozen=True, kw_only=True)
class Review:
    """The second model's view of one tree. `not_run` is said, never hidden."""

    tree_sha: str
    verdict: Literal["approve", "changes", "not_run"]
    summary: str
    findings: tuple[Finding, ...] = ()
    risk: Severity = "low"
    recommendation: Recommendation = "proceed"
    model: str = ""
