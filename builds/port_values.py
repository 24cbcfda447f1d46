"""The values that cross a port: frozen, ours, with no type of any library in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

# --- Model ---------------------------------------------------------------------------------------

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, kw_only=True)
class ToolSpec:
    """A tool as a model sees it; `parameters` is a JSON Schema object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A call as the model wrote it; `arguments` is its raw text, which may be broken JSON."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One model call. (purpose, item, turn) name it within an attempt; `max_tokens` is the output bound."""

    purpose: str
    model: str
    messages: tuple[Message, ...]
    item: str = ""
    turn: int = 1
    tools: tuple[ToolSpec, ...] = ()
    max_tokens: int = 8000
    temperature: float = 0.2
    prompt_version: str = ""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What the provider says it counted. `cost` in dollars, and who says so, where anybody does."""

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cost: Decimal | None = None
    priced_by: Literal["", "provider", "genai-prices"] = ""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back. `finish` is `length` when the output limit cut it off."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    finish: Literal["stop", "tool_calls", "length", "content_filter"] = "stop"
    model: str = ""
    request_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Price:
    """Dollars per million tokens."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None


# --- Forge ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RepoName:
    """A repository at the forge."""

    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Issue:
    """An issue as people wrote it: untrusted text. `comments` are (author, text), oldest first."""

    number: int
    title: str
    body: str
    labels: tuple[str, ...] = ()
    comments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """One path of a commit. `content` None removes it; `mode` is git's (100644, 100755, 120000)."""

    path: str
    content: bytes | None
    mode: str = "100644"


@dataclass(frozen=True, kw_only=True)
class Commit:
    """A commit as a function of rows: the same values make the same sha anywhere.

    `changes` turn the tree `tree_before`, which is its parent's, into the tree `tree_sha`.
    """

    message: str
    changes: tuple[FileChange, ...]
    tree_before: str
    tree_sha: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class NewPull:
    """A pull request to open."""

    branch: str
    base_branch: str
    title: str
    body: str
    draft: bool
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """A pull request as the forge tells it."""

    number: int
    url: str
    branch: str
    base_branch: str
    head_sha: str
    state: Literal["open", "closed", "merged"]
    draft: bool
    title: str
    body: str


@dataclass(frozen=True, kw_only=True)
class PullUpdate:
    """What an open pull request of ours should say from now on."""

    title: str
    body: str
    draft: bool
    labels: tuple[str, ...] = ()  # added; those of other people stay


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment as the forge tells it. `url` is where it can be seen; empty where nobody said so."""

    id: int
    environment: str
    state: Literal["pending", "succeeded", "failed"]
    created_at: datetime
    url: str = ""
    why: str = ""  # the forge's own words about the state


@dataclass(frozen=True, kw_only=True)
class CallbackAnswer:
    """What a receiver said; `excerpt` is the start of its body when that was not 2xx."""

    status: int
    excerpt: str = ""
