"""A deployment at GitHub is asked for once, never merges, and is followed without holding a worker."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from builds.adapters.forge_github import GitHubForge
from builds.context import Context
from builds.outcomes import Done, Fail, Outcome, Wait
from builds.ports import Refused
from builds.stations.deploy import deploy
from tests.github.state import Hub, when
from tests.github.stations import context_of, created, memory
from tests.github.twin import Twin, failing, lost

SITE = "https://staging.example.com"


@pytest.fixture
def context(forge: GitHubForge, hub: Hub, tmp_path: Path) -> Context:
    """A job whose pull request is open."""
    return created(context_of(forge, hub, tmp_path, deploy="staging"))


def say(hub: Hub, state: str, **more: Any) -> None:
    """A status of the newest deployment, as the one who deploys would write it."""
    number = hub.deployments[-1]["id"]
    listed = hub.deployment_statuses.setdefault(number, [])
    made = {"id": len(listed) + 1, "state": state, "description": "", "created_at": when(len(listed))}
    listed.append({**made, "environment_url": "", "target_url": "", **more})


def test_it_is_asked_for_once_without_a_merge_and_waited_for(context: Context, hub: Hub) -> None:
    first, second = deploy(context), deploy(context)
    assert isinstance(first, Wait)
    assert isinstance(second, Wait)
    (made,) = hub.deployments
    pull = context.facts.evidence.pull
    assert pull
    assert (made["sha"], made["environment"]) == (pull.head_sha, "staging")
    assert made["payload"] == {"dream": "job-1/1"}
    say(hub, "in_progress")
    assert isinstance(deploy(context), Wait)
    assert memory(context).deployments == []


def test_deployed_is_said_only_when_the_deployment_says_so(context: Context, hub: Hub) -> None:
    deploy(context)
    say(hub, "queued")
    say(hub, "success", environment_url=SITE)
    outcome = deploy(context)
    assert outcome == Done(f"Deployment 1 of {hub.deployments[0]['sha'][:10]} to staging succeeded: {SITE}")
    (told,) = memory(context).deployments
    assert (told.state, told.url) == ("succeeded", SITE)


def test_a_success_that_a_later_deployment_replaced_stays_one(context: Context, hub: Hub) -> None:
    deploy(context)
    say(hub, "success", environment_url=SITE)
    say(hub, "inactive")
    assert isinstance(deploy(context), Done)


@pytest.mark.parametrize("state", ["failure", "error", "inactive"])
def test_a_failed_one_fails_the_job_and_keeps_its_pull_request(
    context: Context, hub: Hub, state: str
) -> None:
    deploy(context)
    say(hub, state, description="Out of disk")
    outcome = deploy(context)
    assert code_of(outcome) == "deploy_failed"
    assert hub.pulls[1]["state"] == "open"
    assert memory(context).deployments == []


def test_the_next_attempt_asks_anew(context: Context, hub: Hub) -> None:
    deploy(context)
    say(hub, "failure")
    facts = context.facts
    again = replace(context, facts=replace(facts, job=replace(facts.job, attempt=2)))
    assert isinstance(deploy(again), Wait)
    assert [made["payload"]["dream"] for made in hub.deployments] == ["job-1/1", "job-1/2"]


def test_one_that_nobody_makes_is_not_waited_for_for_ever(context: Context, hub: Hub) -> None:
    deploy(context)
    made = datetime.now(UTC) - timedelta(hours=3)
    hub.deployments[0]["created_at"] = made.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert code_of(deploy(context)) == "deploy_timeout"


def test_somebody_elses_deployment_of_the_commit_is_not_ours(context: Context, hub: Hub) -> None:
    deploy(context)
    hub.deployments[0]["payload"] = "release"
    deploy(context)
    assert len(hub.deployments) == 2


def test_a_payload_that_comes_back_as_text_is_ours(context: Context, hub: Hub) -> None:
    deploy(context)
    hub.deployments[0]["payload"] = '{"dream": "job-1/1"}'
    deploy(context)
    assert len(hub.deployments) == 1


def test_a_lost_answer_makes_no_second_deployment(context: Context, hub: Hub, twin: Twin) -> None:
    twin.journal.clear()
    twin.faults = {1: lost}
    assert isinstance(deploy(context), Wait)
    assert isinstance(deploy(context), Wait)
    assert len(hub.deployments) == 1


def test_a_deployment_that_github_refuses_has_its_reason(context: Context, twin: Twin) -> None:
    twin.journal.clear()
    twin.faults = {1: failing(409, "Conflict: the environment is locked")}
    with pytest.raises(Refused, match="the environment is locked") as caught:
        deploy(context)
    assert caught.value.code == "deploy_refused"


def test_a_job_without_a_pull_request_deploys_nothing(context: Context, hub: Hub) -> None:
    facts = context.facts
    bare = replace(context, facts=replace(facts, evidence=replace(facts.evidence, pull=None)))
    assert code_of(deploy(bare)) == "evidence_missing"
    assert hub.deployments == []


def code_of(outcome: Outcome) -> str:
    assert isinstance(outcome, Fail)
    return outcome.code
