"""Makes an order from the body of a run: every field checked, in the order and words of the old system."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Literal, cast
from uuid import uuid4

from django.conf import settings

from builds.api.fields import Fields, callback_flaw, is_repo_part
from builds.api.intake import (
    MOST_DOLLARS,
    MOST_TOKENS,
    PRIORITIES,
    check_branches,
    read_metadata,
    read_object,
    to_dollars,
)
from builds.canonical import canonical_json
from builds.models import Repo
from builds.orders import Order
from builds.ports import RepoName
from specs.parser import MAX_CHARACTERS

NOTHING_GIVEN = "repo and issue objects are required"
NO_NAMES = "repo.owner and repo.name are required"
NO_NUMBER = "issue.number must be a positive integer"
NO_GOAL = "goal must be a non-empty string when provided"
MODES = ("draft", "ready")
LARGEST_NUMBER = 2**31 - 1
LONGEST_GOAL = 4000


@dataclass(frozen=True, kw_only=True)
class RunWish:
    """What a body asks for. What it leaves open is filled in from the repository and the settings."""

    repo: RepoName
    repo_id: str
    issue_number: int | None
    spec: str
    goal: str
    requestor: str
    pr_mode: Literal["draft", "ready"]
    max_dollars: Decimal | None
    max_tokens: int | None
    base_branch: str
    branch_prefix: str
    priority: str
    callback_url: str
    queue_name: str
    deadline: datetime | None
    plan_approval: bool
    metadata: dict[str, Any] = field(default_factory=dict)

    def payload_hash(self, repo: RepoName) -> str:
        """Tells a replay from another request: unknown fields, spaces and the case of names do not count.

        What the body leaves open is open here too, so that a change of settings makes no other request of it.
        """
        lowered = RepoName(repo.owner.lower(), repo.name.lower())
        return sha256(canonical_json(replace(self, repo=lowered, repo_id=""))).hexdigest()

    def order(self, repo: Repo, spec: str) -> Order:
        """The order for a repository and a spec; each has a name of its own."""
        rules = repo.rules
        return Order(
            job_id=f"run_{uuid4()}",
            spec_id=f"issue-{self.issue_number}" if self.issue_number else "spec",
            user_id=self.requestor,
            repo_owner=repo.owner,
            repo_name=repo.name,
            spec_markdown=spec,
            max_dollars=self.max_dollars or min(settings.RUN_USD, rules.max_dollars or settings.RUN_USD),
            max_tokens=self.max_tokens or min(settings.RUN_TOKENS, rules.max_tokens or settings.RUN_TOKENS),
            base_branch=self.base_branch or repo.default_branch,
            branch_prefix=self.branch_prefix,
            callback_url=self.callback_url,
            priority=self.priority,
            queue_name=self.queue_name,
            deadline=self.deadline,
            plan_approval=self.plan_approval,
            metadata=self.metadata,
            issue_number=self.issue_number,
            goal=self.goal,
            pr_mode=self.pr_mode,
        )


def read_run(body: dict[str, Any], *, subject: str) -> RunWish:
    """The run that a body asks for, of a caller. Raises BadInput with every flaw."""
    fields = Fields(body)
    values: dict[str, Any] = {
        **read_target(fields),
        **read_source(fields),
        "requestor": fields.text("requestor", longest=200).strip() or subject,
        "pr_mode": read_mode(fields),
        "goal": read_goal(fields),
        **read_budget(fields),
        **read_rest(fields),
    }
    fields.check()
    return RunWish(**values)


def read_target(fields: Fields) -> dict[str, Any]:
    """The repository: by owner and name, or by its id."""
    given, repo_id = fields.body.get("repo"), fields.body.get("repoId")
    found: dict[str, Any] = {"repo": RepoName("", ""), "repo_id": ""}
    if given is not None and repo_id is not None:
        fields.flaw("repoId", "Give repo or repoId, not both")
    elif repo_id is not None:
        found["repo_id"] = fields.text("repoId", longest=60)
    elif not isinstance(given, dict):
        fields.flaw("repo", "repo, an object with owner and name, or repoId is required", NOTHING_GIVEN)
    else:
        found["repo"] = read_names(fields, given)
    return found


def read_names(fields: Fields, given: dict[str, Any]) -> RepoName:
    """Owner and name without spaces around them, in small letters."""
    parts = [given.get(name) for name in ("owner", "name")]
    if not all(isinstance(part, str) and part.strip() for part in parts):
        fields.flaw("repo", NO_NAMES)
        return RepoName("", "")
    owner, name = (cast("str", part).strip().lower() for part in parts)
    if not (is_repo_part(owner) and is_repo_part(name)) or len(owner) > 100 or len(name) > 100:
        fields.flaw("repo", "repo.owner and repo.name must be names of a repository")
    return RepoName(owner, name)


def read_source(fields: Fields) -> dict[str, Any]:
    """What is to be built: an issue, or a spec in Markdown."""
    issue, spec = fields.body.get("issue"), fields.body.get("spec")
    found: dict[str, Any] = {"issue_number": None, "spec": ""}
    if issue is not None and spec is not None:
        fields.flaw("spec", "Give issue or spec, not both")
    elif spec is not None:
        found["spec"] = fields.text("spec", longest=MAX_CHARACTERS, required="spec must not be empty")
    elif not isinstance(issue, dict):
        fields.flaw("issue", "issue, an object with a number, or spec is required", NOTHING_GIVEN)
    else:
        found["issue_number"] = read_number(fields, issue.get("number"))
    return found


def read_number(fields: Fields, value: Any) -> int:
    """The number of an issue; `12.0` is one in JSON, as 12 is."""
    whole = not isinstance(value, bool) and isinstance(value, int | float) and value == value // 1
    if not whole or not 0 < value <= LARGEST_NUMBER:
        fields.flaw("issue/number", NO_NUMBER)
        return 0
    return int(value)


def read_mode(fields: Fields) -> str:
    """A draft unless somebody says otherwise; blank says nothing."""
    value = fields.body.get("prMode")
    if isinstance(value, str) and not value.strip():
        return "draft"
    return fields.one_of("prMode", MODES, default="draft")


def read_goal(fields: Fields) -> str:
    """Empty when there is none; null is not none."""
    if "goal" not in fields.body:
        return ""
    value = fields.body["goal"]
    if not isinstance(value, str) or not value.strip():
        fields.flaw("goal", NO_GOAL)
        return ""
    return fields.text("goal", longest=LONGEST_GOAL).strip()


def read_budget(fields: Fields) -> dict[str, Any]:
    """Dollars, tokens, both or neither."""
    found: dict[str, Any] = {"max_dollars": None, "max_tokens": None}
    if fields.body.get("budget") is None:
        return found
    given = read_object(fields, "budget")
    if given is None:
        fields.flaw("budget", "budget must be an object with maxDollars, maxTokens or both")
        return found
    budget = Fields(given, at="/budget")
    if given.get("maxDollars") is not None:
        found["max_dollars"] = to_dollars(budget.number("maxDollars", most=MOST_DOLLARS))
        if not found["max_dollars"] and not budget.flaws:
            budget.flaw("maxDollars", "maxDollars must be at least 0.000001")
    if given.get("maxTokens") is not None:
        found["max_tokens"] = int(budget.number("maxTokens", most=MOST_TOKENS, whole=True))
    fields.headline = fields.headline or budget.headline
    fields.flaws += budget.flaws
    return found


def read_rest(fields: Fields) -> dict[str, Any]:
    """What runs have in common with the orders of Storia's door."""
    values = {
        "base_branch": fields.text("baseBranch", longest=200),
        "branch_prefix": fields.text("branchPrefix", longest=100, default="dream/"),
        "priority": fields.one_of("priority", PRIORITIES, default="medium"),
        "callback_url": fields.text("callbackUrl", longest=2000),
        "queue_name": fields.text("queueName", longest=100),
        "deadline": fields.moment("deadline"),
        "plan_approval": fields.flag("planApproval"),
        "metadata": read_metadata(fields),
    }
    check_branches(fields, cast("str", values["base_branch"]) or "main", cast("str", values["branch_prefix"]))
    address, insecure, hosts = values["callback_url"], settings.CALLBACK_INSECURE, settings.CALLBACK_HOSTS
    if address and (why := callback_flaw(cast("str", address), insecure=insecure, hosts=hosts)):
        fields.flaw("callbackUrl", why)
    return values
