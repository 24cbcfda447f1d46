"""The outside world on one page: what the product asks of it, and the ways it can say no."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, Protocol

from builds.evidence import CheckRun, Intake, Item, Plan, PlannedItem, Review, SetupRun, Turn
from builds.interruptions import Canceled, Halted, Interrupted, LeaseLost, Overdue, ShuttingDown
from builds.port_values import (
    CallbackAnswer,
    Commit,
    Deployment,
    FileChange,
    Issue,
    Message,
    NewPull,
    Price,
    PullRequest,
    PullUpdate,
    Reply,
    RepoName,
    Request,
    Role,
    ToolCall,
    ToolSpec,
    Usage,
)
from builds.sandboxed import Collect, Install, Installed, Layer, Limits, Probe, Ran

__all__ = [
    "ArtifactStore",
    "CallbackAnswer",
    "Canceled",
    "Commit",
    "Deployment",
    "FileChange",
    "Forge",
    "Halted",
    "Interrupted",
    "Issue",
    "LeaseLost",
    "Limits",
    "Message",
    "Model",
    "NewPull",
    "Overdue",
    "Ports",
    "Price",
    "Probe",
    "Progress",
    "ProviderTrouble",
    "PullRequest",
    "PullUpdate",
    "Ran",
    "Refused",
    "Reply",
    "RepoName",
    "Request",
    "Role",
    "Sandbox",
    "ShuttingDown",
    "ToolCall",
    "ToolSpec",
    "Unavailable",
    "Usage",
]


class Unavailable(Exception):
    """The outside did not answer; trying again may help.

    `charged` is false only where we know that the provider will not bill the call: it was refused before
    any work, or never arrived. `kind` is `quota` where it says "too much" rather than failing.
    """

    def __init__(
        self,
        why: str,
        *,
        retry_after: timedelta | None = None,
        charged: bool = True,
        kind: Literal["transient", "quota"] = "transient",
    ) -> None:
        super().__init__(why)
        self.retry_after = retry_after
        self.charged = charged
        self.kind = kind


class ProviderTrouble(Unavailable):
    """The provider of a model is in trouble; the job waits for `retry_after` and burns no try."""


class Refused(Exception):
    """The outside said no; trying again will not help."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


# --- Model ---------------------------------------------------------------------------------------


class Model(Protocol):
    """A language model behind any door. Raises Unavailable or Refused."""

    def complete(self, request: Request) -> Reply: ...


# --- Forge ---------------------------------------------------------------------------------------


class Forge(Protocol):
    """Where repositories live. Never merges. Raises Unavailable or Refused."""

    def branch_head(self, repo: RepoName, branch: str) -> str | None:
        """The commit sha at the tip of a branch; None when there is no such branch."""

    def check_access(self, repo: RepoName, branch: str) -> None:
        """Look whether builds onto a branch could work. Refused says why not: `repository_missing`,
        `repository_read_only`, `forge_permission_missing`, `base_branch_missing`."""

    def issue(self, repo: RepoName, number: int) -> Issue:
        """What people wrote in an issue. One that is not there is Refused("issue_missing")."""

    def fetch(self, repo: RepoName, sha: str, git_dir: Path) -> None:
        """Bring one commit with its tree, without history, into the bare repository `git_dir`."""

    def changed_paths(self, repo: RepoName, old_sha: str, new_sha: str) -> frozenset[str]:
        """Every path that differs between two commits; of a renamed file both names.

        A missing commit is Refused("base_commit_missing").
        """

    def publish(self, repo: RepoName, branch: str, base_sha: str, commits: Sequence[Commit]) -> str:
        """Put commits on a branch of our own, objects first and ref last; returns the head sha.

        Doing it twice changes nothing. A branch that holds anything else is Refused("branch_foreign").
        """

    def find_pull(self, repo: RepoName, branch: str) -> PullRequest | None:
        """The newest pull request from that branch, in any state."""

    def open_pull(self, repo: RepoName, pull: NewPull) -> PullRequest:
        """Open one. A second open one for a head is Refused("pull_request_exists")."""

    def update_pull(self, repo: RepoName, number: int, update: PullUpdate) -> PullRequest:
        """Make an open one say this; returns it as the forge tells it afterwards. Twice changes nothing."""

    def deploy(self, repo: RepoName, sha: str, environment: str, key: str) -> Deployment:
        """The deployment of a commit under our key: asked for if it is not there yet. Never a merge.

        Calling it again tells how it goes. A forge without them is Refused("deploy_unsupported").
        """


