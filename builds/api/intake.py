"""Makes an order from the body of a POST: every field checked, in the order and words of the old system."""

from decimal import ROUND_DOWN, Decimal
from typing import Any, cast

from django.conf import settings

from builds.api.fields import Fields, callback_flaw, is_name, is_repo_part
from builds.api.problems import NO_SPEC
from builds.canonical import canonical_json
from builds.naming import check_prefix, is_branch
from builds.orders import Order
from builds.policy import PROTECTED_BRANCHES
from specs.parser import MAX_CHARACTERS

TARGETS = ("storia-digital", "petranto-com", "byok-cloud", "custom")
PRIORITIES = ("critical", "high", "medium", "low")
MOST_DOLLARS = 10_000
MOST_TOKENS = 10**9
MOST_METADATA = 10 * 1024
CENT_FRACTION = Decimal("0.000001")  # what the ledger's columns hold

NO_NAMES = "Missing required job fields (jobId, specId, userId)"
NO_REPO = "Missing repository info (repoOwner, repoName)"
NO_CALLBACK = "Missing callbackUrl for status updates"
BAD_BUDGET = "Invalid budget: maxTokens and maxDollars must be positive"


def read_order(body: dict[str, Any]) -> Order:
    """The order that a body holds; unknown members are ignored. Raises BadInput with every flaw."""
    fields = Fields(body)
    budget = Fields(read_object(fields, "budget") or {}, at="/budget")
    values: dict[str, Any] = {
        "job_id": fields.text("jobId", longest=200, required=NO_NAMES),
        "spec_id": fields.text("specId", longest=200, required=NO_NAMES),
        "user_id": fields.text("userId", longest=200, required=NO_NAMES),
        "repo_owner": fields.text("repoOwner", longest=100, required=NO_REPO),
        "repo_name": fields.text("repoName", longest=100, required=NO_REPO),
        "spec_markdown": fields.text("specMarkdown", longest=MAX_CHARACTERS, required=NO_SPEC),
        "callback_url": fields.text("callbackUrl", longest=2000, required=NO_CALLBACK),
        **read_budget(fields, budget),
    }
    check_formats(fields, values)
    values |= read_rest(fields)
    fields.check()
    return Order(**values)


def read_object(fields: Fields, name: str) -> dict[str, Any] | None:
    """A member that is an object; None when it is absent or something else."""
    value = fields.body.get(name)
    return value if isinstance(value, dict) else None


def read_budget(fields: Fields, budget: Fields) -> dict[str, Any]:
    """Tokens, and dollars rounded down to what the ledger counts: a cap never grows."""
    if read_object(fields, "budget") is None:
        fields.flaw("budget", "budget must be an object with maxTokens and maxDollars", BAD_BUDGET)
        return {}
    tokens = budget.number("maxTokens", most=MOST_TOKENS, headline=BAD_BUDGET, whole=True)
    dollars = to_dollars(budget.number("maxDollars", most=MOST_DOLLARS, headline=BAD_BUDGET))
    if not dollars and not budget.flawed("maxDollars"):
        budget.flaw("maxDollars", f"maxDollars must be at least {CENT_FRACTION}", BAD_BUDGET)
    fields.headline = fields.headline or budget.headline
    fields.flaws += budget.flaws
    return {"max_tokens": int(tokens), "max_dollars": dollars}


def to_dollars(value: float) -> Decimal:
    """Exactly the decimal that was written, without what the ledger does not count."""
    return Decimal(str(value)).quantize(CENT_FRACTION, rounding=ROUND_DOWN)


def check_formats(fields: Fields, values: dict[str, Any]) -> None:
    """The formats that the old system checked, in its order, then those of the ids."""
    for name, key in (("repoOwner", "repo_owner"), ("repoName", "repo_name")):
        if values[key] and not is_repo_part(values[key]):
            fields.flaw(name, f"Invalid {name} format: {values[key]}")
    address, insecure, hosts = values["callback_url"], settings.CALLBACK_INSECURE, settings.CALLBACK_HOSTS
    if address and (why := callback_flaw(address, insecure=insecure, hosts=hosts)):
        fields.flaw("callbackUrl", why)
    if values["job_id"] and not is_name(values["job_id"]):
        fields.flaw("jobId", "jobId must be printable, without slashes and without spaces around it")


def read_rest(fields: Fields) -> dict[str, Any]:
    """What the old system accepted unseen, or did not have."""
    values = {
        "target_repo_type": fields.one_of("targetRepoType", TARGETS),
        "base_branch": fields.text("baseBranch", longest=200, default="main"),
        "branch_prefix": fields.text("branchPrefix", longest=100, default="dream/"),
        "estimated_effort": fields.text("estimatedEffort", longest=100),
        "priority": fields.one_of("priority", PRIORITIES, default="medium"),
        "queue_name": fields.text("queueName", longest=100),
        "deadline": fields.moment("deadline"),
        "plan_approval": fields.flag("planApproval"),
        "metadata": read_metadata(fields),
    }
    check_branches(fields, cast("str", values["base_branch"]), cast("str", values["branch_prefix"]))
    return values


def check_branches(fields: Fields, base: str, prefix: str) -> None:
    """What is taken here is also what the gate in front of the branch takes."""
    if not is_branch(base):
        fields.flaw("baseBranch", "baseBranch is not a branch name that git takes")
    given = "" if fields.body.get("branchPrefix") == "" else prefix
    if refusal := check_prefix(given, PROTECTED_BRANCHES):
        fields.flaw("branchPrefix", refusal)


def read_metadata(fields: Fields) -> dict[str, Any]:
    """The caller's own notes: an object, small, kept as it is."""
    value = fields.body.get("metadata")
    if value is None:
        return {}
    found = read_object(fields, "metadata")
    if found is None:
        fields.flaw("metadata", "metadata must be an object")
        return {}
    if len(canonical_json(found)) > MOST_METADATA:
        fields.flaw("metadata", "metadata must be at most 10 KB of JSON")
    return found
