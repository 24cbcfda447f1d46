"""GET …/artifacts and …/artifacts/{id}: what stations left behind, to be taken home and never to be shown."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from builds.adapters import connect
from builds.adapters.artifacts_local import LocalArtifacts
from builds.api.downloads import attachment
from builds.models import Artifact, Job
from tests.api.world import Api, is_problem

pytestmark = pytest.mark.django_db
DATA = bytes(range(256)) * 4
SIZE = len(DATA)


def keep(job: Job, data: bytes = DATA, **more: Any) -> Artifact:
    """Leave a blob behind, as a station does."""
    values = {"kind": "log", "name": "unit.log", "media_type": "text/plain; charset=utf-8"} | more
    sha = connect().artifacts.put(data)
    return Artifact.objects.create(
        job=job, attempt=1, station="verify", **{"sha256": sha, "size": len(data), **values}
    )


def lying_at(row: Artifact) -> Path:
    """Where the blob is on disk."""
    store = connect().artifacts
    assert isinstance(store, LocalArtifacts)
    return store.root / row.sha256[:2] / row.sha256[2:]


def fetch(api: Api, row: Artifact, method: str = "GET", **headers: str) -> Any:
    """Its bytes."""
    return api.send(method, f"/dream-build/job-1/artifacts/{row.pk}", **headers)


def content(answer: Any) -> bytes:
    """All that was streamed."""
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


class TestList:
    """Which there are."""

    def test_the_newest_come_first_in_pages(self, alice: Api, job: Job) -> None:
        for n in range(5):
            keep(job, name=f"{n}.log")
        place, names = "/dream-build/job-1/artifacts?limit=2", []
        while place:
            answer = alice.get(place)
            assert answer.status_code == 200
            names.append([row["name"] for row in answer.json()["artifacts"]])
            following = answer.json()["next"]
            place = following and following.removeprefix("http://localhost:8000/api")
        assert names == [["4.log", "3.log"], ["2.log", "1.log"], ["0.log"]]

    def test_a_row_says_what_it_is_and_where_its_bytes_are(self, alice: Api, job: Job) -> None:
        row = keep(job)
        (found,) = alice.get("/dream-build/job-1/artifacts").json()["artifacts"]
        assert (found["id"], found["name"], found["kind"], found["station"]) == (
            row.pk, "unit.log", "log", "verify",
        )  # fmt: skip
        assert (found["size"], found["sha256"]) == (SIZE, row.sha256)
        assert content(alice.get(urlsplit(found["url"]).path.removeprefix("/api"))) == DATA

    def test_nothing_but_pages_may_be_asked_for(self, alice: Api, job: Job) -> None:
        is_problem(alice.get("/dream-build/job-1/artifacts?kind=log"), 400, "invalid")

    def test_a_list_costs_two_queries(self, alice: Api, job: Job, django_assert_num_queries: Any) -> None:
        for n in range(9):
            keep(job, name=f"{n}.log")
        with django_assert_num_queries(2):
            alice.get("/dream-build/job-1/artifacts")


class TestBytes:
    """Whole, and safe to open."""

    def test_the_bytes_come_as_an_attachment_that_no_browser_runs(self, alice: Api, job: Job) -> None:
        row = keep(job, name="report.html", media_type="text/html")
        answer = fetch(alice, row)
        assert (answer.status_code, content(answer)) == (200, DATA)
        told = answer.headers
        assert told["Content-Disposition"] == 'attachment; filename="report.html"'
        assert told["Content-Type"] == "text/html"
        assert told["X-Content-Type-Options"] == "nosniff"
        assert told["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert told["Cross-Origin-Resource-Policy"] == "same-origin"
        assert told["ETag"] == f'"{row.sha256}"'
        assert told["Cache-Control"] == "private, no-cache"
        assert (told["Accept-Ranges"], told["Content-Length"]) == ("bytes", str(SIZE))
        assert told["Repr-Digest"].startswith("sha-256=:")
        assert told["Vary"] == "Authorization"

    def test_any_type_may_be_wanted(self, alice: Api, job: Job) -> None:
        assert fetch(alice, keep(job), Accept="application/octet-stream").status_code == 200

    def test_an_empty_artifact_is_empty(self, alice: Api, job: Job) -> None:
        row = keep(job, b"")
        assert (content(fetch(alice, row)), fetch(alice, row).headers["Content-Length"]) == (b"", "0")
        is_problem(fetch(alice, row, Range="bytes=0-"), 416, "range_not_satisfiable")

    def test_a_head_has_the_headers_alone(self, alice: Api, job: Job) -> None:
        row = keep(job)
        head = fetch(alice, row, "HEAD", Range="bytes=0-1")
        assert (head.status_code, content(head), head.headers["Content-Length"]) == (200, b"", str(SIZE))
        assert head.headers["ETag"] == f'"{row.sha256}"'

    @pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*"])
    def test_what_was_fetched_before_is_not_sent_again(self, alice: Api, job: Job, form: str) -> None:
        row = keep(job)
        answer = fetch(alice, row, **{"If-None-Match": form.format(f'"{row.sha256}"')})
        assert (answer.status_code, content(answer)) == (304, b"")
        assert answer.headers["ETag"] == f'"{row.sha256}"'

    def test_other_content_than_if_match_names_is_a_412(self, alice: Api, job: Job) -> None:
        is_problem(fetch(alice, keep(job), **{"If-Match": '"x"'}), 412, "precondition_failed")

    def test_bytes_that_are_not_kept_any_more_are_gone(self, alice: Api, job: Job) -> None:
        row = keep(job, b"soon forgotten")
        lying_at(row).unlink()
        for method in ("GET", "HEAD"):
            answer = fetch(alice, row, method)
            assert answer.status_code == 410
        found = is_problem(fetch(alice, row), 410, "artifact_gone")
        assert found["detail"] == "The bytes of unit.log are not kept any more"
        assert str(lying_at(row).parent.parent) not in str(found)

    def test_damaged_bytes_are_never_handed_out(self, alice: Api, job: Job) -> None:
        row = keep(job, b"as it was written")
        lying_at(row).write_bytes(b"as somebody left ")
        is_problem(fetch(alice, row), 410, "artifact_gone")
        connect().artifacts.put(b"as it was written")

    def test_a_store_that_does_not_answer_is_a_503(self, alice: Api, job: Job) -> None:
        row = keep(job, b"behind a folder")
        lying_at(row).unlink()
        lying_at(row).mkdir()
        try:
            is_problem(fetch(alice, row), 503, "unavailable")
        finally:
            lying_at(row).rmdir()


class TestRanges:
    """One range, so that a download can go on where it stopped."""

    @pytest.mark.parametrize(
        ("asked", "start", "stop"),
        [
            ("bytes=0-0", 0, 1),
            ("bytes=0-99", 0, 100),
            ("bytes=100-", 100, SIZE),
            ("bytes=-24", SIZE - 24, SIZE),
            ("bytes=-9999", 0, SIZE),
            (f"bytes=1000-{10**17}", 1000, SIZE),
            ("bytes = 5 - 6", 5, 7),
        ],
    )
    def test_a_range_is_206_with_exactly_its_bytes(
        self, alice: Api, job: Job, asked: str, start: int, stop: int
    ) -> None:
        answer = fetch(alice, keep(job), Range=asked)
        assert (answer.status_code, content(answer)) == (206, DATA[start:stop])
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{SIZE}"
        assert answer.headers["Content-Length"] == str(stop - start)

    @pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=5000-6000", "bytes=-0"])
    def test_a_range_behind_the_end_is_416_and_says_where_the_end_is(
        self, alice: Api, job: Job, asked: str
    ) -> None:
        answer = fetch(alice, keep(job), Range=asked)
        assert str(SIZE) in is_problem(answer, 416, "range_not_satisfiable")["detail"]
        assert answer.headers["Content-Range"] == f"bytes */{SIZE}"

    @pytest.mark.parametrize(
        "asked",
        ["", "bytes", "bytes=", "bytes=-", "bytes=9-3", "bytes=0-1,4-5", "lines=0-1", "bytes=a-b",
         "bytes=٣-٤", f"bytes={'9' * 30}-"],
    )  # fmt: skip
    def test_what_is_no_single_range_is_answered_with_the_whole(
        self, alice: Api, job: Job, asked: str
    ) -> None:
        answer = fetch(alice, keep(job), Range=asked)
        assert (answer.status_code, content(answer)) == (200, DATA)

    def test_a_range_of_the_same_content_goes_on_and_of_other_content_begins_anew(
        self, alice: Api, job: Job
    ) -> None:
        row = keep(job)
        same = fetch(alice, row, **{"Range": "bytes=9-", "If-Range": f'"{row.sha256}"'})
        assert (same.status_code, content(same)) == (206, DATA[9:])
        for other in ('"x"', f'W/"{row.sha256}"', "Wed, 21 Oct 2015 07:28:00 GMT"):
            answer = fetch(alice, row, **{"Range": "bytes=9-", "If-Range": other})
            assert (answer.status_code, content(answer)) == (200, DATA)


class TestWhoSees:
    """Own jobs' artifacts only, through their own job."""

    @pytest.mark.parametrize("path", ["", "/{}"])
    def test_other_people_s_artifacts_do_not_exist(self, bob: Api, job: Job, path: str) -> None:
        place = f"/dream-build/job-1/artifacts{path.format(keep(job).pk)}"
        assert is_problem(bob.get(place), 404, "job_not_found")["detail"] == "Job not found"

    def test_an_artifact_is_found_through_its_own_job_alone(self, alice: Api, job: Job) -> None:
        row = keep(job)
        alice.submit(jobId="job-2")
        is_problem(alice.get(f"/dream-build/job-2/artifacts/{row.pk}"), 404, "artifact_not_found")

    @pytest.mark.parametrize("number", ["0", "-1", "x", "1.0", "9" * 18, "9" * 30, "%D9%A3", "%00", "1%0a"])
    def test_a_number_that_none_has_is_not_found(self, alice: Api, job: Job, number: str) -> None:
        is_problem(alice.get(f"/dream-build/job-1/artifacts/{number}"), 404, "artifact_not_found")

    @pytest.mark.parametrize("level", ["observer", "planner"])
    def test_readers_may_take_them(self, job: Job, level: str) -> None:
        assert content(fetch(Api({"dreamTrustLevel": level}), keep(job))) == DATA


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("changes.patch", 'attachment; filename="changes.patch"'),
        ("unit log.txt", 'attachment; filename="unit log.txt"'),
        ("../../etc/passwd", 'attachment; filename="_.._etc_passwd"'),
        ('a"b;c.txt', 'attachment; filename="a_b;c.txt"'),
        ("a\r\nSet-Cookie: x=1", 'attachment; filename="a__Set-Cookie_ x=1"'),
        (".bashrc", 'attachment; filename="bashrc"'),
        ("...", 'attachment; filename="artifact"'),
        ("", 'attachment; filename="artifact"'),
        ("größe.log", "attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.log"),
        ("日本.log", "attachment; filename*=utf-8''%E6%97%A5%E6%9C%AC.log"),
        ("gpj\u202e.exe", 'attachment; filename="gpj_.exe"'),
        ("x" * 200 + ".log", f'attachment; filename="{"x" * 116}.log"'),
    ],
)
def test_a_file_name_cannot_leave_its_header_or_its_folder(name: str, told: str) -> None:
    assert attachment(name) == told
