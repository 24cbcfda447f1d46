"""What it would take to finish a job whose money is gone, at what its own items have cost so far."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal

from builds.budgets import WORK_SHARE
from builds.context import Facts
from builds.evidence import Item
from builds.words import counted

CENT = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """`usd` is what the items that were left out would probably cost, `budget` the cap to give the whole job.

    A cap has to leave room for the worst case of the last call and for the ending, so it is more than the
    sum; what is not needed is not spent.
    """

    items: tuple[Item, ...]
    each: Decimal
    usd: Decimal
    budget: Decimal


def offer(facts: Facts) -> Offer | None:
    """None where nothing was left out, or where no item was finished to learn a price from."""
    left = facts.evidence.left_out
    money = facts.money
    done = [item.planned.key for item in facts.evidence.items if item.status == "done"]
    prices = [money.by_item[key] for key in done if money.by_item.get(key)]
    if not left or not prices:
        return None
    each = sum(prices, Decimal(0)) / len(prices)
    begun = (money.by_item.get(item.planned.key, Decimal(0)) for item in left)
    usd = sum((max(each - paid, each / 4) for paid in begun), Decimal(0))
    budget = (money.spent + money.reserved + usd + money.largest) / WORK_SHARE
    least = money.max_dollars + CENT
    return Offer(
        items=left,
        each=each.quantize(CENT, rounding=ROUND_UP),
        usd=usd.quantize(CENT, rounding=ROUND_UP),
        budget=max(budget, least).quantize(CENT, rounding=ROUND_UP),
    )


def offer_text(facts: Facts) -> str:
    """The offer in a sentence or two, with what to type."""
    left = facts.evidence.left_out
    rerun = f"manage.py dream rerun {facts.job.job_id} --from implement --budget"
    made = offer(facts)
    if facts.money.short_of_tokens:
        return "Its tokens ran out before its dollars, and a rerun keeps them: order it with more tokens."
    if made is None:
        return f"To go on: {rerun} DOLLARS; what was answered so far is not paid again."
    names = ", ".join(f"{item.planned.key} ({item.planned.title})" for item in left)
    return (
        f"Left out: {names}. At this job's own price of about ${made.each} an item, "
        f"{counted(len(left), 'item')} would cost about ${made.usd} more: {rerun} {made.budget}"
    )


def with_items(facts: Facts, items: Sequence[Item]) -> Facts:
    """The same facts with the items as they stand now."""
    return replace(facts, evidence=replace(facts.evidence, items=tuple(items)))
