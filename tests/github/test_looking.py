"""Looking at once whether builds could work in a repository at GitHub."""

from dataclasses import replace

import pytest

from builds.adapters.forge_github import GitHubForge
from builds.ports import RepoName, Unavailable
from tests.adapters.local_forges import REPO, refused
from tests.github.state import Hub
from tests.github.twin import Twin, failing


def test_a_repository_that_can_be_written_is_fine(forge: GitHubForge, app_forge: GitHubForge) -> None:
    forge.check_access(REPO, "main")
    app_forge.check_access(REPO, "main")


def test_a_repository_or_a_branch_that_is_not_there_is_told(forge: GitHubForge) -> None:
    refused("repository_missing", lambda: forge.check_access(RepoName("acme", "gone"), "main"))
    refused("base_branch_missing", lambda: forge.check_access(REPO, "trunk"))
    refused("base_branch_missing", lambda: forge.check_access(REPO, "a..b"))


def test_an_archived_repository_is_told(forge: GitHubForge, hub: Hub) -> None:
    hub.archived = True
    refused("repository_read_only", lambda: forge.check_access(REPO, "main"))


def test_a_token_that_may_only_read_is_told(forge: GitHubForge, hub: Hub) -> None:
    hub.pushes = False
    refused("forge_permission_missing", lambda: forge.check_access(REPO, "main"))


def test_an_app_is_asked_for_what_its_installation_was_granted(
    app_forge: GitHubForge, hub: Hub, twin: Twin
) -> None:
    hub.pushes = False  # GitHub says so of Apps that may push
    app_forge.check_access(REPO, "main")
    twin.app_rights["contents"] = "read"
    twin.tokens.clear()
    other = GitHubForge(app_forge.account)
    refused("forge_permission_missing", lambda: other.check_access(REPO, "main"))
    other.close()


def test_a_token_that_github_does_not_take_is_told(forge: GitHubForge) -> None:
    other = GitHubForge(replace(forge.account, token="ghp_wrong"))
    refused("forge_credentials", lambda: other.check_access(REPO, "main"))
    other.close()


def test_github_in_trouble_is_no_refusal(forge: GitHubForge, twin: Twin) -> None:
    twin.faults = {number: failing(429, "Slow down", Retry_After="60") for number in range(5)}
    with pytest.raises(Unavailable):
        forge.check_access(REPO, "main")


def test_a_pull_request_is_no_issue(forge: GitHubForge, hub: Hub) -> None:
    hub.issues[9] = {"title": "Mine", "body": "", "pull_request": {"url": "https://github.test/pulls/9"}}
    refused("issue_missing", lambda: forge.issue(REPO, 9))
