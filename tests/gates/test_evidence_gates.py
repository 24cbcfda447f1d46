"""Gates that read more than the diff: the second model's word, checks that ran, messages, the base branch."""

from pathlib import Path
from typing import Any

import pytest

from builds.context import Facts
from builds.evidence import BaseSeen, CheckRun, Finding, Intake, Item, PlannedItem, Review
from builds.gates import BaseFresh, NoSecrets, NothingLost, ReviewResolved, RiskReviewed
from builds.outcomes import Fail, Pass, Pause, Verdict
from tests.gates.tables.secrets import DRAWN
from tests.gates.world import BRANCH, changed, diff, facts, with_patch

TREE = "7" * 40
TOKEN = f"{'ghp'}_{DRAWN[:36]}"
PLAIN = ({"a.py": "x = 1\n"}, {"a.py": "x = 2\n"})


@pytest.fixture
def plain(tmp_path: Path) -> Facts:
    """A change in which no rule finds anything."""
    return with_patch(diff(tmp_path, dict(PLAIN[0]), dict(PLAIN[1])))


def reviewed(all_facts: Facts, **values: Any) -> Facts:
    """The same after a review."""
    found = Review(**{"tree_sha": TREE, "verdict": "approve", "summary": "Fine.", "model": "vex", **values})
    return changed(all_facts, "evidence", review=found)


def rules(verdict: Verdict) -> list[str]:
    """The rules that a verdict names."""
    assert isinstance(verdict, Pass | Pause)
    return [finding.rule for finding in verdict.findings]


@pytest.mark.parametrize(
    ("values", "rule", "may_decide"),
    [
        ({"recommendation": "pause"}, "second_model_pause", "reviewer"),
        ({"recommendation": "pause", "risk": "low"}, "second_model_pause", "reviewer"),
        ({"recommendation": "reject"}, "second_model_reject", "other_reviewer"),
        ({"recommendation": "reject", "risk": "low"}, "second_model_reject", "other_reviewer"),
        ({"risk": "high"}, "second_model_risk", "reviewer"),
        ({"risk": "critical"}, "second_model_critical", "other_reviewer"),
        ({"risk": "critical", "recommendation": "pause"}, "second_model_critical", "other_reviewer"),
    ],
)
def test_the_second_model_can_stop_what_the_rules_let_pass(
    plain: Facts, values: dict[str, Any], rule: str, may_decide: str
) -> None:
    verdict = RiskReviewed().ask(reviewed(plain, **values))
    assert isinstance(verdict, Pause)
    assert (rules(verdict), verdict.may_decide) == ([rule], may_decide)
    assert "vex wrote: Fine." in verdict.findings[0].reason


@pytest.mark.parametrize("values", [{}, {"risk": "medium"}, {"risk": "low", "verdict": "changes"}])
def test_low_and_medium_risk_goes_on(plain: Facts, values: dict[str, Any]) -> None:
    assert RiskReviewed().ask(reviewed(plain, **values)) == Pass()


def test_the_second_model_lowers_no_risk_that_the_rules_see(tmp_path: Path) -> None:
    risky = with_patch(diff(tmp_path, {}, {"a.py": "eval(text)\n"}))
    assert rules(RiskReviewed().ask(reviewed(risky, summary="PROCEED: no risk."))) == ["runs_text_as_code"]


def test_without_a_review_of_this_tree_the_rules_alone_decide(plain: Facts) -> None:
    stale = reviewed(plain, tree_sha="8" * 40, recommendation="reject")
    assert RiskReviewed().ask(plain) == RiskReviewed().ask(stale) == Pass()


@pytest.mark.parametrize("values", [None, {"tree_sha": "8" * 40}, {"verdict": "not_run"}])
def test_a_tree_that_no_second_model_has_seen_waits_for_a_reviewer(
    plain: Facts, values: dict[str, Any] | None
) -> None:
    verdict = ReviewResolved().ask(plain if values is None else reviewed(plain, **values))
    assert isinstance(verdict, Pause)
    assert (rules(verdict), verdict.may_decide) == (["review_missing"], "reviewer")


def test_grave_findings_of_the_review_wait_and_lesser_ones_are_told(plain: Facts) -> None:
    at: dict[str, Any] = {"rule": "review", "path": "a.py", "line": 1, "text": "x = 2"}
    grave = Finding(reason="It is high.", severity="high", **at)
    lesser = Finding(reason="It is medium.", severity="medium", **at)
    verdict = ReviewResolved().ask(reviewed(plain, findings=(lesser, grave), verdict="changes"))
    assert isinstance(verdict, Pause)
    assert [finding.reason for finding in verdict.findings] == ["It is high.", "It is medium."]
    assert rules(ReviewResolved().ask(reviewed(plain, findings=(lesser,)))) == ["review_unresolved"]
    assert isinstance(ReviewResolved().ask(reviewed(plain, findings=(lesser,))), Pass)
    assert ReviewResolved().ask(reviewed(plain)) == Pass()


