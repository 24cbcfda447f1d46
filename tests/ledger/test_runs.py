"""Thousands of simulated runs: no overspend with honest providers, every other one is noticed."""

import random
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

import pytest

from builds.budgets import (
    WORK_SHARE,
    Account,
    OverBudget,
    Worst,
    bound_after,
    cost,
    fit,
    input_bound,
    worst_case,
)
from builds.ports import Price, Request
from tests.ledger import book
from tests.ledger.providers import HONEST, WAYS, Provider, drawn_price, first_request, longer

MOST_CALLS, AN_ITEM = 200, 6


@dataclass
class Run:
    """One job, from its first call until the money or its patience ends."""

    chance: random.Random
    way: str
    price: Price
    account: Account
    provider: Provider
    noticed: bool = False
    took_too_much: bool = False
    short_of: str = ""  # what the next call did not fit into
    largest: Decimal = Decimal(0)  # worst case of any call, the one that did not fit included
    reported: tuple[int, int] | None = None  # how many messages an answered call had, and its count

    def play(self) -> None:
        """Call after call, each of which may end in every way that a call can."""
        request = first_request(self.chance)
        for number in range(1, MOST_CALLS):
            try:
                self.call(request)
            except OverBudget:
                return
            self.check()
            if self.noticed:
                return
            if self.chance.random() < 0.004:
                self.price = drawn_price(self.chance)  # an operator corrects it, between two calls
                self.provider.price = self.price
            request = longer(self.chance, request)
            if number % AN_ITEM == 0:  # the next work item has a conversation of its own
                request, self.reported = first_request(self.chance), None

    def call(self, request: Request) -> None:
        """Reserve, then an answer, a loss, or a refusal. Raises OverBudget."""
        bound = bound_after(request, *self.reported) if self.reported else input_bound(request)
        within = self.account.within(WORK_SHARE)
        wanted = worst_case(request, self.price, bound)
        self.largest = max(self.largest, wanted.usd)
        self.short_of = "dollars" if wanted.usd > within.left else "tokens"
        request = fit(request, self.price, within, bound)
        self.short_of = ""
        worst = worst_case(request, self.price, bound)
        assert within.holds(worst)
        self.account = book.reserved(self.account, worst)
        self.check()
        match self.chance.random():
            case luck if luck < 0.06:  # refused before any work
                self.account = book.released(self.account, worst)
            case luck if luck < 0.14:  # the worker died, or the stream broke off: settled in full
                self.account = book.settled(self.account, worst, worst.usd, worst.tokens)
            case luck if luck < 0.17:  # it answered without counting
                self.provider.answer(request, worst)
                self.account = book.settled(self.account, worst, worst.usd, worst.tokens)
            case _:
                self.answered(request, worst)

    def answered(self, request: Request, worst: Worst) -> None:
        """Settled at what the provider says, and kept as the beginning of the next one."""
        usage = self.provider.answer(request, worst)
        usd, tokens = cost(self.price, usage), usage.input_tokens + usage.output_tokens
        self.account = book.settled(self.account, worst, usd, tokens)
        self.took_too_much = usd > worst.usd or tokens > worst.tokens
        self.noticed = self.took_too_much  # Metered asks just this
        self.reported = (len(request.messages), usage.input_tokens)

    def check(self) -> None:
        """Nothing negative; nothing above the budget, unless somebody took too much and was noticed."""
        account = self.account
        assert min(account.spent, account.reserved) >= 0
        if not self.noticed:
            assert account.left >= 0
            assert account.tokens_left >= 0


def run_of(seed: int) -> Run:
    """One run, drawn from its number."""
    chance = random.Random(seed)
    way = WAYS[seed % len(WAYS)]
    price = drawn_price(chance)
    typical = worst_case(first_request(random.Random(seed)), price, 2_500).usd
    dollars = max(Decimal("0.000001"), typical * chance.choice((1, 3, 10, 30, 40)))
    tokens = chance.choice((60_000, 10_000_000, 50_000_000))
    run = Run(chance, way, price, book.opened(dollars, tokens), Provider(chance, way, price))
    run.play()
    return run


def play(runs: int) -> list[Run]:
    """So many of them, checked at every step and at their end."""
    played = [run_of(seed) for seed in range(runs)]
    for run in played:
        assert run.account.reserved == 0
        if run.way in HONEST:
            assert not run.took_too_much
            assert run.account.spent <= run.account.max_dollars * WORK_SHARE
        elif run.account.left < 0 or run.account.tokens_left < 0:
            assert run.noticed
    return played


def left_through_caution(run: Run) -> Decimal:
    """The share of what it might have spent that it left, because the next call could have cost more."""
    return run.account.within(WORK_SHARE).left / run.account.max_dollars


def report(played: list[Run], capsys: pytest.CaptureFixture[str]) -> list[Decimal]:
    """Print what the caution left where the budget is 20 times the largest reservation, or more."""
    wide = [
        run
        for run in played
        if run.way in HONEST and run.short_of == "dollars" and run.account.max_dollars >= 20 * run.largest
    ]
    left = [left_through_caution(run) for run in wide]
    noticed = sum(run.noticed for run in played)
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(played)} runs, {noticed} providers noticed; left unspent through caution in "
            f"{len(left)} runs with 20 times the largest reservation: median {median(left):.1%}, "
            f"most {max(left):.1%}"
        )
    return left


def test_runs_in_short(capsys: pytest.CaptureFixture[str]) -> None:
    played = play(400)
    assert {run.way for run in played if run.noticed} == set(WAYS) - set(HONEST)
    assert median(report(played, capsys)) <= Decimal("0.05")


@pytest.mark.campaign
@pytest.mark.timeout(900)
def test_ten_thousand_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert median(report(play(10_200), capsys)) <= Decimal("0.05")
