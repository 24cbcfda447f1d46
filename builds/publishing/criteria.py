"""How each criterion ended: `met` only with tests that we ran on exactly the tree the pull request holds."""

from dataclasses import dataclass
from typing import Literal

from builds.coding.checks import compare
from builds.context import Facts
from builds.evidence import CheckRun, Criterion, Item, Plan

Status = Literal["met", "unmet", "needs_human"]
NAMED_TESTS = 3


@dataclass(frozen=True)
class Judged:
    """A criterion and what shows how it ended."""

    criterion: Criterion
    status: Status
    evidence: str


def judge_criteria(facts: Facts) -> tuple[Judged, ...]:
    """All criteria of a job, in order, from stored evidence alone."""
    evidence = facts.evidence
    intake, plan = evidence.intake, evidence.plan
    criteria = (intake.criteria if intake else ()) or (plan.proposed if plan else ())
    return tuple(judge(criterion, facts) for criterion in criteria)


def judge(criterion: Criterion, facts: Facts) -> Judged:
    """One criterion. A model's claim counts for nothing here."""
    left_out = {left.number: left.why for left in (facts.evidence.plan or NO_PLAN).left_out}
    if criterion.number in left_out:
        return Judged(criterion, "unmet", f"Left out by the plan: {left_out[criterion.number]}")
    serving = [
        i for i in facts.evidence.items if criterion.number in i.planned.criteria and i.status == "done"
    ]
    missing = [i for i in facts.evidence.left_out if criterion.number in i.planned.criteria]
    if missing and not serving:
        return Judged(criterion, "unmet", f"Left out, the budget was used up: {missing[0].planned.title}")
    if missing:
        why = f"The budget was used up before {missing[0].planned.title}, which serves it too."
        return Judged(criterion, "needs_human", why)
    if not serving:
        return Judged(criterion, "unmet", "No finished work item serves it.")
    runs = list(facts.evidence.after.values())
    if not runs or any(run.outcome != "passed" for run in runs):
        return Judged(criterion, "needs_human", why_unverified(runs))
    tests = new_tests(serving, facts, runs)
    if not tests:
        return Judged(criterion, "needs_human", "All checks pass, but no new test speaks to it.")
    named = ", ".join(short(name) for name in tests[:NAMED_TESTS])
    more = f" and {len(tests) - NAMED_TESTS} more" if len(tests) > NAMED_TESTS else ""
    shown = f"{named}{more}: not passing before, passing at tree {facts.evidence.tree_sha[:10]}"
    if criterion.proposed:
        return Judged(criterion, "needs_human", f"Proposed by the plan, not by the spec. {shown}")
    return Judged(criterion, "met", shown)


def new_tests(serving: list[Item], facts: Facts, runs: list[CheckRun]) -> list[str]:
    """Tests that pass now, did not at the base, and turned green with one of these items, not before."""
    before = facts.evidence.before
    now = {name for run in runs for name in compare(before.get(run.check), run).newly_passing}
    keys = {item.planned.key for item in serving}
    found: set[str] = set()
    known: set[str] = set()
    for item in facts.evidence.items:
        passing = passing_after(item.planned.key, facts)
        if item.planned.key in keys:
            found |= passing - known
        known |= passing
    return sorted(now & found)


def passing_after(key: str, facts: Facts) -> set[str]:
    """The tests that passed in the last run of each check of an item."""
    last = {run.check: run for run in facts.evidence.checks if run.phase == "item" and run.item == key}
    return {name for run in last.values() for name, status in run.tests.items() if status == "passed"}


def short(name: str) -> str:
    """A test's own name with the class it is in; the path before it is in the check's log."""
    return ".".join(name.split(".")[-2:])


def why_unverified(runs: list[CheckRun]) -> str:
    """Why no check speaks for the tree."""
    if not runs:
        return "No check ran on this tree."
    worst = next(run for run in runs if run.outcome != "passed")
    return f"The check {worst.check} is {worst.outcome.replace('_', ' ')}: {worst.reason}"


NO_PLAN = Plan(summary="", items=())
