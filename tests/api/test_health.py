"""/healthz and /readyz: public, cheap, and telling which part is missing."""

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from builds.models import Sweep
from tests.api.world import is_problem

CLIENT = Client(raise_request_exception=False)


@pytest.fixture
def swept(db: None) -> Sweep:
    """Somebody looked a moment ago."""
    return Sweep.objects.create(by="tests")


def test_a_living_process_says_so_without_touching_anything() -> None:
    answer = CLIENT.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "service": "dream-machine"})
    assert answer.headers["Content-Type"] == "application/json"
    assert CLIENT.head("/healthz").status_code == 200


def test_everything_in_its_place_is_ready(swept: Sweep) -> None:
    answer = CLIENT.get("/readyz")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "ok": True,
        "checks": {
            name: {"ok": True, "detail": None} for name in ("database", "migrations", "redis", "sweep")
        },
    }


def missing(part: str) -> str:
    """The sentence about the one part that is missing."""
    found = is_problem(CLIENT.get("/readyz"), 503, "not_ready")
    assert found["ok"] is False
    assert [name for name, check in found["checks"].items() if not check["ok"]] == [part]
    detail: str = found["checks"][part]["detail"]
    assert found["detail"] == detail
    return detail


def test_without_a_sweep_nothing_that_is_lost_is_found(swept: Sweep) -> None:
    Sweep.objects.update(at=timezone.now() - timedelta(minutes=6))
    assert missing("sweep") == "No sweep ran in the last 5 minutes; is the scheduler up?"


def test_redis_that_does_not_answer_is_named_without_its_address(
    swept: Sweep, settings: LazySettings, free_port: int
) -> None:
    settings.REDIS_URL = f"redis://:word@127.0.0.1:{free_port}/0"
    assert missing("redis") == "Redis does not answer."


def test_a_pending_migration_is_told_with_its_mend(swept: Sweep) -> None:
    newest = MigrationLoader(connection).graph.leaf_nodes("builds")[0]
    MigrationRecorder(connection).record_unapplied(*newest)
    assert missing("migrations").endswith("lacks 1 migrations; run: python3 manage.py migrate")


def test_what_a_newer_version_added_does_not_disturb_this_one(swept: Sweep) -> None:
    MigrationRecorder(connection).record_applied("builds", "9001_add_a_column")
    assert CLIENT.get("/readyz").status_code == 200


def test_what_a_newer_version_took_away_ends_this_one(swept: Sweep) -> None:
    MigrationRecorder(connection).record_applied("builds", "9002_contract_that_column")
    assert missing("migrations") == (
        "A newer version took away what this one needs (migration 9002_contract_that_column); "
        "upgrade this process."
    )


def test_strangers_get_the_icon_and_the_way_to_the_admin() -> None:
    icon = CLIENT.get("/favicon.ico")
    assert (icon.status_code, icon.headers["Content-Type"]) == (200, "image/svg+xml")
    assert CLIENT.get("/").headers["Location"] == "/admin/"
