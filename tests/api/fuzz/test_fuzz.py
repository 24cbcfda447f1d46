"""The live server is asked whatever its own description allows, and what it does not; schemathesis judges."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from builds.models import Repo, Sweep
from builds.scopes import SCOPES
from tests import factories
from tests.api.github_deliveries import SECRET
from tests.api.operators import token_of, user
from tests.api.servers import ROOT, serve
from tests.full_job import full_job

TIMEOUT = 900
CONFIG = Path(__file__).with_name("schemathesis.toml")
GENEROUS = {
    "DREAM_API_RATE": "0",
    "DREAM_AUTH_FAILURE_RATE": "0",
    "DREAM_USER_UNFINISHED": "1000000",
    "GITHUB_WEBHOOK_SECRET": SECRET,
}


@pytest.fixture
def world(transactional_db: None) -> str:
    """The token of somebody who may do everything, and jobs in every state."""
    Repo.objects.create(owner="acme", name="shop")
    Sweep.objects.create()
    Sweep.objects.update(at=timezone.now() + timedelta(hours=1))  # no scheduler is up, however long it lasts
    full_job()
    factories.job(job_id="dm_queued")
    factories.paused(job_id="dm_paused")
    factories.ended(job_id="dm_failed")
    factories.ended("canceled", job_id="dm_canceled")
    return token_of(user("root", is_superuser=True), *SCOPES)[1]


def fuzz(address: str, token: str, *arguments: str) -> int:
    """Let schemathesis ask, with all its checks at every operation. How many requests it made up."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", f"{address}/api/schema", "--header", f"Authorization: Bearer {token}", *arguments),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    counted = re.search(r"(\d+) generated", done.stdout)
    assert counted, done.stdout
    return int(counted[1])


@pytest.mark.campaign
@pytest.mark.timeout(TIMEOUT)
def test_whatever_is_asked_the_answer_is_one_that_is_described(
    world: str, child_environment: dict[str, str], free_port: int
) -> None:
    with serve({**child_environment, **GENEROUS}, free_port) as address:
        assert fuzz(address, world) >= 2000
