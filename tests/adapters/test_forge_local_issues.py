"""Issues of the forge on disk, and the look whether builds could work there."""

from pathlib import Path

import pytest

from builds.adapters.forge_local import LocalForge
from builds.ports import Issue, RepoName
from tests.adapters.local_forges import REPO, make, refused


@pytest.fixture
def forge(tmp_path: Path) -> LocalForge:
    return LocalForge(make(tmp_path) / "forge")


def write(forge: LocalForge, text: str) -> None:
    """An issue as a person writes it."""
    folder = forge.root / "acme" / "shop.issues"
    folder.mkdir()
    (folder / "7.json").write_text(text)


def test_an_issue_is_a_file_beside_the_repository(forge: LocalForge) -> None:
    write(forge, '{"title": "Slow", "body": "x", "labels": ["bug"], "comments": [["bob", "me too"]]}')
    assert forge.issue(REPO, 7) == Issue(
        number=7, title="Slow", body="x", labels=("bug",), comments=(("bob", "me too"),)
    )


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"title": ""}', '{"title": "x", "stars": 5}', "\xff"])
def test_an_issue_that_cannot_be_read_is_missing(forge: LocalForge, text: str) -> None:
    write(forge, text)
    refused("issue_missing", lambda: forge.issue(REPO, 7))


def test_an_issue_that_is_not_there_is_missing(forge: LocalForge) -> None:
    refused("issue_missing", lambda: forge.issue(REPO, 8))
    refused("repository_missing", lambda: forge.issue(RepoName("acme", "gone"), 7))


def test_access_wants_the_repository_and_the_branch(forge: LocalForge) -> None:
    forge.check_access(REPO, "main")
    refused("repository_missing", lambda: forge.check_access(RepoName("acme", "gone"), "main"))
    refused("base_branch_missing", lambda: forge.check_access(REPO, "trunk"))
