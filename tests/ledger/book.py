"""What the ledger has to be, written down a second time without a database: the reference of the tests."""

from dataclasses import replace
from decimal import Decimal

from builds.budgets import Account, Worst


def opened(max_dollars: Decimal, max_tokens: int) -> Account:
    """A budget of which nothing is spent."""
    nothing = Decimal(0)
    return Account(
        max_dollars=max_dollars,
        spent=nothing,
        reserved=nothing,
        max_tokens=max_tokens,
        tokens_used=0,
        tokens_reserved=0,
    )


def reserved(account: Account, worst: Worst) -> Account:
    """With the worst case taken from it."""
    return replace(
        account,
        reserved=account.reserved + worst.usd,
        tokens_reserved=account.tokens_reserved + worst.tokens,
    )


def released(account: Account, worst: Worst) -> Account:
    """With the worst case given back."""
    return replace(
        account,
        reserved=account.reserved - worst.usd,
        tokens_reserved=account.tokens_reserved - worst.tokens,
    )


def settled(account: Account, worst: Worst, usd: Decimal, tokens: int) -> Account:
    """With what was used in place of the worst case."""
    back = released(account, worst)
    return replace(back, spent=back.spent + usd, tokens_used=back.tokens_used + tokens)
