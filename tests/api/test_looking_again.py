"""Looking at a job again: cheap for both sides, and told when it is worth it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from builds.models import Job
from tests.api.world import Api, is_problem

pytestmark = pytest.mark.django_db


def change(job: Job, **columns: Any) -> None:
    """Write what the engine would have written."""
    Job.objects.filter(pk=job.pk).update(**columns)


class TestLookingAgain:
    """Cheap for both sides."""

    def test_an_unchanged_job_is_304_without_a_body(self, alice: Api, job: Job) -> None:
        first = alice.get("/dream-build/job-1")
        etag = first.headers["ETag"]
        again = alice.get("/dream-build/job-1", **{"If-None-Match": f'"x", W/{etag}'})
        assert (again.status_code, again.content) == (304, b"")
        assert (again.headers["ETag"], again.headers["Retry-After"]) == (etag, "5")
        assert first.headers["Cache-Control"] == "private, no-cache"

    def test_a_changed_job_is_told_anew(self, alice: Api, job: Job) -> None:
        etag = alice.get("/dream-build/job-1").headers["ETag"]
        change(job, wait_reason="The day's cap is reached")
        again = alice.get("/dream-build/job-1", **{"If-None-Match": etag})
        assert again.status_code == 200
        assert again.headers["ETag"] != etag
        assert again.json()["waitReason"] == "The day's cap is reached"

    @pytest.mark.parametrize(
        ("columns", "seconds"),
        [({"status": "running"}, "5"), ({"status": "paused"}, "30"), ({"status": "failed"}, None)],
    )
    def test_retry_after_says_when_looking_again_is_worth_it(
        self, alice: Api, job: Job, columns: dict[str, Any], seconds: str | None
    ) -> None:
        change(job, **columns)
        assert alice.get("/dream-build/job-1").headers.get("Retry-After") == seconds

    def test_a_job_for_tonight_says_when(self, alice: Api, job: Job) -> None:
        change(job, run_after=timezone.now() + timedelta(minutes=2))
        answer = alice.get("/dream-build/job-1")
        assert answer.json()["scheduledFor"] is not None
        assert 100 < int(answer.headers["Retry-After"]) <= 120

    def test_a_head_has_the_headers_alone(self, alice: Api, job: Job) -> None:
        look, head = alice.get("/dream-build/job-1"), alice.send("HEAD", "/dream-build/job-1")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["ETag"] == look.headers["ETag"]


class TestConditions:
    """RFC 9110's ways to ask only for what is new."""

    @pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', '"x",W/{} , "y"', "*"])
    def test_every_form_of_if_none_match_is_understood(self, alice: Api, job: Job, form: str) -> None:
        etag = alice.get("/dream-build/job-1").headers["ETag"]
        for method in ("GET", "HEAD"):
            again = alice.send(method, "/dream-build/job-1", **{"If-None-Match": form.format(etag)})
            assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", etag)
            assert again.headers["Vary"] == "Authorization"

    @pytest.mark.parametrize("form", ['"x"', 'W/"x"', "x", "", '"*"'])
    def test_another_etag_is_answered_in_full(self, alice: Api, job: Job, form: str) -> None:
        assert alice.get("/dream-build/job-1", **{"If-None-Match": form}).status_code == 200

    def test_if_match_of_other_content_is_a_412(self, alice: Api, job: Job) -> None:
        etag = alice.get("/dream-build/job-1").headers["ETag"]
        assert alice.get("/dream-build/job-1", **{"If-Match": etag}).status_code == 200
        is_problem(alice.get("/dream-build/job-1", **{"If-Match": '"x"'}), 412, "precondition_failed")
