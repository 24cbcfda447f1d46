"""What verify and review find goes back to implement as a repair item, a bounded number of times."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builds.adapters.model_scripted import ScriptedModel
from builds.models import Job
from builds.operations import approve
from builds.sessions import ScriptedCall, ScriptedTurn, Session
from tests.world import RITA, World, make_world

SPEC = "# Answer with a number\n\n## Acceptance criteria\n\n- `add` says who was added\n"
FILE = "paperboy/subscribers.py"
GOOD = 'def add(connection, email, name, fax=""):'
BROKEN = "def add(connection, email, name, fax):"
ITEM = {"key": "1", "title": "Change the signature", "criteria": [1], "paths": [FILE], "read": [FILE]}
PLAN = json.dumps({"summary": "One change.", "items": [ITEM]})
APPROVED = json.dumps({"verdict": "approve", "summary": "Fine.", "risk": "low", "findings": []})


def edit(old: str, new: str) -> ScriptedCall:
    """An edit of the one file."""
    return ScriptedCall(tool="edit", arguments={"path": FILE, "old": old, "new": new})


def finish() -> ScriptedCall:
    """The end of an item."""
    return ScriptedCall(tool="finish", arguments={"status": "done", "summary": "Changed."})


def item(key: str, *edits: ScriptedCall) -> tuple[ScriptedTurn, ...]:
    """An item of two turns: the edits, then the end."""
    return (
        ScriptedTurn(purpose="implement", item=key, turn=1, calls=edits),
        ScriptedTurn(purpose="implement", item=key, turn=2, calls=(finish(),)),
    )


def review(answer: str, again: str = "") -> tuple[ScriptedTurn, ...]:
    """The reviewer's answer, and the one after what it found went back to implement."""
    first = ScriptedTurn(purpose="review", turn=1, text=answer)
    return (first, ScriptedTurn(purpose="review", item="return-1", turn=1, text=again or answer))


Build = Callable[..., Job]


@pytest.fixture
def build(transactional_db: None, tmp_path: Path) -> Build:
    """Run the spec with a session of the test's own."""

    def run(*turns: ScriptedTurn, more: tuple[Session, ...] = ()) -> Job:
        plan = ScriptedTurn(purpose="plan", turn=1, text=PLAN)
        sessions = (Session(match="Answer with a number", turn=(plan, *turns)), *more)
        world = make_world(tmp_path, model=ScriptedModel(sessions))
        return world.run(world.submit(spec_markdown=SPEC))

    return run


def test_what_the_change_broke_is_repaired_and_verified_again(build: Build) -> None:
    job = build(*item("1", edit(GOOD, BROKEN)), *item("verify-1-1", edit(BROKEN, GOOD)), *review(APPROVED))
    # Broken and mended again is no change at all, which is said and not called done.
    assert (job.status, job.error_code) == ("failed", "empty_change_set")
    assert job.verify_returns == 1
    assert job.events.filter(name="station.sent_back", station="verify").count() == 1


def test_a_real_repair_ends_in_a_pull_request(build: Build) -> None:
    named = (
        'def add(connection, email, name, fax=""):\n    """Subscribe somebody new, or welcome them back."""'
    )
    told = 'def add(connection, email, name, fax):\n    """Subscribe somebody new, or welcome them back."""'
    first = edit(
        'def add(connection, email, name, fax=""):\n    """Subscribe somebody, or welcome them back."""', told
    )
    job = build(*item("1", first), *item("verify-1-1", edit(told, named)), *review(APPROVED))
    assert (job.status, job.verify_returns) == ("succeeded", 1)
    assert [row.key for row in job.work_items.all()] == ["1", "verify-1-1"]
    # No new test speaks to the criterion, so a person has to look, and the pull request is a draft.
    assert [c.status for c in job.criteria.all()] == ["needs_human"]
    assert job.pull is not None
    assert job.pull["draft"] is True


def test_a_repair_that_does_not_help_ends_the_item_with_its_reason(build: Build) -> None:
    again = 'def add(connection, email, name, fax, more=""):'
    still_red = ScriptedTurn(purpose="implement", item="verify-1-1", turn=3, calls=(finish(),))
    job = build(*item("1", edit(GOOD, BROKEN)), *item("verify-1-1", edit(BROKEN, again)), still_red)
    assert (job.status, job.error_code) == ("failed", "check_red_again")
    assert job.error_station == "implement"


