"""Decisions in the admin: bound to content, refused with one sentence, nothing typed is lost."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from builds import operations
from builds.models import Approval, Job
from builds.operations.questions import mine
from builds.people import Person
from tests import factories, people

pytestmark = pytest.mark.django_db


def decide(client: Client, job: Job, decision: str = "approve", **more: str) -> str:
    """Post a decision; the page that follows."""
    form = {"decision": decision, "content_hash": factories.HASH, **more}
    return str(
        client.post(reverse("admin:builds_job_decide", args=[job.pk]), form, follow=True).content.decode()
    )


@pytest.fixture
def rita(client: Client) -> Client:
    client.force_login(people.rita())
    return client


def test_a_yes_queues_the_job_and_is_written_down(rita: Client) -> None:
    job = factories.paused()
    assert f"Approved: {job.title}. Nothing else waits for you." in decide(rita, job, comment="Fine.")
    job.refresh_from_db()
    answer = job.approvals.get()
    assert job.status == "queued"
    assert (answer.state, answer.subject, answer.via, answer.comment) == (
        "approved",
        "rita",
        "admin",
        "Fine.",
    )
    assert answer.address == "127.0.0.1"
    assert "Approved content 433226146f90" in LogEntry.objects.get(object_id=str(job.pk)).change_message


def test_a_no_with_a_reason_ends_the_job(rita: Client) -> None:
    job = factories.paused()
    assert "Rejected" in decide(rita, job, "reject", comment="Keep the column.")
    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "rejected")


def test_a_no_without_a_reason_is_refused(rita: Client) -> None:
    job = factories.paused()
    assert "Not done: Say why: the requester is told your comment." in decide(rita, job, "reject")
    job.refresh_from_db()
    assert job.status == "paused"


def test_a_yes_for_other_content_is_refused_and_keeps_the_comment_once(rita: Client) -> None:
    job = factories.paused()
    shown = decide(rita, job, content_hash="f" * 64, comment="All <b>good</b>.")
    assert "Not done: The content has changed since you looked; look again." in shown
    assert "All &lt;b&gt;good&lt;/b&gt;.</textarea>" in shown
    again = rita.get(reverse("admin:builds_job_change", args=[job.pk])).content.decode()
    assert "All &lt;b&gt;good" not in again
    assert job.approvals.get().state == Approval.State.OPEN


def test_after_a_decision_the_next_one_that_is_mine_follows(rita: Client) -> None:
    factories.paused(title="Asked by Rita herself", requester="rita", user_id="rita")
    older, newer = factories.paused(title="The older one"), factories.paused(title="The newer one")
    Approval.objects.filter(job=older).update(asked_at=timezone.now() - timedelta(days=2))
    shown = decide(rita, newer)
    assert "This is the next one that waits for you." in shown
    assert "The older one" in shown.partition("<h1>")[2].partition("</h1>")[0]


def test_the_second_of_two_reviewers_reads_who_was_first(rita: Client) -> None:
    job = factories.paused()
    decide(rita, job)
    other = Client()
    other.force_login(people.user("raul", "review_job"))
    assert "Not done: rita already decided: approved." in decide(other, job)


def test_the_requester_cannot_post_what_she_was_not_offered(client: Client) -> None:
    client.force_login(people.alice())
    job = factories.paused()
    assert "Not done: You asked for this build" in decide(client, job)
    assert job.approvals.get().state == Approval.State.OPEN


@pytest.mark.parametrize("who", [people.vic, people.olga])
def test_without_the_permission_a_posted_yes_changes_nothing(client: Client, who: object) -> None:
    client.force_login(who())  # type: ignore[operator]
    job = factories.paused()
    decide(client, job)
    assert job.approvals.get().state == Approval.State.OPEN


def test_a_decision_needs_the_token_against_forged_forms() -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.rita())
    job = factories.paused()
    answer = strict.post(
        reverse("admin:builds_job_decide", args=[job.pk]),
        {"decision": "approve", "content_hash": factories.HASH},
    )
    assert answer.status_code == 403
    assert job.approvals.get().state == Approval.State.OPEN


def test_looking_at_the_address_of_decisions_decides_nothing(rita: Client) -> None:
    job = factories.paused()
    assert (
        rita.get(reverse("admin:builds_job_decide", args=[job.pk]), {"decision": "approve"}).status_code
        == 405
    )


def test_neither_button_is_no_decision(rita: Client) -> None:
    assert "Not done: Press Approve or Reject." in decide(rita, factories.paused(), "maybe")


@pytest.mark.parametrize("subject", ["alice", "rita", "olga"])
@pytest.mark.parametrize("reviews", [True, False])
@pytest.mark.parametrize("may_decide", ["owner", "reviewer", "other_reviewer"])
@pytest.mark.parametrize("requester", ["alice", "rita"])
def test_the_queue_of_a_person_holds_exactly_what_they_may_decide(
    subject: str, reviews: bool, may_decide: str, requester: str
) -> None:
    from_door = Person(name=subject, subject=subject, reviews=reviews, via="admin")
    job = factories.paused(may_decide, requester=requester)
    question = job.approvals.get()
    assert mine(from_door).exists() == (not operations.can_decide(job, question, from_door))


@pytest.mark.parametrize("subject", ["alice", "rita", "raul"])
@pytest.mark.parametrize("reviews", [True, False])
@pytest.mark.parametrize("may_decide", ["owner", "reviewer", "other_reviewer"])
@pytest.mark.parametrize("policy", [{}, {"reviewers": []}, {"reviewers": ["rita", "someone"]}])
def test_a_policy_that_names_reviewers_lets_only_these_review(
    subject: str, reviews: bool, may_decide: str, policy: dict[str, list[str]]
) -> None:
    from_door = Person(name=subject, subject=f"storia-{subject}", reviews=reviews, via="admin")
    job = factories.paused(may_decide, requester="alice", repo=factories.repo(name="named", policy=policy))
    refusal = operations.can_decide(job, job.approvals.get(), from_door)
    assert mine(from_door).exists() == (not refusal)
    if reviews and policy.get("reviewers") and subject != "rita":
        assert refusal == "The policy of acme/named names who decides this: rita, someone."


def test_the_requester_still_answers_what_the_requester_may_answer() -> None:
    job = factories.paused("owner", repo=factories.repo(name="named", policy={"reviewers": ["rita"]}))
    alice = Person(name="alice", subject="alice", reviews=True, via="admin")
    assert operations.can_decide(job, job.approvals.get(), alice) == ""
    assert mine(alice).exists()
