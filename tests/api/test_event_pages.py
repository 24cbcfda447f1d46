"""What happened to a job, in pages: the same names as in callbacks, the oldest first."""

from typing import Any

import pytest
from django.db import transaction

from builds.journal import record
from builds.models import Job, Repo
from tests.api.world import Api


@pytest.fixture
def job(alice: Api, repo: Repo) -> Job:
    """A job with five events."""
    assert alice.submit().status_code == 202
    found = Job.objects.get()
    with transaction.atomic():
        for number in range(4):
            record(found, "station.note", f"Note {number}", station="implement", callback_status="writing")
    return found


def test_a_page_holds_every_event_with_its_number(alice: Api, job: Job) -> None:
    answer = alice.get("/dream-build/job-1/events")
    found = answer.json()
    assert answer.status_code == 200
    assert [event["sequence"] for event in found["events"]] == [1, 2, 3, 4, 5]
    assert (found["last"], found["final"], found["next"]) == (5, False, None)
    first, second = found["events"][:2]
    assert (first["event"], first["status"]) == ("run.queued", None)
    expected = {"event": "station.note", "status": "writing", "message": "Note 0", "station": "implement"}
    assert expected.items() <= second.items()
    assert second["timestamp"].endswith("Z")
    assert answer["Retry-After"] == "5"


def test_the_next_page_begins_where_the_one_before_ended(alice: Api, job: Job) -> None:
    seen: list[int] = []
    where = "/dream-build/job-1/events?limit=2"
    while where:
        found = alice.get(where).json()
        seen += [event["sequence"] for event in found["events"]]
        where = found["next"].partition("/api")[2] if found["next"] else ""
    assert seen == [1, 2, 3, 4, 5]
    assert alice.get("/dream-build/job-1/events?after=5").json()["events"] == []
    assert alice.get("/dream-build/job-1/events?after=999").json()["events"] == []


def test_who_has_seen_it_all_is_told_so(alice: Api, job: Job) -> None:
    etag = alice.get("/dream-build/job-1/events")["ETag"]
    assert alice.get("/dream-build/job-1/events", **{"If-None-Match": etag}).status_code == 304
    with transaction.atomic():
        record(job, "station.note", "One more")
    assert alice.get("/dream-build/job-1/events", **{"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    "query", ["after=-1", "after=x", "after=", "limit=0", "limit=501", "cursor=x", "b=1"]
)
def test_what_cannot_be_read_is_refused(alice: Api, job: Job, query: str) -> None:
    answer = alice.get(f"/dream-build/job-1/events?{query}")
    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json()["detail"]


def test_other_people_s_events_are_not_there(alice: Api, bob: Api, job: Job) -> None:
    for path in ("/dream-build/job-1/events", "/dream-build/nothing/events"):
        assert bob.get(path).status_code == 404
    assert bob.post("/dream-build/job-1/ticket").status_code == 404


def test_a_page_costs_two_queries(alice: Api, job: Job, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        alice.get("/dream-build/job-1/events")


def test_a_stream_needs_the_server_that_can(alice: Api, job: Job) -> None:
    answer = alice.get("/dream-build/job-1/events", Accept="text/event-stream")
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")
