"""manage.py starts what a command needs, and says what it cannot do in one line."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from dreamsite.embedded import Servers
from tests.conftest import RunManage

EMBEDDED = {"DATABASE_URL": "", "REDIS_URL": ""}


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder for embedded servers, with a short name."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        yield Path(name) / "var"


def said(ended: CompletedProcess[str]) -> tuple[int, str]:
    """The exit code and the one line on stderr."""
    assert len(ended.stderr.splitlines()) == 1, ended.stderr
    return ended.returncode, ended.stderr.strip()


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"DREAM_SANDBOX": "maybe"}, "manage.py: DREAM_SANDBOX: 'maybe' is not one of bwrap, none"),
        ({"DATABASE_URL": "sqlite:///x"}, "manage.py: DATABASE_URL: must start with postgresql://"),
        ({"REDIS_URL": ""}, "manage.py: DATABASE_URL and REDIS_URL: set both, or neither"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line(
    variables: dict[str, str], sentence: str, run_manage: RunManage
) -> None:
    code, line = said(run_manage("check", env=variables))
    assert code == 2
    assert line.startswith(sentence)


def test_an_old_database_that_is_not_ours_is_never_changed(
    run_manage: RunManage, child_environment: dict[str, str]
) -> None:
    empty = child_environment["DATABASE_URL"].rpartition("/")[0] + "/postgres"
    code, line = said(run_manage("dream", "list", env={"DATABASE_URL": empty}))
    assert code == 1
    assert line.endswith("migrations; run: python3 manage.py migrate")


def test_a_database_that_does_not_answer_is_said_in_one_line(run_manage: RunManage, free_port: int) -> None:
    code, line = said(
        run_manage("scheduler", "--once", env={"DATABASE_URL": f"postgresql://x@127.0.0.1:{free_port}/x"})
    )
    assert code == 1
    assert line.startswith("manage.py: cannot reach the database: ")


def test_a_folder_that_cannot_be_written_is_said_in_one_line(run_manage: RunManage, var: Path) -> None:
    var.parent.joinpath("file").touch()
    code, line = said(
        run_manage("scheduler", "--once", env={**EMBEDDED, "DREAM_VAR": f"{var.parent}/file/var"})
    )
    assert code == 1
    assert line.startswith(f"manage.py: cannot use {var.parent}/file/var")
    assert line.endswith("set DREAM_VAR to a folder of yours")


@pytest.mark.campaign
def test_our_commands_bring_servers_and_tables_and_take_the_servers_with_them(
    run_manage: RunManage, var: Path
) -> None:
    ended = run_manage("scheduler", "--once", env={**EMBEDDED, "DREAM_VAR": str(var)})
    assert (ended.returncode, ended.stderr) == (0, "")
    servers = Servers(var)
    assert servers.postgres.data.exists()
    assert not servers.postgres.process.alive()
    assert not servers.valkey.process.alive()


@pytest.mark.parametrize("command", [("check",), ("up", "--help")])
def test_what_needs_no_servers_starts_none(
    command: tuple[str, ...], run_manage: RunManage, var: Path
) -> None:
    ended = run_manage(*command, env={**EMBEDDED, "DREAM_VAR": str(var)})
    assert ended.returncode == 0
    assert not (var / "postgres").exists()


def test_the_tests_are_run_by_pytest_whose_exit_code_comes_back(run_manage: RunManage) -> None:
    assert run_manage("test", "--version").stdout.startswith("pytest ")
    assert run_manage("test", "--no-such-option").returncode == pytest.ExitCode.USAGE_ERROR
