"""What the twin knows: repositories with all that hangs on them, tokens, and one call being answered."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from builds.coding.git import Git

START = datetime(2026, 1, 1, tzinfo=UTC)


class Problem(Exception):
    """What GitHub answers instead of what was asked for."""

    def __init__(
        self, status: int, message: str, *errors: Any, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"message": message, "documentation_url": "https://docs.github.test"}
        if errors:
            self.body["errors"] = list(errors)  # type: ignore[assignment]
        self.headers = dict(headers or {})


@dataclass
class Hub:
    """One repository. Issues and pull requests share their numbers."""

    owner: str
    name: str
    git: Git
    pulls: dict[int, dict[str, Any]] = field(default_factory=dict)
    issues: dict[int, dict[str, Any]] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    check_runs: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    deployments: list[dict[str, Any]] = field(default_factory=list)
    deployment_statuses: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    protected: str = ""  # branches that begin so cannot be written
    drafts: bool = True
    strips_messages: bool = False
    archived: bool = False
    pushes: bool = True  # what is said of the token's owner
    source: Path = Path()  # the forge on disk that this is a copy of
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def head(self, branch: str) -> str | None:
        return self.git.find("show-ref", "--verify", "--hash", f"refs/heads/{branch}")

    def branches(self) -> list[str]:
        return self.git.text("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines()

    def kind(self, sha: str) -> str | None:
        return self.git.find("cat-file", "-t", sha) if len(sha) == 40 else None


@dataclass(frozen=True)
class Grant:
    """What a token may do. `repos` None: all of them; `rights` None: everything."""

    repos: tuple[str, ...] | None = None
    rights: Mapping[str, str] | None = None
    ends: datetime | None = None

    def allows(self, right: str, level: str) -> bool:
        if self.rights is None:
            return True
        return self.rights.get(right) in {"read": ("read", "write"), "write": ("write",)}[level]


@dataclass
class Call:
    """One request being answered."""

    method: str
    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    hub: Hub
    base: str  # the address of the API
    headers: dict[str, str] = field(default_factory=dict)  # of the answer

    def url(self, tail: str) -> str:
        """An address below this repository."""
        return f"{self.base}/repos/{self.hub.full_name}/{tail}"

    def page(self, items: list[Any]) -> list[Any]:
        """The asked-for part of a list."""
        size, number = int(self.query.get("per_page", 30)), int(self.query.get("page", 1))
        if len(items) > number * size:
            query = urlencode({**self.query, "page": number + 1})
            self.headers["Link"] = f'<{self.base}{self.path}?{query}>; rel="next"'
        return items[(number - 1) * size : number * size]


def when(number: int) -> str:
    """A date that grows with the number."""
    return (START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
