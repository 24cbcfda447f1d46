"""Each service of compose.yaml as a process here: its command, its environment, its health check."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.conftest import ROOT
from tests.deploy.test_compose import SERVICES
from tests.engine.workers import Workers, wait_until

pytestmark = pytest.mark.campaign

HOW_SERVERS_ARE_NAMED = {"database-url": "DATABASE_URL", "redis-url": "REDIS_URL"}


@pytest.fixture
def secrets(child_environment: dict[str, str], tmp_path: Path) -> Path:
    """What `make-secrets` makes, with the addresses of the servers of this test."""
    subprocess.run(
        ["sh", ROOT / "deploy/compose/make-secrets"], cwd=tmp_path, check=True, capture_output=True
    )
    for name, variable in HOW_SERVERS_ARE_NAMED.items():
        (tmp_path / "secrets" / name).write_text(child_environment[variable])
    return tmp_path / "secrets"


def environment(service: dict[str, Any], secrets: Path, var: Path) -> dict[str, str]:
    """What the container would see, with its folders where they are here; nothing of ours."""
    image = (ROOT / "Dockerfile").read_text()
    (line,) = re.findall(r"^ENV (.+)$", image, re.MULTILINE)
    told = dict(pair.split("=", 1) for pair in line.split())
    told |= {
        key: value.replace("/run/secrets", str(secrets)) for key, value in service["environment"].items()
    }
    return {**told, "DREAM_VAR": str(var), "PATH": "/usr/local/bin:/usr/bin:/bin"}


def command(words: list[str], port: int) -> list[str]:
    """The image's own words before the service's; its port is one that is free here."""
    (entry,) = re.findall(r"^ENTRYPOINT (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert json.loads(entry) == ["python", "manage.py"]
    return [word.replace("8000", str(port)) for word in words]


def healthy(service: dict[str, Any], told: dict[str, str], port: int) -> bool:
    """What Docker would ask, and how it would take the answer."""
    kind, python, manage, *words = service["healthcheck"]["test"]
    assert (kind, python, manage) == ("CMD", "python", "manage.py")
    own_port = ["--port", str(port)] if words[-1] == "web" else []
    ran = subprocess.run(
        [sys.executable, str(ROOT / manage), *words, *own_port], env=told, check=False, capture_output=True,
        timeout=60,
    )  # fmt: skip
    assert b"Traceback" not in ran.stderr
    return ran.returncode == 0


@pytest.fixture
def services(child_environment: dict[str, str], tmp_path: Path) -> Iterator[Workers]:
    """Whatever is left is killed at the end."""
    started = Workers({}, tmp_path / "log")
    yield started
    started.stop()


def test_migrate_ends_by_itself(secrets: Path, services: Workers, tmp_path: Path) -> None:
    service = SERVICES["migrate"]
    services.environment = environment(service, secrets, tmp_path / "var")
    assert services.start(*command(service["command"], 0)).wait(60) == 0


@pytest.mark.parametrize("name", ["web", "worker", "scheduler"])
def test_a_service_becomes_healthy_and_is_not_when_it_has_stopped(
    name: str, secrets: Path, services: Workers, redis_client: redis.Redis, free_port: int, tmp_path: Path
) -> None:
    service = SERVICES[name]
    told = environment(service, secrets, tmp_path / "var")
    assert not healthy(service, told, free_port)
    services.environment = told
    process = services.start(*command(service["command"], free_port))
    wait_until(lambda: healthy(service, told, free_port), 60, f"a healthy {name}")
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in {0, -signal.SIGTERM}
    if name != "scheduler":  # a sweep counts for a minute, whoever made it
        assert not healthy(service, told, free_port)
