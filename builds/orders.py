"""An order: a spec, a repository and a hard budget, as any door hands it in."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal

from builds.canonical import canonical_json

ADDED = {"issue_number": None, "goal": "", "pr_mode": "ready"}
"""Members that are younger than orders which may still be sent again: unsaid, they change no hash."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """Everything a job is made from, already validated by `orders_in`-style doors.

    `priority` is one of critical, high, medium, low.
    """

    job_id: str
    spec_id: str
    user_id: str
    repo_owner: str
    repo_name: str
    spec_markdown: str
    max_dollars: Decimal
    max_tokens: int
    target_repo_type: str = "custom"
    base_branch: str = "main"
    branch_prefix: str = "dream/"
    callback_url: str = ""
    estimated_effort: str = ""
    priority: str = "medium"
    queue_name: str = ""
    deadline: datetime | None = None
    plan_approval: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)
    issue_number: int | None = None
    goal: str = ""
    pr_mode: Literal["draft", "ready"] = "ready"

    @property
    def payload_hash(self) -> str:
        """Tells a replay from another job of the same name; white space and unknown fields do not matter."""
        members = {each.name: getattr(self, each.name) for each in fields(self)}
        silent = {name for name, nothing in ADDED.items() if members[name] == nothing}
        said = {name: value for name, value in members.items() if name not in silent}
        return sha256(canonical_json(said)).hexdigest()
