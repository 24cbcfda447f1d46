"""`manage.py up` from nothing: web, workers and scheduler build an order; Ctrl-C leaves no process behind."""

import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from builds.management.commands.up import first_admin, refuse
from tests.api.servers import alive, ask
from tests.engine.workers import wait_until
from tests.management.on_their_own import MANAGE, environment, manage, own_var, processes_of, servers_run

EXAMPLES = Path(__file__).resolve().parents[2] / "specs" / "examples"
STARTED = ("up", "web", "scheduler", "worker")


@contextmanager
def up(var: Path, port: int, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The service, once its address answers; stopped by Ctrl-C where the test has not done so."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*MANAGE, "up", "--port", str(port), "--workers", "1"],
            env=environment(var), stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        wait_until(
            lambda: process.poll() is not None or "In another shell" in log.read_text(), 90, "the service"
        )
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(40)


@pytest.mark.campaign
def test_an_order_is_built_by_what_up_started_and_ctrl_c_leaves_nothing(
    free_port: int, tmp_path: Path
) -> None:
    with own_var() as var, up(var, free_port, tmp_path / "log") as service:
        said = (tmp_path / "log").read_text()
        assert f"http://127.0.0.1:{free_port}/admin/" in said
        assert re.search(r"^Log in as +admin / \S{12,}  \(shown this once\)$", said, re.MULTILINE)
        assert re.search(r"^Secret +\S{40,} ", said, re.MULTILINE)
        assert alive(f"http://127.0.0.1:{free_port}")
        order(var)
        told = processes_of(var)
        assert all(any(f"manage.py {name}" in each for each in told) for name in STARTED)
        assert ask("GET", f"http://127.0.0.1:{free_port}/readyz")[0] == 200
        service.send_signal(signal.SIGINT)
        assert service.wait(40) == 0
        assert processes_of(var) == []
        assert not servers_run(var)
        assert not alive(f"http://127.0.0.1:{free_port}")


def order(var: Path) -> None:
    """As a newcomer would, with the administrator that `up` made."""
    who = ("--as", "admin")
    repo = manage(var, "dream", "repo", "add", "me/paperboy", "--from", str(EXAMPLES / "paperboy"), *who)
    assert (repo.returncode, repo.stderr) == (0, "")
    words = ("--repo", "me/paperboy", "--budget", "2.00", "--watch", *who)
    built = manage(var, "dream", "submit", str(EXAMPLES / "csv-export.md"), *words)
    assert (built.returncode, built.stderr) == (0, "")
    assert "★" in built.stdout
    assert "Pull request #1: [Dream] Export subscribers as CSV" in built.stdout


def test_the_first_administrator_is_made_once_and_the_password_told_once(db: None) -> None:
    password = first_admin()
    assert User.objects.get(is_superuser=True).check_password(password)
    assert first_admin() == ""
    assert User.objects.count() == 1


def test_a_port_that_is_taken_is_said_in_one_line(free_port: int, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", free_port)), pytest.raises(SystemExit) as end:
        refuse("127.0.0.1", free_port, workers=1)
    assert end.value.code == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert f"Cannot listen on 127.0.0.1 port {free_port}" in err
    assert "Choose another with --port." in err


@pytest.mark.parametrize(("host", "port", "workers", "code"), [
    ("127.0.0.1", 70_000, 1, 2), ("no.such.host.invalid", 8000, 1, 1), ("127.0.0.1", 8000, 0, 2),
])  # fmt: skip
def test_what_cannot_be_served_is_refused(
    host: str, port: int, workers: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        refuse(host, port, workers)
    assert (end.value.code, capsys.readouterr().err.count("\n")) == (code, 1)
