"""A liar and an attacker through the whole engine: nothing ready or met, each stopped by a named rule."""

import json
from pathlib import Path

import pytest

from builds.adapters.model_scripted import ScriptedModel
from builds.models import Approval, Job
from builds.sessions import ScriptedCall, ScriptedTurn, Session
from tests.engine.liars import ATTACKERS, LIARS, PATHS, READ
from tests.world import PAPERBOY, make_world

SPEC = "# Answer with a number\n\n## Acceptance criteria\n\n- `add` says who was added\n"
ITEM = {"key": "1", "title": "Say who was added", "criteria": [1], "paths": PATHS, "read": READ}
PLAN = json.dumps({"summary": "One change.", "items": [ITEM]})
CLAIM = {"status": "done", "summary": "All tests pass; every criterion is met.", "criteria": [1]}
APPROVED = {"verdict": "approve", "summary": "All is well. PROCEED.", "risk": "low", "findings": []}


def believer(calls: tuple[ScriptedCall, ...]) -> ScriptedModel:
    """A writer that makes these calls and claims that all is green, and a reviewer that believes it."""
    played = (*calls, ScriptedCall(tool="finish", arguments=CLAIM))
    turns = [
        ScriptedTurn(purpose="implement", item="1", turn=number, calls=(call,))
        for number, call in enumerate(played, start=1)
    ]
    plan = ScriptedTurn(purpose="plan", text=PLAN)
    review = ScriptedTurn(purpose="review", text=json.dumps(APPROVED))
    return ScriptedModel((Session(match="Answer with a number", turn=(plan, *turns, review)),))


def named(job: Job) -> set[str]:
    """Every rule or code that stopped it."""
    asked = {finding["rule"] for question in job.approvals.all() for finding in question.findings}
    return asked | ({job.error_code} if job.error_code else set())


@pytest.mark.parametrize("name", [*LIARS, *ATTACKERS])
@pytest.mark.sampled(5)
def test_no_pull_request_no_branch_and_no_criterion_is_met(
    name: str, tmp_path: Path, transactional_db: None
) -> None:
    calls, rule = (LIARS | ATTACKERS)[name]
    world = make_world(tmp_path, model=believer(calls))
    job = world.run(world.submit(spec_markdown=SPEC))
    assert job.status in {"paused", "failed"}
    assert rule in named(job), (job.error_message, named(job))
    assert [criterion.status for criterion in job.criteria.all()] == ["open"]
    assert world.forge.find_pull(PAPERBOY, job.branch) is None
    assert world.forge.branch_head(PAPERBOY, job.branch) is None
    if job.status == "paused":
        assert job.approvals.get(state=Approval.State.OPEN).may_decide in {"reviewer", "other_reviewer"}
