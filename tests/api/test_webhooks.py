"""What GitHub tells is recorded on the job whose pull request it is about: once, and never acted on."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection, transaction
from django.utils import timezone

from builds.endings import end
from builds.models import CallbackDelivery, Event, GithubDelivery, Job
from builds.operations import hearing
from builds.public_pull import pull_request
from builds.states import JobStatus
from tests import factories
from tests.api import github_deliveries as github
from tests.api.github_deliveries import SECRET, send
from tests.api.world import Api

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def secret(settings: LazySettings) -> None:
    settings.GITHUB_WEBHOOK_SECRETS = (SECRET,)


@pytest.fixture
def opened(settings: LazySettings) -> Job:
    """Alice's job, which ended with an open pull request."""
    return factories.job(
        job_id="dm_7", status="succeeded", pr_number=7, branch=github.BRANCH, head_sha=github.HEAD,
        pr_url="https://github.com/acme/billing/pull/7", station="create_pr",
    )  # fmt: skip


def seen(job: Job) -> dict[str, Any]:
    """What the API tells of the job's pull request."""
    answer = Api().get(f"/dream-build/{job.job_id}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()["pullRequest"]
    return found


def events(job: Job) -> list[str]:
    return list(job.events.order_by("sequence").values_list("name", flat=True))


KINDS: list[tuple[str, Any, str, str, str]] = [
    ("pull_request", github.closed(merged=True), "merged", "octocat merged pull request #7", "octocat"),
    ("pull_request", github.closed(), "closed", "octocat closed pull request #7 without merging", "octocat"),
    ("pull_request", github.reopened(), "reopened", "octocat reopened pull request #7", "octocat"),
    ("pull_request_review", github.review(), "reviewed", "rita asks for changes to pull request #7", "rita"),
    ("pull_request_review", github.review("approved"), "reviewed", "rita approved pull request", "rita"),
    ("issue_comment", github.comment(), "commented", "octocat commented on pull request #7: Is", "octocat"),
    ("pull_request_review_comment", github.line_comment(), "commented", "rita commented on app/ex", "rita"),
    ("check_run", github.check_run(), "check_failed", "The check “ci / unit” of pull request #7 end", ""),
    ("check_suite", github.check_suite("timed_out"), "check_failed", "The check “octocoders-linter (", ""),
]


@pytest.mark.parametrize(("event", "payload", "name", "message", "actor"), KINDS)
def test_each_kind_becomes_an_event_of_the_job(
    opened: Job, event: str, payload: Any, name: str, message: str, actor: str
) -> None:
    answer = send(event, payload)
    assert (answer.status_code, answer.json()) == (202, {"ok": True, "recorded": ["dm_7"]})
    (found,) = opened.events.all()
    assert (found.name, found.callback_status) == (f"pull_request.{name}", "")
    assert found.message.startswith(message)
    assert found.actor == (f"github:{actor}" if actor else "github")
    assert found.data["number"] == 7
    row = GithubDelivery.objects.get()
    assert (row.event, row.job) == (event, opened)


def test_what_was_heard_is_in_the_job_s_document(opened: Job) -> None:
    assert seen(opened)["heardAt"] is None
    for event, payload in (
        ("pull_request_review", github.review()),
        ("pull_request_review_comment", github.line_comment()),
        ("issue_comment", github.comment()),
        ("check_run", github.check_run()),
        ("pull_request", github.closed(merged=True, at="2026-11-20T21:30:00Z")),
    ):
        send(event, payload)
    found = seen(opened)
    assert (found["number"], found["state"], found["merged"]) == (7, "merged", True)
    assert (found["stateBy"], found["stateAt"]) == ("octocat", "2026-11-20T21:30:00.000Z")
    assert found["reviews"] == [
        {
            "verdict": "changes_requested",
            "by": "rita",
            "text": "Please stream the rows.",
            "url": "https://github.com/acme/billing/pull/7#pullrequestreview-237895671",
            "at": "2026-11-20T21:05:00.000Z",
        }
    ]
    assert found["comments"] == 2
    assert [one["place"] for one in found["newestComments"]] == ["app/export.py:19", None]
    (check,) = found["checks"]["failed"]
    assert (check["name"], check["conclusion"], check["ofThisHead"]) == ("ci / unit", "failure", True)
    assert found["heardAt"] == "2026-11-20T21:30:00.000Z"


def test_a_job_without_a_pull_request_tells_of_none() -> None:
    assert seen(factories.job()) is None


def test_a_check_that_passes_after_all_is_no_longer_failed(opened: Job) -> None:
    passed = github.check_run("success", completed_at="2026-11-20T21:40:00Z")
    assert "not known to fail" in send("check_run", passed).json()["ignored"]
    send("check_run", github.check_run())
    assert send("check_run", passed).json()["recorded"] == ["dm_7"]
    assert seen(opened)["checks"]["failed"] == []
    assert events(opened) == ["pull_request.check_failed", "pull_request.check_passed"]


def test_events_after_the_end_leave_one_terminal_event_and_tell_no_receiver() -> None:
    job = factories.job(
        status="running", station="create_pr", pr_number=7, branch=github.BRANCH,
        callback_url="https://storia.example/cb",
    )  # fmt: skip
    factories.runs(job, "create_pr", "running")
    with transaction.atomic():
        end(job, JobStatus.SUCCEEDED)
    Job.objects.filter(pk=job.pk).update(delivered_sequence=1, next_callback_at=None)
    for event, make in github.EVERY.items():
        assert send(event, make()).status_code == 202
    job.refresh_from_db()
    assert (job.status, job.last_sequence, job.next_callback_at) == ("succeeded", 7, None)
    assert job.events.exclude(callback_status="").count() == 1
    assert list(job.events.order_by("sequence").values_list("sequence", flat=True)) == list(range(1, 8))
    assert CallbackDelivery.objects.count() == 0


def test_the_same_delivery_twice_is_recorded_once(opened: Job) -> None:
    name = str(uuid4())
    first = send("issue_comment", github.comment(), **{"X-GitHub-Delivery": name})
    again = send("issue_comment", github.comment(), **{"X-GitHub-Delivery": name})
    assert first.json()["recorded"] == ["dm_7"]
    assert (again.status_code, again.json()["ignored"]) == (202, "This delivery was taken before")
    assert events(opened) == ["pull_request.commented"]


@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_ten_times_at_once_is_recorded_once(opened: Job) -> None:
    name = str(uuid4())

    def one(_: int) -> Any:
        try:
            return send("issue_comment", github.comment(), **{"X-GitHub-Delivery": name}).json()
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(one, range(10)))
    assert sorted("recorded" in answer for answer in answers) == [False] * 9 + [True]
    assert events(opened) == ["pull_request.commented"]


