"""The doors over a socket: uvicorn processes, real Postgres, many callers at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from builds.models import Approval, Event, Job, Repo, StationRun
from specs.models import Spec
from tests.api.orders import order
from tests.api.servers import ask, ask_in_chunks, serve
from tests.api.tokens import token
from tests.api.world import HASH, pause

CALLERS = 20


def bearer(**claims: Any) -> dict[str, str]:
    """The header of a fresh token."""
    return {"Authorization": f"Bearer {token(**claims)}"}


@pytest.fixture
def known(transactional_db: None) -> Repo:
    """The registered repository, committed, so that other processes see it."""
    return Repo.objects.create(owner="acme", name="shop")


def at_once(work: Any, callers: int = CALLERS) -> list[Any]:
    """The same thing by many callers at once."""
    with ThreadPoolExecutor(callers) as pool:
        return [future.result() for future in [pool.submit(work, number) for number in range(callers)]]


def test_a_hundred_callers_at_once_make_one_job_and_many_jobs_of_one_spec(
    known: Repo, child_environment: dict[str, str], free_port: int
) -> None:
    with serve(child_environment, free_port) as address:
        door = f"{address}/api/dream-build"

        answers = at_once(lambda _: ask("POST", door, order(), **bearer()), callers=100)
        assert sorted(status for status, _, _ in answers) == [200] * 99 + [202]
        assert len({body for _, _, body in answers}) == 1
        replays = [headers.get("idempotent-replayed") for status, headers, _ in answers if status == 200]
        assert replays == ["true"] * 99
        counts = [model.objects.count() for model in (Job, Spec, Event, StationRun)]
        assert counts == [1, 1, 1, 7]

        which = ("low", "high")  # others do not agree what the job is
        mixed = at_once(lambda n: ask("POST", door, order(jobId="job-2", priority=which[n % 2]), **bearer()))
        statuses = [status for status, _, _ in mixed]
        half = CALLERS // 2
        assert sorted(statuses) == [200] * (half - 1) + [202] + [409] * half
        assert set(statuses[1 - statuses.index(202) % 2 :: 2]) == {409}
        assert Job.objects.count() == 2

        others = at_once(
            lambda n: ask("POST", door, order(jobId=f"other-{n}", specMarkdown="# New"), **bearer())
        )
        assert [status for status, _, _ in others] == [202] * CALLERS
        assert (Job.objects.count(), Spec.objects.count()) == (CALLERS + 2, 2)


def test_twenty_answers_at_once_make_one_decision(
    known: Repo, child_environment: dict[str, str], free_port: int
) -> None:
    with serve(child_environment, free_port) as address:
        door = f"{address}/api/dream-build"
        assert ask("POST", door, order(), **bearer())[0] == 202
        paused = Job.objects.get(job_id="job-1")
        pause(paused, "owner")
        decide = [("approve", {"contentHash": HASH}), ("reject", {"contentHash": HASH, "comment": "no"})]
        decisions = at_once(
            lambda n: ask("POST", f"{door}/job-1/{decide[n % 2][0]}", decide[n % 2][1], **bearer())
        )
        statuses = [status for status, _, _ in decisions]
        assert {200, 202, 409} >= set(statuses)
        winner = Approval.objects.get()
        won = 0 if winner.state == "approved" else 1
        assert all(status in {200, 202} for status in statuses[won::2])
        assert statuses[1 - won :: 2] == [409] * (CALLERS // 2)
        assert Event.objects.filter(job=paused, name__in=["run.approved", "run.failed"]).count() == 1


def test_bodies_over_a_socket_are_read_as_strictly_as_any(
    known: Repo, child_environment: dict[str, str], free_port: int
) -> None:
    with serve(child_environment, free_port) as address:
        door = f"{address}/dream-build"
        whole = json.dumps(order()).encode()

        status, headers, body = ask("POST", door, b"x" * 300_000, **bearer())
        assert (status, headers["content-type"]) == (413, "application/problem+json")
        assert ask_in_chunks(door, [b" " * 100_000] * 3, **bearer())[0] == 413
        assert ask("POST", door, b"{", **bearer())[0] == 400
        assert ask("POST", door, order(), **bearer(dreamTrustLevel="observer"))[0] == 403
        assert ask("POST", door, order(), Authorization="Bearer a.b.c")[0] == 401
        assert ask("GET", f"{door}/%00", **bearer())[0] == 404
        assert Job.objects.count() == Spec.objects.count() == 0

        assert ask_in_chunks(door, [whole[:50], whole[50:]], **bearer())[0] == 202
        status, headers, body = ask("GET", f"{door}/job-1", **bearer())
        assert (status, json.loads(body)["status"]) == (200, "queued")
        assert "set-cookie" not in headers
        status, headers, body = ask("GET", f"{door}/job-1", **bearer(), **{"If-None-Match": headers["etag"]})
        assert (status, body) == (304, b"")


def test_without_a_database_the_process_lives_and_says_that_it_is_not_ready(
    child_environment: dict[str, str], free_port: int
) -> None:
    gone = {**child_environment, "DATABASE_URL": "postgresql://dream:word@127.0.0.1:9/dream"}
    with serve(gone, free_port) as address:
        assert ask("GET", f"{address}/healthz")[0] == 200

        status, _, body = ask("GET", f"{address}/readyz")
        found = json.loads(body)
        assert (status, found["code"]) == (503, "not_ready")
        assert [name for name, check in found["checks"].items() if check["ok"]] == ["redis"]

        status, headers, body = ask("GET", f"{address}/api/dream-build/job-1", **bearer())
        assert (status, headers["retry-after"], json.loads(body)["code"]) == (503, "5", "unavailable")
        assert b"127.0.0.1" not in body
        assert b"Traceback" not in body
