"""The forge on disk holds one open pull request for a branch, and people can read and close it."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from builds.adapters.forge_local import LocalForge
from builds.ports import PullRequest, PullUpdate, Refused
from tests.adapters.local_forges import BRANCH, PULL, REPO, bare, base_of, commits_of, make, refused


@pytest.fixture
def published(tmp_path: Path) -> LocalForge:
    forge = LocalForge(make(tmp_path) / "forge")
    forge.publish(REPO, BRANCH, base_of(forge), commits_of(forge, tmp_path / "work", 1))
    return forge


def close(forge: LocalForge, pull: PullRequest, state: str = "closed") -> None:
    file = forge.root / "acme" / "shop.pulls" / f"{pull.number}.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "state": state}))


def test_a_pull_request_can_be_read_back_and_read_by_a_person(published: LocalForge) -> None:
    pull = published.open_pull(REPO, PULL)
    assert published.find_pull(REPO, BRANCH) == pull
    assert (pull.number, pull.state, pull.draft) == (1, "open", True)
    assert pull.head_sha == published.branch_head(REPO, BRANCH)
    folder = published.root / "acme" / "shop.pulls"
    assert pull.url == (folder / "1.md").as_uri()
    assert (folder / "1.md").read_text() == PULL.body
    assert json.loads((folder / "1.json").read_text())["labels"] == ["dream"]


def test_a_second_open_pull_request_for_a_head_is_refused(published: LocalForge) -> None:
    published.open_pull(REPO, PULL)
    refused("pull_request_exists", lambda: published.open_pull(REPO, PULL))


def test_after_one_was_closed_another_may_be_opened(published: LocalForge) -> None:
    first = published.open_pull(REPO, PULL)
    close(published, first)
    closed = published.find_pull(REPO, BRANCH)
    assert closed
    assert closed.state == "closed"
    second = published.open_pull(REPO, PULL)
    assert second.number == 2
    assert published.find_pull(REPO, BRANCH) == second


def test_twenty_at_once_open_one_pull_request(published: LocalForge) -> None:
    def try_it(_: int) -> str:
        try:
            return str(published.open_pull(REPO, PULL).number)
        except Refused as refusal:
            return refusal.code

    with ThreadPoolExecutor(20) as pool:
        answers = sorted(pool.map(try_it, range(20)))
    assert answers == ["1", *["pull_request_exists"] * 19]


def test_numbers_have_no_gaps_when_many_heads_are_opened_at_once(published: LocalForge) -> None:
    head = published.branch_head(REPO, BRANCH)
    assert head
    heads = [f"dream/{number}" for number in range(12)]
    for name in heads:
        bare(published).run("update-ref", f"refs/heads/{name}", head)
    with ThreadPoolExecutor(12) as pool:
        pulls = pool.map(lambda name: published.open_pull(REPO, replace(PULL, branch=name)), heads)
        assert sorted(pull.number for pull in pulls) == list(range(1, 13))


def test_a_pull_request_needs_its_branches_and_a_difference(published: LocalForge) -> None:
    refused("branch_missing", lambda: published.open_pull(REPO, replace(PULL, branch="none")))
    refused("base_branch_missing", lambda: published.open_pull(REPO, replace(PULL, base_branch="none")))
    refused("empty_change_set", lambda: published.open_pull(REPO, replace(PULL, branch="main")))
    assert published.find_pull(REPO, "none") is None


def test_an_open_pull_request_tells_where_its_branch_is_now(published: LocalForge, tmp_path: Path) -> None:
    published.open_pull(REPO, PULL)
    head = published.publish(REPO, BRANCH, base_of(published), commits_of(published, tmp_path / "more", 2))
    found = published.find_pull(REPO, BRANCH)
    assert found
    assert found.head_sha == head


def test_a_pull_request_is_kept_true_and_keeps_other_peoples_labels(published: LocalForge) -> None:
    opened = published.open_pull(REPO, PULL)
    wanted = PullUpdate(title="[Dream] Better", body="Now green", draft=False, labels=("dream", "ready"))
    told = published.update_pull(REPO, opened.number, wanted)
    assert (told.title, told.body, told.draft) == ("[Dream] Better", "Now green", False)
    assert published.find_pull(REPO, BRANCH) == told
    folder = published.root / "acme" / "shop.pulls"
    assert (folder / "1.md").read_text() == "Now green"
    assert json.loads((folder / "1.json").read_text())["labels"] == ["dream", "ready"]
    refused("pull_request_missing", lambda: published.update_pull(REPO, 99, wanted))


def test_a_forge_on_disk_deploys_nothing(published: LocalForge) -> None:
    refused("deploy_unsupported", lambda: published.deploy(REPO, "1" * 40, "staging", "job-1/1"))
