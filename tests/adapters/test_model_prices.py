"""Prices: the bundled list by endpoint, the operator's own, and never a reservation below a settlement."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import genai_prices
import pytest

from builds.adapters.model_openai_answer import reply_of
from builds.adapters.model_prices import KnownPrices, ceiling, find, priced
from builds.budgets import cost
from builds.gates import PricedModel
from builds.ports import Price, Usage
from tests.gates.world import facts

OPENAI, ROUTER, DEEPSEEK = (
    "https://api.openai.com/v1",
    "https://openrouter.ai/api/v1",
    "https://api.deepseek.com",
)
OFFLINE = """
import sys

def deny(event, _):
    if event.startswith("socket."):
        raise RuntimeError(event)

sys.addaudithook(deny)
import genai_prices
from genai_prices.data_snapshot import get_snapshot
found = get_snapshot().find_provider_model("gpt-4o", None, None, "https://api.openai.com/v1")[1]
genai_prices.calc_price(genai_prices.Usage(input_tokens=1), "gpt-4o", provider_api_url="https://api.openai.com/v1")
print(found.prices.input_mtok)
"""
USAGE = Usage(input_tokens=100_000, cached_tokens=40_000, output_tokens=2_000)


def test_a_known_model_at_a_known_endpoint_has_a_price_without_any_setting() -> None:
    prices = KnownPrices({}, OPENAI)
    assert prices["gpt-4o"] == Price(input=Decimal("2.5"), output=Decimal(10))
    assert "no-such-model" not in prices
    assert "gpt-4o" not in KnownPrices({}, "http://127.0.0.1:8000/v1")


def test_the_list_knows_cached_tokens() -> None:
    assert priced(OPENAI, "gpt-4o", USAGE) == Decimal("0.22")
    assert priced(OPENAI, "no-such-model", USAGE) is None
    assert priced("http://127.0.0.1:8000/v1", "gpt-4o", USAGE) is None


def test_a_reservation_is_made_at_the_highest_price_anybody_knows() -> None:
    own = {
        "gpt-4o": Price(input=Decimal(1), output=Decimal(20)),
        "mine": Price(input=Decimal(1), output=Decimal(2)),
    }
    prices = KnownPrices(own, OPENAI)
    assert prices["gpt-4o"] == Price(input=Decimal("2.5"), output=Decimal(20))
    assert prices["mine"] == own["mine"]
    assert list(prices) == ["gpt-4o", "mine"]


@pytest.mark.parametrize(
    ("url", "model"),
    [
        (DEEPSEEK, "deepseek-chat"),
        (DEEPSEEK, "deepseek-reasoner"),
        (ROUTER, "anthropic/claude-sonnet-4.5"),
        (OPENAI, "gpt-5"),
        ("https://generativelanguage.googleapis.com", "gemini-2.5-pro"),
    ],
)
def test_no_hour_and_no_tier_costs_more_than_was_reserved(url: str, model: str) -> None:
    highest, info = ceiling(url, model), find(url, model)
    assert highest is not None
    assert info is not None
    start = datetime(2026, 11, 20, tzinfo=UTC)
    for tokens in (10, 150_000, 210_000, 900_000):
        usage = Usage(input_tokens=tokens, output_tokens=4_000)
        for half_hours in range(48):
            counted = genai_prices.Usage(input_tokens=tokens, output_tokens=4_000)
            moment = start + timedelta(minutes=30 * half_hours)
            found = genai_prices.calc_price(
                counted, model, provider_api_url=url, genai_request_timestamp=moment
            ).total_price
            assert found <= cost(highest, usage)


def test_nothing_is_fetched() -> None:
    told = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=False)
    assert told.stdout.strip() == "2.5", told.stderr


def test_what_the_answer_names_goes_first() -> None:
    counted = {"prompt_tokens": 10, "completion_tokens": 5, "cost": 0.0123}
    answer = {"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}], "usage": counted}
    usage = reply_of(answer, "").usage
    assert usage is not None
    assert (usage.cost, usage.priced_by) == (Decimal("0.0123"), "provider")


def test_the_gate_takes_either_price() -> None:
    known = KnownPrices({"other/reviewer": Price(input=Decimal(1), output=Decimal(1))}, ROUTER)
    refusal = PricedModel.refusal(facts().repo, known)
    assert refusal is not None
    assert "acme/writer" in refusal
    assert "other/reviewer" not in refusal