def test_what_was_ignored_is_taken_when_it_comes_again_and_is_ours_by_then() -> None:
    name = str(uuid4())
    assert "ignored" in send("pull_request", github.closed(), **{"X-GitHub-Delivery": name}).json()
    job = factories.job(pr_number=7, branch=github.BRANCH)
    assert send("pull_request", github.closed(), **{"X-GitHub-Delivery": name}).json()["recorded"] == [
        job.job_id
    ]


def test_old_deliveries_are_forgotten(opened: Job) -> None:
    old = timezone.now() - hearing.KEPT - timedelta(minutes=1)
    GithubDelivery.objects.create(delivery="old", event="issue_comment", received_at=old)
    GithubDelivery.objects.create(delivery="young", event="issue_comment")
    send("issue_comment", github.comment())
    kept = set(GithubDelivery.objects.values_list("delivery", flat=True))
    assert "young" in kept
    assert "old" not in kept
    assert len(kept) == 2


FORK = github.repository("mallory", "billing", 9)
IGNORED: list[tuple[str, str, Any, str]] = [
    ("another event", "star", github.delivery("created"), "This event is not recorded"),
    ("another action", "pull_request", github.delivery("labeled", pull_request=github.pull()), "This action"),
    ("an edited comment", "issue_comment", {**github.comment(), "action": "edited"}, "This action"),
    ("a comment on an issue", "issue_comment", github.delivery("created", issue={"number": 7}), "an issue"),
    ("another repository", "issue_comment", {**github.comment(), "repository": FORK}, "not registered"),
    ("another number", "issue_comment", github.comment(number=8), "No job has this pull request"),
    ("a fork", "pull_request", github.closed(head={"ref": github.BRANCH, "repo": FORK}), "comes from a fork"),
    ("another branch", "pull_request", github.closed(head={"ref": "x"}), "from another branch"),
    ("a running check", "check_run", {**github.check_run(), "action": "created"}, "This action"),
    ("a canceled check", "check_run", github.check_run("cancelled"), "This conclusion"),
    ("a check of a fork", "check_run", github.check_run(pull_requests=[]), "of no pull request"),
    ("no repository", "pull_request", {"action": "closed", "pull_request": {}}, "names no repository"),
    ("no number", "pull_request", github.closed(number="7"), "names no pull request"),
    ("a huge number", "pull_request", github.closed(number=2**40), "names no pull request"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "payload", "why"), [row[1:] for row in IGNORED], ids=[r[0] for r in IGNORED]
)
def test_what_is_none_of_ours_is_answered_with_the_reason_and_leaves_nothing(
    opened: Job, event: str, payload: Any, why: str
) -> None:
    answer = send(event, payload)
    assert answer.status_code == 202
    assert why in answer.json()["ignored"]
    assert Event.objects.count() == GithubDelivery.objects.count() == 0


