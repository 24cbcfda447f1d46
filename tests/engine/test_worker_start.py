"""A worker that could not keep generated code apart from the machine does not start, and says the mend."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

from tests.conftest import RunManage

NO_NAMESPACES = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'


def test_a_failing_probe_stops_the_worker_with_the_mend(child_environment: dict[str, str]) -> None:
    """Inside a user namespace that may make no further ones, bubblewrap cannot start."""
    worker = [sys.executable, str(Path(settings.ROOT) / "manage.py"), "worker", "--burst"]
    ran = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", NO_NAMESPACES, "sh", *worker],
        env=child_environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 1
    (line,) = ran.stderr.strip().splitlines()
    assert line.startswith("worker: The worker")
    assert "Run the worker as an ordinary user" in line


def test_only_an_explicit_none_runs_without_a_sandbox(child_environment: dict[str, str]) -> None:
    worker = [sys.executable, str(Path(settings.ROOT) / "manage.py"), "worker", "--burst"]
    environment = {**child_environment, "DREAM_SANDBOX": "none"}
    ran = subprocess.run(worker, env=environment, check=False, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_fallback_model_without_a_price_is_refused_at_the_start(run_manage: RunManage) -> None:
    ended = run_manage("worker", "--burst", env={"DREAM_FALLBACK_MODEL": "nobody-knows"})
    assert ended.returncode == 2
    assert "nobody-knows has no price; add it to DREAM_MODEL_PRICES" in ended.stderr
    ended = run_manage("worker", "--burst", env={"DREAM_FALLBACK_MODEL": "scripted-writer"})
    assert ended.returncode == 2
    assert "DREAM_FALLBACK_MODEL: is DREAM_MODEL or DREAM_REVIEW_MODEL" in ended.stderr
