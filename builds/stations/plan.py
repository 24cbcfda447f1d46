"""Plan: 1 to 12 small work items that serve every criterion, and what they will probably cost."""

from decimal import Decimal

from pydantic import Field

from builds.coding.opening import intake_of, open_workspace
from builds.coding.prompts import load_prompt
from builds.coding.repo_map import repo_map
from builds.coding.structured import Loose, Unusable, ask_structured
from builds.coding.untrusted import block, clean, trim
from builds.coding.workspace import Workspace
from builds.context import Context
from builds.evidence import Criterion, LeftOut, Plan, PlannedItem, Quote, Severity
from builds.outcomes import Done, Fail, Outcome
from builds.ports import Message, Request
from builds.words import counted

SPEC_CHARACTERS = 60_000
MOST_ITEMS = 12
CALLS_AN_ITEM = (3, 12)
TOKENS_A_CALL = (6_000, 900)


class ItemAnswer(Loose):
    """A work item as the model writes it."""

    key: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,20}$")
    title: str = Field(min_length=3, max_length=200)
    why: str = Field(default="", max_length=4000)
    criteria: tuple[int, ...] = ()
    paths: tuple[str, ...] = Field(min_length=1, max_length=20)
    read: tuple[str, ...] = Field(default=(), max_length=20)
    check: str = ""
    depends: tuple[str, ...] = ()
    risk: Severity = "low"


class LeftOutAnswer(Loose):
    """A criterion the plan does not serve."""

    number: int
    why: str = Field(min_length=3, max_length=1000)


class PlanAnswer(Loose):
    """The whole plan as the model writes it."""

    summary: str = Field(min_length=3, max_length=2000)
    items: tuple[ItemAnswer, ...] = Field(min_length=1, max_length=MOST_ITEMS)
    left_out: tuple[LeftOutAnswer, ...] = ()
    proposed: tuple[str, ...] = Field(default=(), max_length=20)


def plan(context: Context) -> Outcome:
    """Ask the writer for a plan, check it, quote it."""
    workspace = open_workspace(context)
    try:
        answer = ask_structured(
            context.model, request(context, workspace), PlanAnswer, lambda found: objections(found, context)
        )
    except Unusable as error:
        return Fail("plan_invalid", f"The model gave no usable plan: {error}")
    made = as_plan(answer, context)
    context.progress.save_plan(made)
    quote = made.quote
    estimate = f"; estimate ${quote.low_usd} to ${quote.high_usd} ({quote.basis})" if quote else ""
    return Done(f"{counted(len(made.items), 'work item')}{estimate}")


def request(context: Context, workspace: Workspace) -> Request:
    """What the planner is shown. The rules come first and never change, so that prompt caches hit."""
    facts, intake = context.facts, intake_of(context)
    prompt = load_prompt("plan")
    criteria = "\n".join(f"{c.number}. {c.text}" for c in intake.criteria) or "(none: propose some)"
    checks = "\n".join(f"- {check.name}: {' '.join(check.argv)}" for check in intake.checks) or "(none)"
    shown = "\n\n".join(
        (
            f"Repository: {facts.repo.name}, branch {facts.job.base_branch}",
            block("map of the repository", repo_map(workspace, intake.instructions)),
            block("checks of the repository", checks),
            block("specification", trim(clean(facts.spec.markdown), SPEC_CHARACTERS)),
            block("acceptance criteria", clean(criteria)),
            *((block("goal of this build", clean(facts.spec.goal)),) if facts.spec.goal else ()),
        )
    )
    messages = (Message(role="system", content=prompt.text), Message(role="user", content=shown))
    return Request(
        purpose="plan",
        model=facts.repo.writer,
        messages=messages,
        prompt_version=prompt.version,
        max_tokens=6000,
    )


def objections(answer: PlanAnswer, context: Context) -> list[str]:
    """What is wrong with a plan whose shape is right, in sentences for the model."""
    intake = intake_of(context)
    known = {criterion.number for criterion in intake.criteria}
    served = {number for item in answer.items for number in item.criteria}
    left = {criterion.number for criterion in answer.left_out}
    wrong = (
        [f"There is no criterion {number}." for number in sorted((served | left) - known)] if known else []
    )
    missing = sorted(known - served - left)
    if missing:
        wrong.append(f"Criteria {missing} are neither served by an item nor named in left_out.")
    checks = {check.name for check in intake.checks}
    seen: list[str] = []
    for item in answer.items:
        wrong += item_objections(item, seen, checks)
        seen.append(item.key)
    return wrong


def item_objections(item: ItemAnswer, earlier: list[str], checks: set[str]) -> list[str]:
    """What is wrong with one item."""
    wrong = []
    if item.key in earlier:
        wrong.append(f"Two items have the key {item.key}.")
    if item.check and item.check not in checks:
        wrong.append(f"Item {item.key}: there is no check {item.check!r}; there are {sorted(checks)}.")
    later = [key for key in item.depends if key not in earlier]
    if later:
        wrong.append(f"Item {item.key} depends on {later}, which do not come before it.")
    outside = [path for path in item.paths if path.startswith("/") or ".." in path.split("/")]
    if outside:
        wrong.append(f"Item {item.key}: paths must lie inside the repository: {outside}.")
    return wrong


def as_plan(answer: PlanAnswer, context: Context) -> Plan:
    """The answer as the plan that is stored."""
    items = tuple(PlannedItem(**item.model_dump()) for item in answer.items)
    proposed = () if intake_of(context).criteria else answer.proposed
    return Plan(
        summary=answer.summary,
        items=items,
        left_out=tuple(LeftOut(number=c.number, why=c.why) for c in answer.left_out),
        proposed=tuple(Criterion(number=n, text=t, proposed=True) for n, t in enumerate(proposed, start=1)),
        quote=quote(len(items), context),
    )


def quote(items: int, context: Context) -> Quote:
    """A range from the price of the writer's usual calls, until there are past builds to learn from."""
    price = context.facts.money.prices[context.facts.repo.writer]
    given, taken = TOKENS_A_CALL
    call = (given * price.input + taken * price.output) / 1_000_000
    low, high = (items * calls * call for calls in CALLS_AN_ITEM)
    cents = Decimal("0.01")
    return Quote(
        low_usd=str(low.quantize(cents)),
        high_usd=str(high.quantize(cents)),
        low_minutes=max(1, items),
        high_minutes=6 * items,
        basis="estimate, 0 past builds",
    )