def test_after_two_returns_the_job_fails_with_what_is_red(world: World) -> None:
    plan = ScriptedTurn(purpose="plan", turn=1, text=PLAN)
    session = Session(match="Answer with a number", turn=(plan, *item("1", edit(GOOD, BROKEN))))
    world = replace(world, ports=replace(world.ports, model=ScriptedModel((session,))))
    job = world.submit(spec_markdown=SPEC)
    for _ in ("intake", "plan", "implement"):
        world.step()
    Job.objects.filter(pk=job.pk).update(verify_returns=2)
    job = world.run(job)
    assert (job.status, job.error_code) == ("failed", "checks_failed")
    assert "test_somebody_who_left_is_welcomed_back" in job.error_message


def test_what_the_reviewer_wants_mended_goes_back_once_then_asks_a_person(build: Build) -> None:
    found = {"path": FILE, "line": 0, "severity": "high", "reason": "It says nothing of the empty name."}
    wants = {"verdict": "changes", "summary": "One thing.", "risk": "medium", "findings": [found]}
    first = edit('"""Subscribe somebody, or welcome them back."""', '"""Subscribe somebody new."""')
    second = edit('"""Subscribe somebody new."""', '"""Subscribe somebody new; a name may be empty."""')
    job = build(
        *item("1", first),
        *item("review-1-1", second),
        *review(json.dumps(wants)),
    )
    assert (job.status, job.station, job.review_returns) == ("paused", "create_pr", 1)
    question = job.approvals.get()
    assert question.gates == ["ReviewResolved"]
    assert [(f["rule"], f["path"], f["reason"]) for f in question.findings] == [
        ("review_unresolved", FILE, "It says nothing of the empty name.")
    ]
    assert question.may_decide == "reviewer"


@pytest.mark.parametrize(("severity", "returns"), [("medium", 1), ("low", 0)])
def test_a_medium_finding_goes_back_too_and_a_low_one_is_left_to_a_person(
    build: Build, severity: str, returns: int
) -> None:
    found = {"path": FILE, "line": 0, "severity": severity, "reason": "It says nothing of the empty name."}
    wants = {"verdict": "changes", "summary": "One thing.", "risk": "low", "findings": [found]}
    first = edit('"""Subscribe somebody, or welcome them back."""', '"""Subscribe somebody new."""')
    second = edit('"""Subscribe somebody new."""', '"""Subscribe somebody new; a name may be empty."""')
    repair = item("review-1-1", second) if returns else ()
    job = build(*item("1", first), *repair, *review(json.dumps(wants)))
    assert (job.status, job.review_returns) == ("succeeded", returns)
    assert job.pull is not None
    assert (
        job.pull["draft"] is True
    )  # the reviewer still wants changes, and nobody said that they may be left


def test_a_yes_to_what_the_reviewer_found_opens_a_draft(world: World) -> None:
    plan = ScriptedTurn(purpose="plan", turn=1, text=PLAN)
    found = {"path": FILE, "line": 0, "severity": "high", "reason": "It says nothing of the empty name."}
    wants = {"verdict": "changes", "summary": "One thing.", "risk": "medium", "findings": [found]}
    turns = item("1", edit('"""Subscribe somebody, or', '"""Subscribe somebody new, or'))
    session = Session(match="Answer with a number", turn=(plan, *turns, *review(json.dumps(wants))))
    world = replace(world, ports=replace(world.ports, model=ScriptedModel((session,))))
    job = world.submit(spec_markdown=SPEC)
    Job.objects.filter(pk=job.pk).update(review_returns=1)
    job = world.run(job)
    approve(
        job.job_id, by=RITA, content_hash=job.approvals.get().content_hash, comment="Names are never empty."
    )
    job = world.run(job)
    assert job.status == "succeeded"
    assert job.pull is not None
    assert job.pull["draft"] is True
    assert "the second model wants changes" in job.pull["body"]
    assert "(high, review_unresolved): " in job.pull["body"]
