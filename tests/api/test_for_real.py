"""The doors over a socket: uvicorn processes, real Postgres, many callers at once."""

import json
import os
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from benchmarks.memory import pss
from builds.adapters import connect
from builds.models import Approval, Artifact, Event, Job, Repo, StationRun
from specs.models import Spec
from tests.api.orders import order
from tests.api.servers import ask, ask_in_chunks, serve, serving
from tests.api.tokens import SECRET, token
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


@pytest.mark.campaign
def test_callers_at_once_make_one_job_one_decision_and_many_jobs_of_one_spec(
    known: Repo, child_environment: dict[str, str], free_port: int
) -> None:
    with serve(child_environment, free_port) as address:
        door = f"{address}/api/dream-build"
        a_hundred_who_agree(door)
        twenty_who_do_not(door)
        twenty_jobs_of_one_spec(door)
        twenty_decisions(door)


def a_hundred_who_agree(door: str) -> None:
    """One makes the job, all others are told the same."""
    answers = at_once(lambda _: ask("POST", door, order(), **bearer()), callers=100)
    assert sorted(status for status, _, _ in answers) == [200] * 99 + [202]
    assert len({body for _, _, body in answers}) == 1
    replays = [headers.get("idempotent-replayed") for status, headers, _ in answers if status == 200]
    assert replays == ["true"] * 99
    counts = [model.objects.count() for model in (Job, Spec, Event, StationRun)]
    assert counts == [1, 1, 1, 7]


def twenty_who_do_not(door: str) -> None:
    """Whoever is first says what the job is."""
    which = ("low", "high")
    answers = at_once(lambda n: ask("POST", door, order(jobId="job-2", priority=which[n % 2]), **bearer()))
    statuses = [status for status, _, _ in answers]
    half = CALLERS // 2
    assert sorted(statuses) == [200] * (half - 1) + [202] + [409] * half
    assert set(statuses[1 - statuses.index(202) % 2 :: 2]) == {409}
    assert Job.objects.count() == 2


def twenty_jobs_of_one_spec(door: str) -> None:
    """The spec's row is made once."""
    others = at_once(lambda n: ask("POST", door, order(jobId=f"other-{n}", specMarkdown="# New"), **bearer()))
    assert [status for status, _, _ in others] == [202] * CALLERS
    assert (Job.objects.count(), Spec.objects.count()) == (CALLERS + 2, 2)


def twenty_decisions(door: str) -> None:
    """Ten say yes and ten say no; one answer holds."""
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


@pytest.mark.campaign
def test_a_large_artifact_is_streamed_in_bounded_memory_and_a_download_can_go_on(
    known: Repo, child_environment: dict[str, str], free_port: int
) -> None:
    size = 48 << 20
    data = os.urandom(1 << 20) * (size >> 20)
    with serving({**child_environment, "STORIA_MOLTWORKER_SECRET": SECRET}, free_port) as server:
        address = f"http://127.0.0.1:{free_port}/api/dream-build"
        assert ask("POST", address, order(), **bearer())[0] == 202
        job = Job.objects.get()
        sha = connect().artifacts.put(data)
        row = Artifact.objects.create(job=job, attempt=1, kind="log", name="x.log", sha256=sha, size=size)
        place = f"{address}/job-1/artifacts/{row.pk}"
        assert ask("GET", place, Range="bytes=0-0", **bearer())[0] == 206
        before, most, got = pss(server.pid), 0, sha256()
        with urllib.request.urlopen(urllib.request.Request(place, headers=bearer())) as answer:
            while piece := answer.read(1 << 20):
                got.update(piece)
                most = max(most, pss(server.pid))
        assert got.hexdigest() == sha
        assert most - before < 16 << 10  # KiB; whole it would be 48 << 10

        half = size // 2
        status, headers, rest = ask("GET", place, Range=f"bytes={half}-", **bearer())
        assert (status, headers["content-range"]) == (206, f"bytes {half}-{size - 1}/{size}")
        assert rest == data[half:]
        status, headers, nothing = ask("HEAD", place, **bearer())
        assert (status, headers["content-length"], nothing) == (200, str(size), b"")

        with urllib.request.urlopen(urllib.request.Request(place, headers=bearer())) as answer:
            assert len(answer.read(1000)) == 1000  # and the client goes away
        assert ask("GET", place, Range="bytes=5-6", **bearer())[2] == data[5:7]
        assert not [name for name in open_files(server.pid) if sha[2:] in name]


def open_files(pid: int) -> list[str]:
    """What a process has open, once it had a moment to close what nobody reads any more."""
    time.sleep(0.5)
    return [str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir() if file.is_symlink()]


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
