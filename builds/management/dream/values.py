"""Reads single arguments; what cannot be meant is a usage error with one clear sentence."""

from argparse import ArgumentTypeError
from decimal import ROUND_DOWN, Decimal, InvalidOperation

from builds.naming import is_branch
from builds.ports import RepoName

MOST_DOLLARS = 10_000
MOST_TOKENS = 10**9
MOST_NAME = 200
LEAST_DOLLARS = Decimal("0.000001")  # what the ledger's columns hold


def dollars(text: str) -> Decimal:
    """An amount such as 2.00 or $2, cut to what the ledger counts: a cap never grows."""
    try:
        found = Decimal(text.strip().removeprefix("$"))
    except InvalidOperation:
        raise ArgumentTypeError(f"{text!r} is not an amount in dollars, such as 2.00") from None
    if not found.is_finite() or not LEAST_DOLLARS <= found <= MOST_DOLLARS:
        raise ArgumentTypeError(f"{text} is not between {LEAST_DOLLARS} and {MOST_DOLLARS:,} dollars")
    return found.quantize(LEAST_DOLLARS, rounding=ROUND_DOWN)


def tokens(text: str) -> int:
    """A whole number above 0; commas and underscores may part the thousands."""
    try:
        found = int(text.replace(",", ""))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a whole number of tokens") from None
    if not 0 < found <= MOST_TOKENS:
        raise ArgumentTypeError(f"{text} is not between 1 and {MOST_TOKENS:,} tokens")
    return found


def repo_name(text: str) -> RepoName:
    """owner/name; whether the parts are sound and known is asked later."""
    owner, slash, name = text.partition("/")
    if not (owner and slash and name) or "/" in name:
        raise ArgumentTypeError(f"{text!r} is not a repository such as owner/name")
    return RepoName(owner, name)


def job_name(text: str) -> str:
    """A name that a URL, a log line and a person can hold, by the same rule as the API's."""
    sound = text.isprintable() and text == text.strip() and "/" not in text and text not in {"", ".", ".."}
    if not sound or len(text) > MOST_NAME:
        raise ArgumentTypeError(
            f"a job's name has 1 to {MOST_NAME} printable characters, no slash, and no space around it"
        )
    return text


def branch(text: str) -> str:
    """A branch name that git takes."""
    if not is_branch(text):
        raise ArgumentTypeError(f"{text!r} is not a branch name that git takes")
    return text


def above_zero(text: str) -> int:
    """A count."""
    try:
        found = int(text)
    except ValueError:
        found = 0
    if found < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return found
