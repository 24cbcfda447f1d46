"""A build from order to pull request, seen and steered through the doors alone."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.scripted import session, spec
from builds.adapters import connect
from builds.adapters.model_scripted import ScriptedModel
from builds.adapters.sandbox_none import NoSandbox
from builds.models import Approval, Job
from tests.api.world import Api, is_problem
from tests.world import PAPERBOY, World, make_world

PLACE = "/dream-build/job-1"


@pytest.fixture
def world(transactional_db: None, tmp_path: Path) -> World:
    """Real git and Postgres; the artifacts where the doors look for them."""
    return make_world(
        tmp_path, model=ScriptedModel([session(2)]), sandbox=NoSandbox(), artifacts=connect().artifacts
    )


def ordered(alice: Api, world: World) -> Job:
    """Worked until somebody has to decide about the plan."""
    answer = alice.submit(
        repoOwner=PAPERBOY.owner, repoName=PAPERBOY.name, specMarkdown=spec(2), planApproval=True
    )
    assert answer.status_code == 202, answer.content
    return world.run(Job.objects.get(job_id="job-1"))


def test_a_plan_is_shown_approved_by_its_hash_and_built(alice: Api, bob: Api, world: World) -> None:
    ordered(alice, world)
    found = alice.get(PLACE).json()
    gate, asked = found["gate"], world.model.requests
    assert (found["status"], found["station"], gate["name"]) == ("paused", "implement", "PlanApproved")
    assert gate["onApprove"].startswith("The build writes the code for 2 work items")
    assert [item["title"] for item in found["plan"]["items"]] == ["Explain part 1", "Explain part 2"]
    assert [finding["reason"] for finding in gate["findings"]] == ["Explain part 1", "Explain part 2"]
    assert found["actions"] == ["approve", "reject", "cancel"]
    waiting = alice.get("/dream-build?awaitingMe=true").json()["jobs"]
    assert [(job["jobId"], job["gate"]["contentHash"]) for job in waiting] == [("job-1", gate["contentHash"])]
    calls = len(asked)

    approve = urlsplit(found["links"]["approve"]).path.removeprefix("/api")
    is_problem(alice.post(approve, {}), 428, "content_hash_missing")
    is_problem(alice.post(approve, {"contentHash": found["plan"]["sha"]}), 409, "content_changed")
    is_problem(bob.post(approve, {"contentHash": gate["contentHash"]}), 404, "job_not_found")
    yes = alice.post(approve, {"contentHash": gate["contentHash"], "comment": "two pages, good"})
    assert (yes.status_code, yes.json()["status"], yes.json()["gate"]) == (202, "running", None)
    assert alice.post(approve, {"contentHash": gate["contentHash"]}).status_code == 200

    world.run(Job.objects.get(job_id="job-1"))
    ended = alice.get(PLACE)
    found = ended.json()
    assert (found["status"], found["error"], found["actions"]) == ("complete", None, ["rerun"])
    assert found["completedItems"] == ["Explain part 1", "Explain part 2"]
    assert "Retry-After" not in ended.headers
    assert [request.purpose for request in asked].count("plan") == 1  # what was approved is not planned again
    assert len(asked) > calls
    assert Approval.objects.get().comment == "two pages, good"

    patch = next(row for row in found["artifacts"] if row["name"] == "changes.patch")
    taken = alice.get(urlsplit(patch["url"]).path.removeprefix("/api"))
    assert b"+# Part 2" in b"".join(taken.streaming_content)


def test_a_plan_that_is_refused_writes_no_code_and_a_rerun_plans_anew(alice: Api, world: World) -> None:
    job = ordered(alice, world)
    gate = alice.get(PLACE).json()["gate"]
    no = alice.post(f"{PLACE}/reject", {"contentHash": gate["contentHash"], "comment": "one page is enough"})
    assert (no.status_code, no.json()["error"]["code"]) == (202, "rejected")
    assert {request.purpose for request in world.model.requests} == {"plan"}
    again = alice.post(f"{PLACE}/rerun", {"fromStation": "plan", "reason": "another try"})
    assert (again.status_code, again.json()["attempts"]) == (202, 2)
    world.run(job)
    assert alice.get(PLACE).json()["gate"]["name"] == "PlanApproved"
