"""Issues, comments and checks at GitHub are read whole, and a comment is made once."""

from pathlib import Path

import pytest

from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_github_talk import HeadCheck
from tests.adapters.local_forges import REPO, refused
from tests.github.other_routes import comment_facts
from tests.github.state import Hub, when
from tests.github.twin import Twin, lost
from tests.github.work import base_of


@pytest.fixture
def issue(hub: Hub) -> int:
    """An issue with more comments than fit on a page."""
    hub.issues[7] = {"title": "Search is slow", "body": "Since \u2014 Tuesday", "labels": ["bug", "search"]}
    listed = hub.comments.setdefault(7, [])
    for number in range(130):
        comment_facts(listed, "bob", f"me too, {number}")
    return 7


def test_an_issue_is_read_with_its_labels_and_comments_in_order(forge: GitHubForge, issue: int) -> None:
    found = forge.issue(REPO, issue)
    assert (found.title, found.body) == ("Search is slow", "Since \u2014 Tuesday")
    assert found.labels == ("bug", "search")
    assert found.comments == tuple(("bob", f"me too, {number}") for number in range(130))


def test_an_issue_without_words_is_empty(forge: GitHubForge, hub: Hub, twin: Twin) -> None:
    hub.issues[8] = {"title": "?", "body": None}
    found = forge.issue(REPO, 8)
    assert (found.body, found.labels, found.comments) == ("", (), ())
    assert len(twin.journal) == 1


def test_an_issue_that_is_not_there_is_refused(forge: GitHubForge) -> None:
    refused("issue_missing", lambda: forge.issue(REPO, 99))


def test_a_comment_is_made_once_also_when_its_answer_is_lost(
    forge: GitHubForge, hub: Hub, twin: Twin, issue: int
) -> None:
    hub.comments[issue].clear()
    twin.faults = {1: lost}
    address = forge.comment(REPO, issue, "Built.", key="job-1/1")
    assert forge.comment(REPO, issue, "Built.", key="job-1/1") == address
    assert [each["body"] for each in hub.comments[issue]] == ["Built.\n\n<!-- dream: job-1/1 -->"]
    assert forge.comment(REPO, issue, "Built again.", key="job-1/2") != address


def test_check_runs_and_statuses_of_a_head_are_told_together(
    forge: GitHubForge, hub: Hub, tmp_path: Path
) -> None:
    head = base_of(hub)
    runs = [
        ("unit", "completed", "success"),
        ("lint", "completed", "timed_out"),
        ("e2e", "in_progress", None),
    ]
    for number, (name, status, conclusion) in enumerate([*runs, ("docs", "completed", "skipped")]):
        hub.check_runs.append(
            {
                "id": number,
                "name": name,
                "head_sha": head,
                "status": status,
                "conclusion": conclusion,
                "html_url": f"https://ci.example.com/{name}",
                "check_suite": {"id": 1},
            }
        )
    for context, state in (("deploy/preview", "success"), ("coverage", "failure"), ("slow", "pending")):
        hub.statuses.append(
            {"sha": head, "context": context, "state": state, "target_url": None, "created_at": when(1)}
        )
    found = forge.checks(REPO, head)
    assert found[0] == HeadCheck(name="unit", state="passed", url="https://ci.example.com/unit")
    assert {check.name: check.state for check in found} == {
        "unit": "passed",
        "lint": "failed",
        "e2e": "pending",
        "docs": "skipped",
        "deploy/preview": "passed",
        "coverage": "failed",
        "slow": "pending",
    }
