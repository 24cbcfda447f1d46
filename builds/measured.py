"""What this process counts of calls that leave no row; handed over to the tables of tallies now and then."""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field

GITHUB = "dream_github_requests_total"

PART = re.compile(r"/(?:api/v3/)?repos/[^/]+/[^/]+/?")
WORDS = {
    "access_tokens", "app", "blobs", "branches", "check-runs", "check-suites", "collaborators", "comments",
    "commits", "compare", "contents", "deployments", "git", "graphql", "hooks", "installation",
    "installations", "issues", "labels", "matching-refs", "pulls", "rate_limit", "ref", "refs", "repos",
    "requested_reviewers", "reviews", "search", "status", "statuses", "tags", "trees", "user", "users",
}  # fmt: skip
"""Of GitHub's addresses; whatever else stands there is a name or a number."""


@dataclass
class Measured:
    """Counts since the last `take`; safe in threads."""

    counts: Counter[tuple[str, tuple[str, ...]]] = field(default_factory=Counter)
    remaining: tuple[int, int] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def github(self, method: str, path: str, status: int, headers: dict[str, str]) -> None:
        """One answer of GitHub: what was asked, what came, and what its rate limit still grants."""
        with self.lock:
            self.counts[GITHUB, (operation(method, path), str(status))] += 1
            left, resets = headers.get("x-ratelimit-remaining", ""), headers.get("x-ratelimit-reset", "")
            if left.isdecimal() and resets.isdecimal():
                self.remaining = int(left), int(resets)

    def take(self) -> tuple[Counter[tuple[str, tuple[str, ...]]], tuple[int, int] | None]:
        """All that was counted, which is then forgotten."""
        with self.lock:
            taken = self.counts, self.remaining
            self.counts, self.remaining = Counter(), None
        return taken


def operation(method: str, path: str) -> str:
    """A request without its names and numbers: `POST git/trees`, `GET pulls/*`."""
    path = path.partition("?")[0]
    inside = PART.sub("", path, count=1) if PART.match(path) else path.removeprefix("/api/v3").lstrip("/")
    parts = [part if part in WORDS else "*" for part in inside.split("/") if part]
    kept = [part for at, part in enumerate(parts) if part != "*" or parts[at - 1 : at] != ["*"]]
    return f"{method} {'/'.join(kept[:5]) or 'repository'}"


measured = Measured()
