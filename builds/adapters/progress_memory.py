"""Progress in memory: what a station remembers, as lists. For tests, and for trying a station by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from builds.evidence import CheckRun, Intake, Item, Plan, PlannedItem, Review, SetupRun, Turn
from builds.ports import Deployment, Interrupted, PullRequest


@dataclass
class MemoryProgress:
    """Keeps everything. Set `interruption`, and the next call raises it, as a cancel would."""

    beats: int = 0
    interruption: Interrupted | None = None
    notes: list[tuple[str, str]] = field(default_factory=list)  # message, step
    intake: Intake | None = None
    plan: Plan | None = None
    repairs: list[PlannedItem] = field(default_factory=list)
    items: dict[str, Item] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)  # why
    transcript: dict[tuple[str, int], Turn] = field(default_factory=dict)
    setups: list[SetupRun] = field(default_factory=list)
    checks: list[CheckRun] = field(default_factory=list)
    change_sets: dict[str, bytes] = field(default_factory=dict)  # by tree
    reviews: list[Review] = field(default_factory=list)
    branches: list[tuple[str, str]] = field(default_factory=list)  # head, tree
    pulls: list[PullRequest] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    criteria: dict[int, tuple[str, str]] = field(default_factory=dict)  # status, evidence

    def beat(self) -> None:
        """Count it, or raise the interruption."""
        self._check()
        self.beats += 1

    def note(self, message: str, *, step: str = "") -> None:
        """Keep it."""
        self._check()
        self.notes.append((message, step))

    def save_intake(self, intake: Intake) -> None:
        """Keep it."""
        self._check()
        self.intake = intake

    def save_base(self, intake: Intake, items: Sequence[Item] = ()) -> None:
        """Keep both."""
        self._check()
        self.intake = intake
        self.items |= {item.planned.key: item for item in items}

    def save_plan(self, plan: Plan) -> None:
        """Keep it."""
        self._check()
        self.plan = plan

    def add_repair(self, item: PlannedItem) -> None:
        """Keep it; its key must be new."""
        self._check()
        known = {planned.key for planned in (*self.repairs, *(self.plan.items if self.plan else ()))}
        if item.key in known:
            raise ValueError(f"there is a work item {item.key} already")
        self.repairs.append(item)

    def save_item(self, item: Item) -> None:
        """Keep it in place of what was there."""
        self._check()
        self.items[item.planned.key] = item

    def leave_out(self, items: Sequence[str], why: str) -> None:
        """Keep which, and why."""
        self._check()
        self.left_out |= dict.fromkeys(items, why)

    def turns(self, item: str) -> tuple[Turn, ...]:
        """The transcript of an item, in order."""
        self._check()
        return tuple(turn for (key, _), turn in sorted(self.transcript.items()) if key == item)

    def save_turn(self, turn: Turn) -> None:
        """Keep it in place of what was there."""
        self._check()
        self.transcript[turn.item, turn.number] = turn

    def forget_turns(self, item: str, after: int) -> None:
        """Drop turns with a higher number."""
        self._check()
        for key in [key for key in self.transcript if key[0] == item and key[1] > after]:
            del self.transcript[key]

    def save_setup(self, run: SetupRun) -> None:
        """Keep it."""
        self._check()
        self.setups.append(run)

    def save_check(self, run: CheckRun) -> None:
        """Keep it."""
        self._check()
        self.checks.append(run)

    def save_change_set(self, tree_sha: str, patch: bytes) -> None:
        """Keep it."""
        self._check()
        self.change_sets[tree_sha] = patch

    def save_review(self, review: Review) -> None:
        """Keep it."""
        self._check()
        self.reviews.append(review)

    def save_branch(self, head_sha: str, tree_sha: str) -> None:
        """Keep it."""
        self._check()
        self.branches.append((head_sha, tree_sha))

    def save_pull(self, pull: PullRequest) -> None:
        """Keep it."""
        self._check()
        self.pulls.append(pull)

    def save_deploy(self, made: Deployment) -> None:
        """Keep it."""
        self._check()
        self.deployments.append(made)

    def save_criterion(self, number: int, status: str, evidence: str) -> None:
        """Keep it in place of what was there."""
        self._check()
        self.criteria[number] = (status, evidence)

    def _check(self) -> None:
        if self.interruption:
            raise self.interruption
