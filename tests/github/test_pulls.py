"""One open pull request for a branch at GitHub, found again, kept true, and a draft until it is green."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from builds.adapters.forge_github import GitHubForge
from builds.ports import PullUpdate
from tests.adapters.local_forges import BRANCH, PULL, REPO, refused
from tests.github.state import Hub
from tests.github.twin import Answer, Twin, lost
from tests.github.work import base_of, commits_of


@pytest.fixture
def published(forge: GitHubForge, hub: Hub, tmp_path: Path) -> GitHubForge:
    """The forge, with our branch at it."""
    forge.publish(REPO, BRANCH, base_of(hub), commits_of(forge, tmp_path / "work"))
    return forge


def test_a_pull_request_is_opened_as_a_draft_with_its_labels_and_read_back(
    published: GitHubForge, hub: Hub, twin: Twin
) -> None:
    pull = published.open_pull(REPO, PULL)
    assert published.find_pull(REPO, BRANCH) == pull
    assert (pull.number, pull.state, pull.draft, pull.head_sha) == (1, "open", True, hub.head(BRANCH))
    assert (pull.title, pull.body) == (PULL.title, PULL.body)
    assert pull.url == f"{twin.origin}/acme/shop/pull/1"
    assert hub.pulls[1]["labels"] == ["dream"]


def test_no_pull_request_is_none(published: GitHubForge) -> None:
    assert published.find_pull(REPO, BRANCH) is None
    assert published.find_pull(REPO, "none") is None


def test_a_second_open_pull_request_for_a_head_is_refused(published: GitHubForge, hub: Hub) -> None:
    published.open_pull(REPO, PULL)
    refused("pull_request_exists", lambda: published.open_pull(REPO, PULL))
    assert len(hub.pulls) == 1


def test_the_newest_is_found_in_any_state(published: GitHubForge, hub: Hub) -> None:
    published.open_pull(REPO, PULL)
    hub.pulls[1]["state"] = "closed"
    closed = published.find_pull(REPO, BRANCH)
    assert closed
    assert closed.state == "closed"
    hub.pulls[1]["merged_at"] = "2026-01-02T00:00:00Z"
    merged = published.find_pull(REPO, BRANCH)
    assert merged
    assert merged.state == "merged"
    second = published.open_pull(REPO, PULL)
    assert second.number == 2
    assert published.find_pull(REPO, BRANCH) == second


def test_a_pull_request_needs_its_branches_and_a_difference(published: GitHubForge) -> None:
    refused("branch_missing", lambda: published.open_pull(REPO, replace(PULL, branch="none")))
    refused("base_branch_missing", lambda: published.open_pull(REPO, replace(PULL, base_branch="none")))
    refused("empty_change_set", lambda: published.open_pull(REPO, replace(PULL, branch="main")))


def test_a_lost_answer_to_opening_is_looked_up(published: GitHubForge, hub: Hub, twin: Twin) -> None:
    twin.journal.clear()
    twin.faults = {0: lost}
    pull = published.open_pull(REPO, PULL)
    assert published.find_pull(REPO, BRANCH) == pull
    assert len(hub.pulls) == 1
    assert hub.pulls[1]["labels"] == ["dream"]


def test_a_repository_whose_plan_has_no_drafts_gets_a_pull_request(published: GitHubForge, hub: Hub) -> None:
    hub.drafts = False
    pull = published.open_pull(REPO, PULL)
    assert not pull.draft
    wanted = PullUpdate(title=PULL.title, body="new", draft=True)
    assert published.update_pull(REPO, 1, wanted).body == "new"


@pytest.mark.parametrize("draft", [True, False])
def test_a_pull_request_becomes_ready_or_a_draft_again(published: GitHubForge, hub: Hub, draft: bool) -> None:
    published.open_pull(REPO, replace(PULL, draft=not draft))
    told = published.update_pull(REPO, 1, PullUpdate(title=PULL.title, body=PULL.body, draft=draft))
    assert told.draft is draft
    assert published.find_pull(REPO, BRANCH) == told
    assert hub.pulls[1]["draft"] is draft


def test_an_update_changes_what_differs_and_nothing_else(
    published: GitHubForge, hub: Hub, twin: Twin
) -> None:
    published.open_pull(REPO, PULL)
    hub.pulls[1]["labels"].append("a person's")
    same = PullUpdate(title=PULL.title, body=PULL.body, draft=True, labels=("dream",))
    twin.journal.clear()
    published.update_pull(REPO, 1, same)
    assert len(twin.journal) == 1
    told = published.update_pull(REPO, 1, replace(same, body="Now green", labels=("dream", "ready")))
    assert told.body == "Now green"
    assert hub.pulls[1]["labels"] == ["dream", "a person's", "ready"]
    refused("pull_request_missing", lambda: published.update_pull(REPO, 99, same))


def test_open_pull_requests_are_listed_with_their_paths_in_one_request(
    published: GitHubForge, hub: Hub, twin: Twin
) -> None:
    published.open_pull(REPO, PULL)
    hub.pulls[2] = {**hub.pulls[1], "number": 2, "state": "closed"}
    twin.journal.clear()
    (found,) = published.overlaps(REPO, "main")
    assert twin.journal == ["POST /api/graphql"]
    assert (found.number, found.title, found.branch) == (1, PULL.title, BRANCH)
    assert found.paths == ("app.py", "new/0_0.py", "new/1_0.py", "new/2_0.py")


def test_two_workers_open_one_pull_request(published: GitHubForge, hub: Hub, twin: Twin) -> None:
    """A zombie opens it between our look-up and our POST; the forge's own rule is the last fence."""

    def overtaken(act: Callable[[], Answer]) -> Answer:
        act()
        return act()

    assert published.find_pull(REPO, BRANCH) is None
    twin.faults = {len(twin.journal): overtaken}
    refused("pull_request_exists", lambda: published.open_pull(REPO, PULL))
    assert len(hub.pulls) == 1
    assert published.find_pull(REPO, BRANCH) is not None
