"""A pull request at GitHub costs few requests, and any answer may be lost on the way to exactly one."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_github_access import Account
from builds.context import Context
from builds.outcomes import Done, Fail
from builds.stations.create_pr import create_pr
from tests.adapters.local_forges import BRANCH
from tests.github.state import Hub
from tests.github.stations import context_of, memory, with_tries
from tests.github.twin import APP_ID, TOKEN, Fault, Twin, failing, lost

REQUESTS = 12  # of the build below, whose every answer is lost once


def end_of(context: Context, hub: Hub) -> None:
    """One branch beside main, one open pull request, whose head is that branch's."""
    assert hub.branches() == [BRANCH, "main"]
    assert list(hub.pulls) == [1]
    (pull,) = {pull.head_sha for pull in memory(context).pulls}
    assert pull == hub.head(BRANCH)
    assert hub.git.tree_of(pull) == context.facts.evidence.tree_sha


@pytest.mark.parametrize("as_app", [False, True])
def test_thirty_files_over_five_items_cost_at_most_eighteen_requests(
    twin: Twin,
    hub: Hub,
    forge: GitHubForge,
    tmp_path: Path,
    app_key: tuple[str, rsa.RSAPublicKey],
    as_app: bool,
) -> None:
    context = context_of(forge, hub, tmp_path, count=5, files=6)
    pem, twin.app_key = app_key
    cold = GitHubForge(
        Account(api_url=twin.api_url, app_id=APP_ID, private_key=pem)
        if as_app
        else Account(api_url=twin.api_url, token=TOKEN)
    )
    twin.journal.clear()
    assert isinstance(create_pr(replace(context, forge=cold)), Done)
    cold.close()
    end_of(context, hub)
    changed = hub.git.text("diff", "--name-only", "main", BRANCH).splitlines()
    assert len(changed) == 30
    assert hub.git.text("rev-list", "--count", f"main..{BRANCH}") == "5"
    assert len(twin.journal) == (18 if as_app else 16)


def test_the_number_of_requests_is_as_the_loops_below_take_it(
    twin: Twin, hub: Hub, forge: GitHubForge, tmp_path: Path
) -> None:
    context = context_of(forge, hub, tmp_path, count=3)
    twin.journal.clear()
    assert isinstance(create_pr(context), Done)
    assert len(twin.journal) == REQUESTS


@pytest.mark.parametrize("number", range(REQUESTS))
@pytest.mark.parametrize("fault", [lost, failing(502)], ids=["lost", "502"])
@pytest.mark.sampled(5)
def test_a_lost_answer_at_any_request_still_ends_with_one_branch_and_one_pull_request(
    twin: Twin, hub: Hub, forge: GitHubForge, tmp_path: Path, fault: Fault, number: int
) -> None:
    context = context_of(forge, hub, tmp_path, count=3)
    twin.journal.clear()
    twin.faults = {number: fault}
    assert isinstance(with_tries(context), Done)
    end_of(context, hub)


@pytest.mark.parametrize("number", range(REQUESTS))
@pytest.mark.sampled(5)
def test_a_worker_that_dies_at_any_request_leaves_what_the_next_one_finishes(
    twin: Twin, hub: Hub, forge: GitHubForge, tmp_path: Path, number: int
) -> None:
    """Everything from some request on is lost; another worker, cold, starts from nothing."""
    context = context_of(forge, hub, tmp_path, count=3)
    twin.journal.clear()
    twin.faults = {number: lost, **dict.fromkeys(range(number + 1, 99), failing(503))}
    with pytest.raises(Exception, match="GitHub"):
        create_pr(context)
    twin.faults = {}
    other = GitHubForge(Account(api_url=twin.api_url, token=TOKEN))
    assert isinstance(create_pr(replace(context, forge=other)), Done)
    other.close()
    end_of(context, hub)


def test_doing_it_again_changes_nothing(twin: Twin, hub: Hub, forge: GitHubForge, tmp_path: Path) -> None:
    context = context_of(forge, hub, tmp_path)
    create_pr(context)
    twin.journal.clear()
    create_pr(context)
    end_of(context, hub)
    looked = [call.rpartition("/shop/")[2] for call in twin.journal]
    assert looked == ["git/ref/heads/main", "pulls", f"git/ref/heads/{BRANCH}"]


def test_another_attempt_keeps_the_pull_request_true(hub: Hub, forge: GitHubForge, tmp_path: Path) -> None:
    context = context_of(forge, hub, tmp_path)
    create_pr(context)
    spec = replace(context.facts.spec, overview="Why, said better")
    create_pr(replace(context, facts=replace(context.facts, spec=spec)))
    end_of(context, hub)
    assert hub.pulls[1]["body"].startswith("Why, said better")
    assert memory(context).pulls[-1].body == hub.pulls[1]["body"]


def test_a_closed_pull_request_is_not_opened_again(hub: Hub, forge: GitHubForge, tmp_path: Path) -> None:
    context = context_of(forge, hub, tmp_path)
    create_pr(context)
    hub.pulls[1]["state"] = "closed"
    outcome = create_pr(context)
    assert isinstance(outcome, Fail)
    assert outcome.code == "pull_request_closed"
    assert list(hub.pulls) == [1]
