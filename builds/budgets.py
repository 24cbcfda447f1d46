"""The arithmetic of a budget: what a call may cost at most, and whether that fits. It touches no database."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from builds.canonical import canonical_json
from builds.ports import Price, Request, Usage

MICRO = Decimal("0.000001")
LEAST_OUTPUT = 256  # tokens; a shorter answer is cut off before it is of any use
FRAMING = 64  # tokens a provider may add around each message and tool, by its own way of counting
MOST_BYTES_A_TOKEN = 20  # on the average of a whole conversation; a count below that is no count
WORK_SHARE = Decimal("0.95")  # of a budget for plan and implement; the rest pays for how the job ends
WORKING = frozenset({"plan", "implement"})


class OverBudget(Exception):
    """The worst case of the next call does not fit in what is left of the budget."""


class ReservationExceeded(Exception):
    """The provider took more than the worst case that was reserved for the call."""


@dataclass(frozen=True, kw_only=True)
class Cap:
    """A cap over many jobs as it stands. What is reserved counts as spent."""

    name: str
    usd: Decimal
    taken: Decimal
    resets_at: datetime
    resets_in: timedelta
    scope: str = "global"  # or user, or repo

    @property
    def left(self) -> Decimal:
        """Dollars of it that are neither spent nor reserved."""
        return self.usd - self.taken

    @property
    def reached(self) -> str:
        """Why a job waits for it, in a sentence."""
        until = f"{self.resets_at:%Y-%m-%d %H:%M} UTC"
        return (
            f"The cap on {self.name} is reached: ${self.taken:.2f} of ${self.usd:.2f}. It goes on at {until}."
        )


class CapReached(Exception):
    """A cap over many jobs has no room for the call; the job waits until it begins anew."""

    def __init__(self, cap: Cap) -> None:
        super().__init__(cap.reached)
        self.wait = cap.resets_in
        self.scope = cap.scope


class NotPriced(Exception):
    """The model has no price, so no budget could hold."""


@dataclass(frozen=True)
class Worst:
    """The worst case of one call."""

    input_tokens: int
    output_tokens: int
    usd: Decimal

    @property
    def tokens(self) -> int:
        """Both ways."""
        return self.input_tokens + self.output_tokens


def share_of(station: str) -> Decimal:
    """How much of a budget a station may reach into."""
    return WORK_SHARE if station in WORKING else Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Account:
    """A job's budget as it stands, in dollars and tokens. What is reserved counts as spent."""

    max_dollars: Decimal
    spent: Decimal
    reserved: Decimal
    max_tokens: int
    tokens_used: int
    tokens_reserved: int

    @property
    def left(self) -> Decimal:
        """Dollars that are neither spent nor reserved."""
        return self.max_dollars - self.spent - self.reserved

    @property
    def tokens_left(self) -> int:
        """Tokens that are neither used nor reserved."""
        return self.max_tokens - self.tokens_used - self.tokens_reserved

    @property
    def short_of_tokens(self) -> bool:
        """Whether tokens rather than dollars are what ends it."""
        dollars = self.left / self.max_dollars if self.max_dollars else Decimal(1)
        return self.max_tokens > 0 and Decimal(self.tokens_left) / self.max_tokens < dollars

    def within(self, share: Decimal) -> "Account":
        """The same account as a station sees it that may take only a share of the budget."""
        dollars = (self.max_dollars * share).quantize(MICRO, rounding=ROUND_DOWN)
        return replace(self, max_dollars=dollars, max_tokens=int(self.max_tokens * share))

    def holds(self, worst: Worst) -> bool:
        """Whether the worst case still fits."""
        return worst.usd <= self.left and worst.tokens <= self.tokens_left


def input_bound(request: Request) -> int:
    """The most tokens a provider can count for the request, without knowing its tokenizer.

    No tokenizer in use makes more than one token of a byte; each message and tool may get a frame around it.
    """
    body = canonical_json({"messages": request.messages, "tools": request.tools})
    return len(body) + FRAMING * (1 + len(request.messages) + len(request.tools))


def bound_after(request: Request, shown: int, reported: int) -> int:
    """The same, where the provider reported its count for the first `shown` messages of it.

    What came after is counted by its bytes. A count that is too small to be true is not believed: then this
    is the bound of the whole.
    """
    everything = input_bound(request)
    before = canonical_json({"messages": request.messages[:shown], "tools": request.tools})
    if reported * MOST_BYTES_A_TOKEN < len(before):
        return everything
    rest = request.messages[shown:]
    return min(everything, reported + len(canonical_json(rest)) + FRAMING * (1 + len(rest)))


def cost(price: Price, usage: Usage) -> Decimal:
    """Dollars for what was used, rounded up to the millionth. The provider's own figure goes first."""
    if usage.cost is not None:
        return usage.cost.quantize(MICRO, rounding=ROUND_UP)
    cached = min(usage.cached_tokens, usage.input_tokens)
    rate = price.input if price.cached_input is None else price.cached_input
    parts = (usage.input_tokens - cached) * price.input + cached * rate + usage.output_tokens * price.output
    return (parts / 1_000_000).quantize(MICRO, rounding=ROUND_UP)


def worst_case(request: Request, price: Price, bound: int) -> Worst:
    """What the call costs if `bound` input tokens are counted and the answer is as long as it may be."""
    dearest = replace(price, input=max(price.input, price.cached_input or Decimal(0)), cached_input=None)
    usage = Usage(input_tokens=bound, output_tokens=request.max_tokens)
    return Worst(bound, request.max_tokens, cost(dearest, usage))


def fit(request: Request, price: Price, account: Account, bound: int) -> Request:
    """The request with `max_tokens` lowered until its worst case fits. Raises OverBudget when none does."""
    for_input = worst_case(replace(request, max_tokens=0), price, bound).usd
    room = account.tokens_left - bound
    if price.output > 0:
        room = min(room, int((account.left - for_input) * 1_000_000 / price.output))
    most = min(request.max_tokens, room)
    if account.left < for_input or most < min(LEAST_OUTPUT, request.max_tokens):
        least = replace(request, max_tokens=min(LEAST_OUTPUT, request.max_tokens))
        needed = worst_case(least, price, bound)
        raise OverBudget(
            f"The next call may cost ${needed.usd:.4f} and {needed.tokens} tokens; "
            f"${max(Decimal(0), account.left):.4f} of ${account.max_dollars:.2f} and "
            f"{max(0, account.tokens_left)} of {account.max_tokens} tokens are left."
        )
    return replace(request, max_tokens=most)


def price_of(prices: Mapping[str, Price], model: str) -> Price:
    """The price of a model. Raises NotPriced."""
    if model not in prices:
        raise NotPriced(f"{model} has no price; add it to DREAM_MODEL_PRICES")
    return prices[model]
