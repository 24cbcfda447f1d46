"""Reads what decisions and reruns are sent with."""

from decimal import Decimal

from builds.api.fields import Fields
from builds.api.intake import MOST_DOLLARS, read_object, to_dollars

LONGEST_COMMENT = 4000


def decision(fields: Fields) -> tuple[str, str]:
    """Content hash and comment. A missing hash is the operation's to refuse (428)."""
    content_hash = fields.text("contentHash", longest=64)
    comment = fields.text("comment", longest=LONGEST_COMMENT)
    fields.check()
    return content_hash, comment


def read_dollars(fields: Fields) -> Decimal | None:
    """A new budget for a rerun, as `{"budget": {"maxDollars": 5}}`; None keeps the one it has."""
    if fields.body.get("budget") is None:
        return None
    given = read_object(fields, "budget")
    if given is None or set(given) != {"maxDollars"}:
        fields.flaw("budget", "budget must be an object with maxDollars alone; tokens stay as they are")
        return None
    budget = Fields(given, at="/budget")
    found = to_dollars(budget.number("maxDollars", most=MOST_DOLLARS))
    if not found and not budget.flaws:
        budget.flaw("maxDollars", "maxDollars must be at least 0.000001")
    fields.headline = fields.headline or budget.headline
    fields.flaws += budget.flaws
    return found
