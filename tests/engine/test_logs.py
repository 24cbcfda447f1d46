"""What a worker logs of a build: its stations in order, under one request id, and nothing of its content."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from builds import operations
from builds.engine import work
from builds.models import Job, ModelCall
from dreamsite import logs
from tests.world import ALICE, World, order

SHORTEST_LINE = 25


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    """All that is logged, from DEBUG on."""
    heard = io.StringIO()
    handler = logging.StreamHandler(heard)
    handler.setFormatter(logs.formatter("json"))
    logging.getLogger().addHandler(handler)
    logging.getLogger("builds").setLevel("DEBUG")
    yield heard
    logging.getLogger("builds").setLevel("INFO")
    logging.getLogger().removeHandler(handler)


def lines(heard: io.StringIO) -> list[dict[str, Any]]:
    """As JSON."""
    return [json.loads(line) for line in heard.getvalue().splitlines()]


def test_a_build_is_told_station_by_station_under_the_id_of_the_request(
    world: World, heard: io.StringIO
) -> None:
    with structlog.contextvars.bound_contextvars(request_id="story-000042"):
        job = operations.submit(order(), by=ALICE, request_id="story-000042").job
    assert job.request_id == "story-000042"
    world.run(job)
    said = lines(heard)
    assert {line.get("request_id") for line in said} == {"story-000042"}
    assert {line.get("job_id") for line in said} == {job.job_id}
    told = [(line["event"], line["station"]) for line in said]
    stations = ["intake", "plan", "implement", "verify", "review", "create_pr"]
    for station in stations:
        mine = [event for event, at in told if at == station]
        assert mine == ["run.claimed", "station.started", "station.succeeded"]
    assert told[-3:] == [
        ("run.claimed", "deploy"),
        ("run.succeeded", "deploy"),
        ("station.skipped", "deploy"),
    ]
    assert all(line["duration_ms"] >= 0 for line in said if line["event"] == "station.succeeded")
    assert set(job.events.values_list("request_id", flat=True)) == {"story-000042"}


def contents(job: Job) -> set[str]:
    """Every longer line of the spec, the answers of models, the patch and the outputs of checks."""
    texts = [job.spec.markdown, *(str(call.reply) for call in ModelCall.objects.filter(job=job))]
    for call in ModelCall.objects.filter(job=job):
        reply = call.reply or {}
        texts += [reply["text"], *(each["arguments"] for each in reply["tool_calls"])]
    texts += [str(row.run.get("output", "")) for row in job.check_results.all()]
    pieces = (piece.strip() for text in texts for piece in text.replace("\\n", "\n").splitlines())
    return {piece for piece in pieces if len(piece) >= SHORTEST_LINE}


def test_nothing_of_the_spec_the_code_or_the_prompts_is_logged(world: World, heard: io.StringIO) -> None:
    job = world.run(world.submit())
    planted = contents(job)
    assert len(planted) > 40
    text = heard.getvalue()
    assert [piece for piece in planted if piece in text] == []


def test_a_job_that_somebody_ended_meanwhile_is_let_go_with_a_word_of_its_own(
    world: World, heard: io.StringIO
) -> None:
    job = world.submit()
    operations.cancel(job.job_id, by=ALICE, reason="not now")
    work(job, world.ports)  # a worker that comes too late
    events = [line["event"] for line in lines(heard)]
    assert events == ["run.canceled", "run.skip.terminal"]
