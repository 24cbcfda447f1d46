"""Gates that look at the job, the repository, the plan and the money."""

from decimal import Decimal
from typing import Any

import pytest

from builds.evidence import Item, Plan, PlannedItem
from builds.gates import (
    BUILDER,
    SHIPPER,
    KnownRepo,
    PlanApproved,
    PricedModel,
    Trusted,
    WithinBudget,
)
from builds.outcomes import Fail, Pass, Pause
from tests.gates.world import PRICES, changed, facts, with_policy

PLAN = Plan(
    summary="Export orders",
    items=(
        PlannedItem(key="1", title="Write the exporter", risk="medium"),
        PlannedItem(key="2", title="Add the button"),
    ),
)


@pytest.mark.parametrize(
    ("gate", "level", "passes"),
    [
        (Trusted(BUILDER), "observer", False),
        (Trusted(BUILDER), "planner", False),
        (Trusted(BUILDER), "builder", True),
        (Trusted(BUILDER), "shipper", True),
        (Trusted(SHIPPER), "builder", False),
        (Trusted(SHIPPER), "shipper", True),
        (Trusted(BUILDER), "", False),
        (Trusted(BUILDER), "SHIPPER", False),
        (Trusted(BUILDER), "admin", False),
    ],
)
def test_only_a_level_that_is_high_enough_passes(gate: Trusted, level: str, passes: bool) -> None:
    verdict = gate.ask(changed(facts(), "job", trust_level=level))
    assert isinstance(verdict, Pass) == passes
    assert passes or (isinstance(verdict, Fail) and verdict.code == "not_trusted")


def test_a_refused_level_is_told_in_the_words_of_the_old_system() -> None:
    refusal = "Insufficient trust level: planner. Required: builder or shipper"
    assert Trusted(BUILDER).refusal("planner") == refusal
    assert Trusted(SHIPPER).refusal("builder") == "Insufficient trust level: builder. Required: shipper"
    assert Trusted(BUILDER).refusal("") == "Missing dreamTrustLevel"


def test_gates_print_as_they_are_declared_and_say_what_they_do() -> None:
    gates = (Trusted(BUILDER), KnownRepo(), PricedModel(), WithinBudget(), PlanApproved())
    assert [repr(gate) for gate in gates] == [
        "Trusted(BUILDER)",
        "KnownRepo()",
        "PricedModel()",
        "WithinBudget()",
        "PlanApproved()",
    ]
    assert all(gate.__doc__ and not gate.__doc__.startswith(type(gate).__name__) for gate in gates)


def test_a_repository_that_is_switched_off_or_unknown_is_refused() -> None:
    assert KnownRepo().ask(facts()) == Pass()
    verdict = KnownRepo().ask(changed(facts(), "repo", enabled=False))
    assert isinstance(verdict, Fail)
    assert verdict.code == "repo_not_registered"
    assert "acme/shop is registered but switched off" in verdict.why
    assert "not registered" in str(KnownRepo.refusal(None))


@pytest.mark.parametrize("model", ["acme/writer", "other/reviewer"])
def test_each_of_both_models_needs_a_price(model: str) -> None:
    assert PricedModel().ask(facts()) == Pass()
    prices = {name: price for name, price in PRICES.items() if name != model}
    verdict = PricedModel().ask(changed(facts(), "money", prices=prices))
    assert isinstance(verdict, Fail)
    assert verdict.code == "model_not_priced"
    assert model in verdict.why
    assert "DREAM_MODEL_PRICES" in verdict.why


def test_a_model_without_a_name_has_no_price() -> None:
    assert "(no name)" in str(PricedModel.refusal(changed(facts(), "repo", writer="").repo, PRICES))


@pytest.mark.parametrize("asked_by", ["policy", "request"])
def test_a_plan_pauses_where_policy_or_request_ask_for_it(asked_by: str) -> None:
    planned = facts(plan=PLAN)
    assert PlanApproved().ask(planned) == Pass()
    asked = (
        with_policy(planned, plan_approval=True)
        if asked_by == "policy"
        else changed(planned, "job", plan_approval=True)
    )
    verdict = PlanApproved().ask(asked)
    assert isinstance(verdict, Pause)
    assert verdict.subject == PLAN.sha
    assert verdict.may_decide == "owner"
    found = [(finding.rule, finding.reason, finding.severity) for finding in verdict.findings]
    assert found == [("plan", "Write the exporter", "medium"), ("plan", "Add the button", "low")]


def test_a_plan_that_is_not_there_cannot_be_approved() -> None:
    verdict = PlanApproved().ask(changed(facts(), "job", plan_approval=True))
    assert isinstance(verdict, Fail)
    assert verdict.code == "evidence_missing"


@pytest.mark.parametrize(
    ("money", "why"),
    [
        ({"spent": Decimal("7.50")}, "Cost budget exceeded: $7.50 / $5.00"),
        ({"spent": Decimal(3), "reserved": Decimal(2)}, "Cost budget exceeded: $5.00 / $5.00"),
        ({"max_dollars": Decimal(0), "spent": Decimal(0)}, "Cost budget exceeded: $0.00 / $0.00"),
        ({"tokens_used": 150_000}, "Token budget exceeded: 150000 / 100000"),
        ({"tokens_used": 60_000, "tokens_reserved": 40_000}, "Token budget exceeded: 100000 / 100000"),
    ],
)
def test_nothing_left_ends_the_job(money: dict[str, Any], why: str) -> None:
    verdict = WithinBudget().ask(changed(facts(), "money", **money))
    assert isinstance(verdict, Fail)
    assert verdict.code == "budget_exhausted"
    assert verdict.why.startswith(why)


def test_a_job_with_a_finished_item_goes_on_to_its_ending() -> None:
    done = (Item(planned=PLAN.items[0], status="done"),)
    spent = changed(facts(items=done), "money", spent=Decimal(5))
    assert WithinBudget().ask(spent) == Pass()


def test_a_cent_and_a_token_are_enough_to_go_on() -> None:
    left = {"spent": Decimal("4.99"), "tokens_used": 99_999}
    assert WithinBudget().ask(changed(facts(), "money", **left)) == Pass()
