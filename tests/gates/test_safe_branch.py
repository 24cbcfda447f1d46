"""Which branch a job may write: its own, whatever spelling somebody tries."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builds.coding.git import Git
from builds.evidence import Intake
from builds.gates import SafeBranch
from builds.naming import (
    branch_name,
    check_prefix,
    is_branch,
    is_own,
    is_protected,
    normalise_branch,
)
from builds.outcomes import Fail, Pass
from builds.policy import PROTECTED_BRANCHES
from tests.gates.world import BRANCH, JOB_ID, changed, facts, with_policy

OWN = branch_name("", "", JOB_ID)  # the eight letters alone


def code(branch: str, **job: str) -> str:
    """What SafeBranch says to a branch."""
    intake = Intake(base_sha="b" * 40, branch=branch, checks=())
    verdict = SafeBranch().ask(changed(facts(intake=intake), "job", **job))
    assert isinstance(verdict, Fail | Pass)
    return verdict.code if isinstance(verdict, Fail) else "pass"


def test_the_branch_of_the_job_passes_also_with_the_number_of_an_attempt() -> None:
    assert code(BRANCH) == "pass"
    assert code(branch_name("dream/", "csv-export", JOB_ID, 3)) == "pass"


@pytest.mark.parametrize(
    "branch",
    [
        *PROTECTED_BRANCHES[:-1],
        "Main",
        "MASTER",
        "main ",
        " main",
        "/main/",
        "//main",
        "refs/heads/main",
        "refs/heads//main",
        "refs/heads/Production",
        "heads/main",
        "refs/remotes/origin/main",
        "release/2.0",
        "Release/2026/01",
        "refs/heads/release/1",
    ],
)
def test_a_protected_branch_is_refused_in_any_spelling(branch: str) -> None:
    assert code(branch) == "branch_protected"


def test_a_protected_branch_is_refused_in_the_words_of_the_old_system() -> None:
    verdict = SafeBranch().ask(facts(intake=Intake(base_sha="b", branch="main", checks=())))
    assert verdict == Fail("branch_protected", "Cannot push directly to protected branch: main")


def test_the_base_branch_is_never_written_even_where_nothing_protects_it() -> None:
    assert code("trunk", base_branch="trunk") == "branch_protected"
    assert code("refs/heads/Trunk", base_branch="trunk") == "branch_protected"
    assert code(BRANCH, base_branch=BRANCH) == "branch_protected"


def test_a_prefix_cannot_lead_into_a_protected_folder() -> None:
    assert code(branch_name("release/", "x", JOB_ID), branch_prefix="release/") == "branch_protected"


def test_a_policy_may_protect_more_branches() -> None:
    intake = Intake(base_sha="b", branch=BRANCH, checks=())
    verdict = SafeBranch().ask(with_policy(facts(intake=intake), protected_branches=("dream/csv-*",)))
    assert isinstance(verdict, Fail)
    assert verdict.code == "branch_protected"


@pytest.mark.parametrize(
    "branch",
    [
        "dream/csv-export",
        "dream/csv-export-00000000",
        f"other/csv-export-{OWN}",
        f"DREAM/csv-export-{OWN}",
        f"dream/csv-export-{OWN}-",
        f"dream/csv-export-{OWN}-0",
        f"dream/csv-export-{OWN}-2-main",
        f"dream/csv-export{OWN}",
        branch_name("dream/", "csv-export", "the job of another"),
    ],
)
def test_a_branch_that_is_not_this_jobs_own_is_refused(branch: str) -> None:
    assert code(branch) == "branch_foreign"


@pytest.mark.parametrize(
    "branch", ["", "dream/a b", "dream/a..b", "-x", "dream/a\u200bb", "dream/\x07x", "@"]
)
def test_a_name_that_git_or_people_cannot_read_is_refused(branch: str) -> None:
    assert code(branch) == "branch_invalid"


def test_without_intake_nothing_is_decided() -> None:
    verdict = SafeBranch().ask(facts(intake=None))
    assert isinstance(verdict, Fail)
    assert verdict.code == "evidence_missing"


def test_a_branch_name_is_a_function_of_the_job_and_fits_what_forges_take() -> None:
    assert branch_name("dream/", "csv-export", "job-1") == branch_name("dream/", "csv-export", "job-1")
    assert branch_name("dream/", "csv-export", "job-1") != branch_name("dream/", "csv-export", "job-2")
    assert branch_name("dream/", "csv-export", "job-1", 2).endswith("-2")
    assert branch_name("dream/", "a" * 49 + "--b", "job-1").startswith("dream/" + "a" * 49 + "-")
    assert len(branch_name("dream/", "a" * 500, "job-1")) == len("dream/") + 50 + 9


@given(slug=st.text("abcxyz019-.", max_size=80), job_id=st.text(max_size=50))
def test_any_title_and_job_make_a_sound_branch_of_their_own(slug: str, job_id: str) -> None:
    name = branch_name("dream/", slug.replace("..", "."), job_id)
    assert is_own(name, job_id)
    assert ".lock" in name or ".." in name or is_branch(name)
    assert not is_protected(name, PROTECTED_BRANCHES)


PARTS = (
    "main",
    "a.b",
    "a..b",
    ".a",
    "a.",
    "a.lock",
    "a.lockb",
    "@",
    "a@{b",
    "-a",
    "HEAD",
    "ünïcode",
    "日本語",
)
CHARACTERS = " ~^:?*[]\\{}'\";|&$%+\t\x01\x7f"
NAMES = (*PARTS, *(f"a/{part}" for part in PARTS), *(f"{part}/b" for part in PARTS), "", "a/", "/a", "a//b")


def test_git_agrees_on_what_a_branch_name_is(tmp_path: Path) -> None:
    git = Git.init(tmp_path / "git")
    names = {*NAMES, *(f"a{mark}b" for mark in CHARACTERS)} - {"@"}  # git takes @ for HEAD
    taken = {name for name in names if git.find("check-ref-format", "--branch", name) is not None}
    assert {name for name in names if is_branch(name)} == taken


@pytest.mark.parametrize(
    ("branch", "pattern", "covered"),
    [
        ("release/1/2", "release/**", True),
        ("release/1/2", "release/*", False),
        ("release/1", "release/*", True),
        ("release", "release/**", False),
        ("released/1", "release/**", False),
        ("v1", "v?", True),
        ("v12", "v?", False),
        ("mainly", "main", False),
        ("dream/main", "main", False),
        ("a.b", "a?b", True),
        ("axb", "a.b", False),
        ("MAIN", "Main", True),
        ("a/b/hotfix", "**/hotfix", True),
    ],
)
def test_a_star_stays_in_one_part_and_two_go_further(branch: str, pattern: str, covered: bool) -> None:
    assert is_protected(branch, (pattern,)) == covered


def test_all_spellings_of_a_branch_are_one() -> None:
    spellings = (
        "main",
        " Main ",
        "refs/heads/main",
        "refs//heads//MAIN",
        "/main/",
        "refs/remotes/origin/main",
    )
    assert {normalise_branch(spelling) for spelling in spellings} == {"main"}


@pytest.mark.parametrize("prefix", ["dream/", "bot-", "team.a/dream/", "dream/2026-"])
def test_a_plain_prefix_may_begin_branches(prefix: str) -> None:
    assert check_prefix(prefix, PROTECTED_BRANCHES) is None


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "dream",
        "/",
        "../",
        "dream//",
        "-x/",
        "a b/",
        "refs/heads/",
        "release/",
        "main/",
        "Main-",
        "a..b/",
        ".x/",
    ],
)
def test_a_prefix_that_leads_elsewhere_is_told_why(prefix: str) -> None:
    assert str(check_prefix(prefix, PROTECTED_BRANCHES)).startswith("branchPrefix ")
