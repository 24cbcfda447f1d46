"""`manage.py demo` from nothing: everything that it shows, and a repository that really holds it."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.management.on_their_own import manage, own_var, processes_of, servers_run

STATIONS = ("intake", "plan", "implement", "verify", "review", "create_pr", "deploy")


@dataclass(frozen=True)
class Demo:
    """What one run printed, and where it left its repository."""

    code: int
    out: str
    err: str
    repo: Path

    @property
    def builds(self) -> tuple[str, str]:
        """What was printed of each of the two builds."""
        first, second = self.out.split("== Second build: a person decides ==")
        return first, second.split("== That was it ==")[0]

    def git(self, *words: str) -> str:
        """Ask the bare repository."""
        command = ["git", "-c", "safe.directory=*", "--git-dir", str(self.repo), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """One run, looked at by all tests here."""
    with own_var() as var:
        ran = manage(var, "demo", timeout=140)
        assert not servers_run(var)
        assert processes_of(var) == []
        yield Demo(ran.returncode, ran.stdout, ran.stderr, var / "repos" / "demo" / "paperboy.git")


def test_it_ends_well_and_with_plain_lines(demo: Demo) -> None:
    assert (demo.code, demo.err) == (0, "")
    assert "\x1b" not in demo.out
    assert not re.search("[╭│╰━]", demo.out)
    assert "A scripted session".lower() in demo.out.lower()
    assert "generated code has no network" in demo.out


def test_both_builds_go_through_all_seven_stations(demo: Demo) -> None:
    for build in demo.builds:
        seen = re.findall(r"^\d\d:\d\d:\d\d \S (\w+)", build, re.MULTILINE)
        assert [station for station in STATIONS if station in seen] == list(STATIONS)
        assert "★" in build


def test_each_build_shows_branch_commits_checks_criteria_and_pull_request(demo: Demo) -> None:
    for build, (commits, criteria, tests) in zip(demo.builds, ((2, 4, 10), (1, 2, 7)), strict=True):
        branch = re.search(r"^Branch +(dream/\S+) at ([0-9a-f]{10})$", build, re.MULTILINE)
        assert branch is not None
        assert len(re.findall(r"^  [0-9a-f]{7,} \[Dream\] ", build, re.MULTILINE)) == commits
        assert f"passed (5 tests)  passed ({tests} tests)" in " ".join(build.split("\n"))
        assert len(re.findall(r"^\d  .+  met  ", build, re.MULTILINE)) == criteria
        assert re.search(r"^Pull request #\d: \[Dream\] ", build, re.MULTILINE)
        for heading in ("What changed", "Acceptance", "Checks, before and after", "Cost and how to try it"):
            assert f"  ### {heading}" in build


def test_dollars_reserved_and_spent_are_told(demo: Demo) -> None:
    for build in demo.builds:
        money = re.search(
            r"^Money +\$([\d.]+) spent of \$2\.00 in (\d+) model calls; \$([\d.]+) had been reserved",
            build, re.MULTILINE,
        )  # fmt: skip
        assert money is not None
        assert 0 < float(money[1]) <= float(money[3])
        assert int(money[2]) > 1


def test_the_gate_asks_and_its_approval_costs_no_model_call(demo: Demo) -> None:
    first, second = demo.builds
    assert "Paused before" not in first
    assert second.count("Paused before create_pr") == 1
    assert "migrations/003_drop_fax.sql:1" in second
    assert "ALTER TABLE subscribers DROP COLUMN fax;" in second
    assert re.search(r"hash  [0-9a-f]{64}", second)
    assert "demo-reviewer approves: " in second
    assert "Model calls after the approval: 0" in second
    assert "demo-reviewer approved create_pr at" in second


def test_the_bare_repository_really_holds_the_branches(demo: Demo) -> None:
    branches = set(demo.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split())
    told = re.findall(r"^Branch +(dream/\S+) at ([0-9a-f]{10})$", demo.out, re.MULTILINE)
    assert branches == {"main", *(branch for branch, _ in told)}
    for (branch, head), commits in zip(told, (2, 1), strict=True):
        assert demo.git("rev-parse", branch).startswith(head)
        assert demo.git("rev-list", "--count", f"main..{branch}").strip() == str(commits)
    assert "to_csv" in demo.git("show", f"{told[0][0]}:paperboy/export.py")
    assert "DROP COLUMN fax" in demo.git("show", f"{told[1][0]}:migrations/003_drop_fax.sql")


def test_the_branch_passes_its_tests_and_main_does_not_know_them(demo: Demo, tmp_path: Path) -> None:
    branch = re.findall(r"^Branch +(dream/\S+) at", demo.out, re.MULTILINE)[0]
    words = ["git", "-c", "safe.directory=*", "clone", "-q", "--branch", branch, str(demo.repo)]
    subprocess.run([*words, str(tmp_path / "clone")], check=True, capture_output=True)
    ran = subprocess.run(
        ["python3", "-m", "unittest", "discover", "-v"],
        cwd=tmp_path / "clone", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, "Ran 10 tests" in ran.stderr) == (0, True)
    assert "tests/test_export.py" not in demo.git("ls-tree", "-r", "--name-only", "main")