def test_the_repository_is_found_however_its_letters_are_written(opened: Job) -> None:
    payload = {**github.comment(), "repository": github.repository("Acme", "Billing")}
    assert send("issue_comment", payload).json()["recorded"] == ["dm_7"]


def test_a_stranger_s_text_is_cleaned_cut_and_masked(opened: Job) -> None:
    key = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    body = f"<!-- obey -->Look\u202e at\x00 {key} \ud800 <script>alert(1)</script>\r\n" + "x" * 70_000
    payload = json.dumps(github.comment(body)).encode()
    assert send("issue_comment", payload).status_code == 202
    (found,) = opened.events.all()
    assert "obey" not in found.message
    assert key not in found.message
    assert not set("\u202e\x00\r\n") & set(found.message)
    assert len(found.message) < 700
    opened.refresh_from_db()
    told = pull_request(opened)
    assert told
    assert key not in json.dumps(told)


def test_a_link_that_is_no_https_address_is_left_out(opened: Job) -> None:
    send("issue_comment", github.comment(html_url="javascript:alert(1)"))
    assert seen(opened)["newestComments"][0]["url"] is None


def test_comments_without_end_are_counted_but_end_as_events(opened: Job) -> None:
    send("issue_comment", github.comment())
    opened.refresh_from_db()
    assert opened.pull_news
    many = {**opened.pull_news, "heard": hearing.MOST_EVENTS, "comments": hearing.MOST_EVENTS}
    Job.objects.filter(pk=opened.pk).update(pull_news=many)
    assert send("issue_comment", github.comment()).json()["recorded"] == ["dm_7"]
    assert events(opened) == ["pull_request.commented"]
    assert seen(opened)["comments"] == hearing.MOST_EVENTS + 1


def test_the_next_pull_request_of_a_job_begins_without_the_news_of_the_first(opened: Job) -> None:
    send("pull_request", github.closed())
    Job.objects.filter(pk=opened.pk).update(pr_number=9, branch=f"{github.BRANCH}-2")
    assert seen(opened)["state"] == "open"
    assert seen(opened)["heardAt"] is None
    assert "No job has" in send("pull_request", github.reopened()).json()["ignored"]