def run(phase: str, **tests: str) -> CheckRun:
    """One run of the tests."""
    values: dict[str, Any] = {
        "phase": phase,
        "tests": {f"tests.test_a.A.{name}": s for name, s in tests.items()},
    }
    return CheckRun(check="tests", argv=("t",), tree_sha=TREE, outcome="passed", **values)


@pytest.mark.parametrize(
    ("after", "gone"),
    [
        ({"test_one": "passed"}, ["tests.test_a.A.test_two"]),
        ({"test_one": "passed", "test_two": "skipped"}, ["tests.test_a.A.test_two"]),
        ({"test_one": "passed", "test_two": "failed"}, []),
        ({"test_one": "passed", "test_two": "passed", "test_three": "passed"}, []),
    ],
    ids=["gone", "skipped", "failed: verify says so", "more"],
)
def test_a_test_that_no_longer_runs_is_noticed_whatever_the_diff_looks_like(
    plain: Facts, after: dict[str, str], gone: list[str]
) -> None:
    checks = (run("baseline", test_one="passed", test_two="passed"), run("after", **after))
    verdict = NothingLost().ask(changed(plain, "evidence", checks=checks))
    assert isinstance(verdict, Pause if gone else Pass)
    assert [finding.text for finding in verdict.findings] == gone
    assert set(rules(verdict)) <= {"test_gone"}


def test_a_renamed_test_is_not_gone(tmp_path: Path) -> None:
    lines = ("def test_two():", "cart = make(3, 4)", "assert cart.total == 7", "assert cart.items == [3, 4]")
    before = "\n    ".join(lines) + "\n"
    renamed = {"tests/test_a.py": before.replace("test_two", "test_totals")}
    patched = with_patch(diff(tmp_path, {"tests/test_a.py": before}, dict(renamed)))
    checks = (run("baseline", test_two="passed"), run("after", test_totals="passed"))
    assert NothingLost().ask(changed(patched, "evidence", checks=checks)) == Pass()


@pytest.mark.parametrize("where", ["summary", "title", "overview"])
def test_a_secret_in_what_messages_are_made_of_is_noticed(plain: Facts, where: str) -> None:
    text = f"Uses {TOKEN} now."
    if where == "overview":
        told = changed(plain, "spec", overview=text)
    else:
        planned = PlannedItem(key="1", title=text if where == "title" else "Do it")
        item = Item(planned=planned, status="done", summary=text if where == "summary" else "")
        told = changed(plain, "evidence", items=(item,))
    verdict = NoSecrets().ask(told)
    assert isinstance(verdict, Pause)
    assert (rules(verdict), verdict.may_decide) == (["github_token"], "other_reviewer")
    assert TOKEN not in repr(verdict)


def test_a_finding_shows_the_line_masked(tmp_path: Path) -> None:
    verdict = NoSecrets().ask(with_patch(diff(tmp_path, {}, {"a.py": f'T = "{TOKEN}"\n'})))
    assert isinstance(verdict, Pause)
    assert [(f.path, f.line, f.text) for f in verdict.findings] == [
        ("a.py", 1, 'T = "[masked: github_token]"')
    ]


def seen(all_facts: Facts, **values: Any) -> Facts:
    """The same after somebody looked at the base branch."""
    base = BaseSeen(**{"head": "c" * 40, "tree_sha": TREE, **values})
    return changed(
        all_facts, "evidence", intake=Intake(base_sha="b" * 40, branch=BRANCH, checks=(), base_seen=base)
    )


def test_a_base_that_nobody_looked_at_for_this_tree_ends_it(plain: Facts) -> None:
    for not_seen in (plain, seen(plain, tree_sha="8" * 40)):
        verdict = BaseFresh().ask(not_seen)
        assert isinstance(verdict, Fail)
        assert verdict.code == "evidence_missing"


def test_a_base_that_moved_elsewhere_says_nothing_and_one_that_collides_is_told(plain: Facts) -> None:
    assert BaseFresh().ask(seen(plain)) == Pass()
    verdict = BaseFresh().ask(seen(plain, collides=("a.py",)))
    assert isinstance(verdict, Pass)
    assert [(finding.rule, finding.path) for finding in verdict.findings] == [("base_moved", "a.py")]


@pytest.mark.parametrize("gate", [NoSecrets(), NothingLost(), RiskReviewed(), ReviewResolved()], ids=repr)
def test_without_a_change_set_nothing_is_decided(gate: NoSecrets) -> None:
    verdict = gate.ask(facts())
    assert isinstance(verdict, Fail)
    assert verdict.code == "evidence_missing"