# --- Sandbox -------------------------------------------------------------------------------------


class Sandbox(Protocol):
    """Runs generated code where it can hurt nothing: no network, no host files, bounded, gone when we are."""

    name: str
    runs_code: bool  # False for `none`: checks are `not_run`, everywhere, and never green

    def probe(self) -> Probe: ...

    def run(
        self,
        argv: Sequence[str],
        *,
        tree: Path,
        limits: Limits,
        layers: Sequence[Layer] = (),
        collect: Collect | None = None,
    ) -> Ran:
        """Run a command in a throw-away copy of `tree`; its output comes back, and what `collect` names."""

    def install(self, install: Install, *, tree: Path, limits: Limits) -> Installed:
        """Make a layer, unless it is there: the same sandbox, and one way out to the allowed hosts alone."""

    def kill_all(self) -> None:
        """Kill every run under way, from any thread; each raises Interrupted where it was waited for."""


# --- Callbacks -----------------------------------------------------------------------------------


class CallbackSender(Protocol):
    """Carries callbacks to their receivers. Raises Unavailable, or Refused for what is never sent."""

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> CallbackAnswer:
        """POST the body once. Nothing is retried here and no redirect is followed."""


# --- Artifacts and progress ----------------------------------------------------------------------


class ArtifactStore(Protocol):
    """Content-addressed blobs. Raises Unavailable, or Refused where the store does not let us in."""

    def put(self, data: bytes) -> str:
        """Store it under its sha256, which is returned. Doing it twice changes nothing."""

    def get(self, sha: str) -> bytes:
        """Read it back, checked against its name. A missing one is Refused("artifact_missing")."""

    def stream(self, sha: str, span: tuple[int, int] | None = None) -> Generator[bytes]:
        """Its pieces, or those of a span of it; close it when done. A whole one that is damaged ends in
        Refused("artifact_damaged") before its last piece; a span is not checked."""

    def remove(self, sha: str) -> None:
        """Delete a blob that nothing refers to; one that is not there is no error."""

    def probe(self) -> None:
        """Write a blob and read it back, whatever is there already."""


class Progress(Protocol):
    """How a station remembers. Every write is fenced: a worker that lost its lease writes nothing.

    Each method may raise Canceled, LeaseLost or ShuttingDown.
    """

    def beat(self) -> None:
        """Say that work goes on; the place where an interruption is noticed."""

    def note(self, message: str, *, step: str = "") -> None:
        """Tell watchers what is happening, as an event."""

    def save_intake(self, intake: Intake) -> None: ...

    def save_base(self, intake: Intake, items: Sequence[Item] = ()) -> None:
        """Keep how the base branch stands; `items` are those whose patches were made anew on a moved base."""

    def save_plan(self, plan: Plan) -> None: ...

    def add_repair(self, item: PlannedItem) -> None:
        """Add a work item that a later station asks for; its key must be new."""

    def save_item(self, item: Item) -> None:
        """Blobs first, then patch, cost and item in one transaction."""

    def leave_out(self, items: Sequence[str], why: str) -> None:
        """Mark work items that the money does not reach; an earlier transcript of theirs stays."""

    def turns(self, item: str) -> tuple[Turn, ...]:
        """The transcript of an item so far, in order."""

    def save_turn(self, turn: Turn) -> None: ...

    def forget_turns(self, item: str, after: int) -> None:
        """Drop turns with a higher number: the requests they answered are no longer the same."""

    def save_setup(self, run: SetupRun) -> None: ...

    def save_check(self, run: CheckRun) -> None: ...

    def save_change_set(self, tree_sha: str, patch: bytes) -> None:
        """Keep the whole diff against the base commit, with full context; evidence is bound to its tree."""

    def save_review(self, review: Review) -> None: ...

    def save_branch(self, head_sha: str, tree_sha: str) -> None: ...

    def save_pull(self, pull: PullRequest) -> None: ...

    def save_deploy(self, made: Deployment) -> None:
        """The deployment succeeded."""

    def save_criterion(self, number: int, status: str, evidence: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Ports:
    """One adapter for each port, as `adapters.connect()` chose them."""

    model: Model
    forge: Forge
    sandbox: Sandbox
    artifacts: ArtifactStore
    prices: Mapping[str, Price]
    writer: str  # model names
    reviewer: str
    endpoint: str = ""  # of the models
    fallback: str = ""  # the model that stands in for one whose provider is in trouble
