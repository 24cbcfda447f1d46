"""`dream spend`: what today has cost, and what is left."""

from decimal import Decimal
from typing import Any

import pytest
from django.db.models.functions import Now

from builds.models import Breaker, ModelCall, Reservation
from tests import factories
from tests.management.conftest import Dream


def called(job: Any, usd: str, model: str = "writer", state: str = "settled") -> None:
    """A call of a job, settled at what was reserved, or still open."""
    call = ModelCall.objects.create(
        job=job, attempt=1, station="plan", purpose="plan", turn=1, model=model, request_hash="0"
    )
    settled = Decimal(usd) if state == "settled" else Decimal(0)
    Reservation.objects.create(
        job=job, call=call, fence=1, tokens=10, usd=Decimal(usd), settled_usd=settled, state=state
    )


@pytest.fixture
def today(people: dict[str, Any], settings: Any) -> None:
    """Two builds of Alice's and one of Bob's; one call is under way, one was given back, one is old."""
    settings.USER_DAY_USD = Decimal(2)
    one, other = (
        factories.job(),
        factories.job(user_id="bob", requester="bob", repo=factories.repo("acme", "shop")),
    )
    called(one, "1.50")
    called(one, "0.25", model="reviewer", state="open")
    called(other, "0.75")
    called(other, "9", state="released")
    called(other, "7")
    old = Reservation.objects.latest("id")
    Reservation.objects.filter(pk=old.pk).update(reserved_at="2020-01-01T00:00:00Z")


def test_it_adds_up_by_user_repo_and_model_with_what_the_caps_allow(today: None, dream: Dream) -> None:
    found = dream("spend", "--json", by="olga").document
    assert found["total"] == {"calls": 3, "spent": 2.25, "reserved": 0.25}
    assert [(line["name"], line["spent"], line["reserved"]) for line in found["users"]] == [
        ("alice", 1.5, 0.25),
        ("bob", 0.75, 0.0),
    ]
    assert [line["name"] for line in found["repos"]] == ["acme/billing", "acme/shop"]
    assert {line["name"]: line["calls"] for line in found["models"]} == {"writer": 2, "reviewer": 1}
    assert {cap["name"]: (cap["taken"], cap["left"]) for cap in found["caps"]} == {
        "the day of alice": (1.75, 0.25),
        "the day of bob": (0.75, 1.25),
    }
    assert found["troubled"] == []


def test_those_who_order_see_their_own(today: None, dream: Dream) -> None:
    found = dream("spend", "--json").document
    assert [line["name"] for line in found["users"]] == ["alice"]
    assert found["total"]["spent"] == 1.5


def test_a_person_reads_tables_and_who_is_in_trouble(today: None, dream: Dream) -> None:
    Breaker.objects.create(provider="writer at api", failures=2, error="answered 429.", open_until=Now())
    shown = dream("spend", by="rita").out
    assert "$2.2500 spent in 3 model calls since" in shown
    assert "the day of alice" in shown
    assert "writer at api" in shown
    assert "answered 429." in shown
