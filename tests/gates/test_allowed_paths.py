"""Which files a build may touch: plain ones, and protected ones only when a person agrees."""

from pathlib import Path

import pytest

from builds.coding.git import Git
from builds.diffs import ChangeSet, FileDiff
from builds.gates import AllowedPaths
from builds.gates.allowed_paths import refusal
from builds.outcomes import Fail, Pass, Pause
from tests.gates.world import Content, Link, diff, diff_of_trees, facts, tree, with_patch, with_policy


def ask(tmp_path: Path, before: dict[str, Content], after: dict[str, Content]) -> Pass | Pause | Fail:
    """What AllowedPaths says to what git made of it."""
    verdict = AllowedPaths().ask(with_patch(diff(tmp_path, before, after)))
    assert isinstance(verdict, Pass | Pause | Fail)
    return verdict


def test_plain_files_pass_however_they_are_called(tmp_path: Path) -> None:
    files: dict[str, Content] = {
        "src/app.py": "x",
        "docs/日本語 name.md": "x",
        ".gitignore": "x",
        ".gitattributes": "x",
        "src/..hidden": "x",
        "git/config": "x",
        "a.git/x": "x",
    }
    assert ask(tmp_path, {"old.py": "y"}, files) == Pass()


@pytest.mark.parametrize(
    "after",
    [
        {"src/link": Link("/etc/passwd")},
        {"src/app.py": Link("other.py")},
        {"src/\x07bell.py": "x"},
        {"src/a\nb.py": "x"},
        {"src/a\u202eyp.exe": "x"},
        {"src/a\u200b.py": "x"},
        {"C:/windows": "x"},
        {"..\\up.py": "x"},
        {".gitmodules": "x"},
        {"src/.GITMODULES": "x"},
    ],
)
def test_a_link_or_a_path_that_deceives_is_refused(tmp_path: Path, after: dict[str, Content]) -> None:
    verdict = ask(tmp_path, {"src/app.py": "x"}, after)
    assert isinstance(verdict, Fail)
    assert verdict.code == "path_refused"


@pytest.mark.parametrize(
    "path",
    [
        "../up.py",
        "src/../../up.py",
        "/etc/passwd",
        ".git/config",
        ".git/hooks/pre-commit",
        "src/.Git/config",
        ".GIT/config",
        ".git./x",
        ".git /x",
        "git~1/config",
        ".git::$INDEX_ALLOCATION/x",
        ".g\u200cit/config",
        "a//b",
        "./a",
        "",
    ],
)
def test_a_path_that_git_itself_would_not_write_is_refused_too(path: str) -> None:
    file = FileDiff(
        path=path, old_path=path, kind="added", binary=False, old_mode="", new_mode="100644", rows=()
    )
    assert refusal(file)


def test_a_submodule_is_refused(tmp_path: Path) -> None:
    git = Git.init(tmp_path / "git")
    patch = diff_of_trees(git, tree(git, {"a": "x"}), tree(git, {"a": "x"}, submodule="vendor/lib"))
    verdict = AllowedPaths().ask(with_patch(patch))
    assert isinstance(verdict, Fail)
    assert verdict.why == "vendor/lib cannot be used: it is a submodule."


def test_a_link_may_go_but_not_come(tmp_path: Path) -> None:
    assert ask(tmp_path, {"link": Link("a"), "b": "x"}, {"b": "y"}) == Pass()


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        "app/.github/x",
        "Dockerfile",
        "Dockerfile.prod",
        "dockerfile",
        "compose.yaml",
        "package.json",
        "web/package-lock.json",
        "requirements-dev.txt",
        "PyProject.toml",
        "deploy/run.sh",
        ".dream/factory.yaml",
    ],
)
def test_a_protected_path_pauses_for_a_reviewer(tmp_path: Path, path: str) -> None:
    verdict = ask(tmp_path, {"a.py": "x"}, {"a.py": "x", path: "new"})
    assert isinstance(verdict, Pause)
    assert [(finding.rule, finding.path, finding.severity) for finding in verdict.findings] == [
        ("protected_path", path, "high")
    ]
    assert verdict.may_decide == "reviewer"


def test_moving_or_removing_a_protected_file_pauses_too(tmp_path: Path) -> None:
    text = "name: ci\n" * 20
    moved = ask(tmp_path, {".github/ci.yml": text}, {"docs/ci.yml": text})
    assert isinstance(moved, Pause)
    assert [finding.path for finding in moved.findings] == [".github/ci.yml"]


def test_removing_a_protected_file_pauses(tmp_path: Path) -> None:
    removed = ask(tmp_path, {"Dockerfile": "x", "a": "x"}, {"a": "x"})
    assert isinstance(removed, Pause)
    assert removed.reason == "It changes protected path Dockerfile"


def test_what_is_protected_is_the_policys_word(tmp_path: Path) -> None:
    patch = diff(tmp_path, {}, {"secret/x.py": "x", "Dockerfile": "x"})
    verdict = AllowedPaths().ask(with_policy(with_patch(patch), protected_paths=("secret/",)))
    assert isinstance(verdict, Pause)
    assert [finding.path for finding in verdict.findings] == ["secret/x.py"]


def test_without_a_change_set_nothing_is_decided() -> None:
    for missing in (facts(), facts(tree_sha="7" * 40), facts(patch=b"x"), with_patch(b"no diff at all")):
        verdict = AllowedPaths().ask(missing)
        assert isinstance(verdict, Fail)
        assert verdict.code == "evidence_missing"


def test_the_change_set_that_is_asked_about_is_what_git_said(tmp_path: Path) -> None:
    patch = diff(tmp_path, {"a": "x"}, {"a": "y", "b": "z"})
    assert ChangeSet.parse(patch).paths == ("a", "b")
