"""`up` when something dies: an embedded server comes back; kill -9 of `up` itself leaves nothing running."""

import os
import signal
import socket
from pathlib import Path

import pytest

from dreamsite.embedded import Servers
from tests.api.servers import alive, ask
from tests.engine.workers import wait_until
from tests.management.on_their_own import own_var, processes_of, servers_run
from tests.management.test_up import up

pytestmark = pytest.mark.campaign


def ready(port: int) -> bool:
    """Whether a job that came in now would be worked."""
    try:
        return ask("GET", f"http://127.0.0.1:{port}/readyz")[0] == 200
    except OSError:
        return False


def said(log: Path, line: str) -> None:
    """Wait for a line of the service."""
    wait_until(lambda: line in log.read_text(), 40, line)


def test_kill_9_of_up_ends_its_children_and_its_servers(free_port: int, tmp_path: Path) -> None:
    with own_var() as var, up(var, free_port, tmp_path / "log") as service:
        assert alive(f"http://127.0.0.1:{free_port}")
        service.kill()
        service.wait(10)
        wait_until(lambda: not processes_of(var), 30, f"the end of {processes_of(var)}")
        assert not alive(f"http://127.0.0.1:{free_port}")
        wait_until(lambda: not servers_run(var), 10, "the end of the servers")


def test_servers_that_die_come_back_and_the_service_is_ready_again(free_port: int, tmp_path: Path) -> None:
    with own_var() as var, up(var, free_port, tmp_path / "log"):
        wait_until(lambda: ready(free_port), 30, "a service that is ready")
        servers = Servers(var)
        for server in (servers.postgres, servers.valkey):
            os.kill(server.process.pid, signal.SIGKILL)
            said(tmp_path / "log", f"{type(server).__name__} had ended and was started again")
            wait_until(lambda: ready(free_port), 30, "a service that is ready again")


def test_a_valkey_whose_port_is_taken_comes_back_elsewhere_and_all_are_told(
    free_port: int, tmp_path: Path
) -> None:
    with own_var() as var, up(var, free_port, tmp_path / "log"):
        wait_until(lambda: ready(free_port), 30, "a service that is ready")
        servers = Servers(var)
        with socket.socket() as thief:
            with servers.turnstile():  # nobody brings it back meanwhile
                os.kill(servers.valkey.process.pid, signal.SIGKILL)
                wait_until(lambda: not servers.valkey.process.alive(), 10, "its end")
                thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                thief.bind(("127.0.0.1", servers.valkey.port))
                thief.listen()
            said(tmp_path / "log", "Valkey had ended and was started again")
            assert Servers(var).valkey.port != servers.valkey.port
            wait_until(lambda: ready(free_port), 60, "a service that is ready again")
