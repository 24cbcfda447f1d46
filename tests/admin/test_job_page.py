"""The page of a job: why it stopped and what a yes does; and never more than is known."""

from decimal import Decimal
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse

from builds.evidence import CheckRun, Finding
from builds.models import Job
from tests import factories, people
from tests.full_job import full_job

pytestmark = pytest.mark.django_db
HIGH = Finding(rule="sql.drop", reason="It drops a column.", severity="high", path="a.sql", line=1, text="x")


def page(client: Client, job: Job) -> str:
    answer = client.get(reverse("admin:builds_job_change", args=[job.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.fixture
def rita(client: Client) -> Client:
    client.force_login(people.rita())
    return client


def test_a_reviewer_reads_why_it_paused_and_what_each_answer_does(rita: Client) -> None:
    shown = page(rita, full_job())
    assert "Paused before “create_pr”:" in shown
    assert "<strong>If you approve:</strong> The branch dream/add-csv-export-1f2e3d4c is pushed" in shown
    assert "<strong>If you reject:</strong> The build stops as rejected" in shown
    assert 'value="approve" class="approve">Approve and create_pr</button>' in shown
    assert f'name="content_hash" value="{factories.HASH}"' in shown


def test_the_facts_stand_above_everything_else(rita: Client) -> None:
    shown = page(rita, full_job()).partition('class="columns"')[0]
    for fact in ("$7.43", "of $20.00", "$12.57", "148 passed · 0 failed", "2 newly passing", "wants changes"):
        assert fact in shown
    assert "+25 −4" in shown
    assert "in 3 files" in shown
    assert "0 of 3" in shown


def test_what_is_not_known_is_said_and_never_green(rita: Client) -> None:
    shown = page(rita, factories.paused(station="implement"))
    for sentence in (
        "No second model has looked at this change yet.",
        "There is no change yet.",
        "There is nothing to check yet.",
        "There is no plan yet.",
        "Nobody has decided anything yet.",
        "The spec names no acceptance criteria.",
    ):
        assert sentence in shown
    for label in ("Tests", "Second model", "Change", "Criteria met"):
        assert f'<dt>{label}</dt><dd class="unknown">' in shown


def test_checks_that_were_not_run_are_unknown_with_their_reason(rita: Client) -> None:
    job = factories.paused()
    factories.keep_patch(job, {}, {"a.py": "x = 1\n"})
    run = CheckRun(
        phase="after", check="unit", argv=("make", "test"), tree_sha=factories.TREE, outcome="not_verified",
        reason="The run collected no test.",
    )  # fmt: skip
    factories.keep_checks(job, run)
    shown = page(rita, job)
    assert (
        '<dt>Tests</dt><dd class="unknown">not verified</dd><dd class="detail">The run collected no' in shown
    )


def test_checks_of_another_tree_do_not_count(rita: Client) -> None:
    job = full_job()
    Job.objects.filter(pk=job.pk).update(tree_sha="8" * 40)
    shown = page(rita, job)
    assert '<dt>Tests</dt><dd class="unknown">not run</dd>' in shown
    assert '<dt>Second model</dt><dd class="unknown">out of date</dd>' in shown
    assert "The review is of another change and counts for nothing now." in shown


def test_a_blob_that_is_gone_costs_the_diff_and_not_the_page(rita: Client) -> None:
    job = full_job()
    Job.objects.filter(pk=job.pk).update(change_set="0" * 64)
    shown = page(rita, job)
    assert "Some evidence could not be read:" in shown
    assert "Paused before “create_pr”:" in shown


def test_the_requester_reads_why_she_may_not_decide(client: Client) -> None:
    client.force_login(people.alice())
    shown = page(client, factories.paused(findings=(HIGH,)))
    assert "You asked for this build; a reviewer other than you decides it." in shown
    assert 'value="approve"' not in shown


def test_a_superuser_is_not_exempt_from_four_eyes(client: Client) -> None:
    client.force_login(people.root())
    shown = page(client, factories.paused(requester="root"))
    assert 'value="approve"' not in shown
    assert "You asked for this build" in shown


def test_a_viewer_sees_the_page_and_no_button(client: Client) -> None:
    client.force_login(people.vic())
    shown = page(client, full_job())
    assert "Paused before" in shown
    assert "A reviewer other than the requester decides this." in shown
    for button in ('value="approve"', 'value="reject"', "Cancel…", "Rerun…"):
        assert button not in shown


def test_an_operator_is_offered_cancel_for_what_goes_on_and_rerun_for_what_ended(client: Client) -> None:
    client.force_login(people.olga())
    waiting, failed = page(client, factories.paused()), page(client, factories.ended())
    assert ("Cancel…" in waiting, "Rerun…" in waiting) == (True, False)
    assert ("Cancel…" in failed, "Rerun…" in failed) == (False, True)
    assert 'value="approve"' not in waiting


def test_a_failed_job_says_where_and_why(rita: Client) -> None:
    shown = page(rita, factories.ended())
    assert "Failed at “verify” (checks_failed):" in shown
    assert "3 tests fail that did not before." in shown


def test_a_page_that_is_not_paused_asks_nothing(rita: Client) -> None:
    for job in (factories.job(), factories.ended("canceled"), factories.ended("succeeded")):
        assert "Your decision" not in page(rita, job)


def test_a_pull_request_is_a_link_only_where_a_browser_can_follow_it(rita: Client) -> None:
    here = factories.ended("succeeded", pr_number=7, pr_url="https://example.com/pull/7")
    local = factories.ended("succeeded", pr_number=8, pr_url="javascript:alert(1)")
    assert '<a href="https://example.com/pull/7"' in page(rita, here)
    assert 'href="javascript' not in page(rita, local)


def test_words_of_strangers_and_models_are_escaped_and_hide_nothing(rita: Client) -> None:
    job = factories.paused(title="Fix <script>alert(1)</script> \u202egnp.exe")
    shown = page(rita, job)
    assert "<script>alert" not in shown
    assert "⟨U+202E⟩" in shown


def test_words_of_a_model_are_marked_as_such(rita: Client) -> None:
    shown = page(rita, full_job())
    assert "written by a model: other-family-1" in shown
    assert shown.count("written by a model") >= 3


def test_the_spec_is_there_as_safe_html(rita: Client) -> None:
    shown = page(rita, full_job())
    assert "<p>Accountants copy invoices by hand. Give them a file.</p>" in shown


def test_no_page_needs_more_than_the_strict_policy_allows(rita: Client) -> None:
    answer = rita.get(reverse("admin:builds_job_change", args=[full_job().pk]))
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    shown = answer.content.decode()
    for forbidden in (" style=", "<style", "<script>", "onclick=", "javascript:"):
        assert forbidden not in shown


def test_headings_come_in_order(rita: Client) -> None:
    shown = page(rita, full_job())
    levels = [int(part[0]) for part in shown.split("<h")[1:] if part[0].isdigit()]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_nobody_edits_a_job_by_hand(client: Client) -> None:
    client.force_login(people.root())
    job = factories.paused(spent_usd=Decimal(1))
    change = reverse("admin:builds_job_change", args=[job.pk])
    assert client.post(change, {"status": "succeeded"}).status_code == 405
    assert client.get(reverse("admin:builds_job_add")).status_code == 403
    assert client.post(reverse("admin:builds_job_delete", args=[job.pk]), {"post": "yes"}).status_code == 403
    job.refresh_from_db()
    assert job.status == "paused"


def test_a_stranger_and_a_member_of_staff_without_permission_see_nothing(client: Client) -> None:
    address = reverse("admin:builds_job_change", args=[factories.paused().pk])
    assert client.get(address).status_code == 302
    nobody = people.user("nobody")
    nobody.user_permissions.clear()
    client.force_login(nobody)
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("name", ["999999", "x", "1'--", "9" * 40, "²"])
def test_an_unknown_job_leads_back_with_a_sentence(rita: Client, name: str) -> None:
    answer = rita.get(reverse("admin:builds_job_change", args=[name]), follow=True)
    assert "There is no such job." in answer.content.decode()


def test_the_number_of_queries_does_not_grow_with_events_and_artifacts(
    rita: Client, django_assert_max_num_queries: object
) -> None:
    job = full_job()
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        page(rita, job)
