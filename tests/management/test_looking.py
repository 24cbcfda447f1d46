"""`dream list`, `show` and `diff`: what a person sees, and what a program reads."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.test.utils import CaptureQueriesContext

from builds.adapters import connect
from builds.models import Job
from tests import factories
from tests.full_job import full_job
from tests.management.conftest import Dream


def test_an_empty_list_says_how_to_begin(dream: Dream) -> None:
    answer = dream("list")
    assert answer.code == 0
    assert "dream submit SPEC.md --repo OWNER/NAME --budget 2.00" in answer.out
    assert dream("list", "--json").document == {"jobs": [], "halt": None}


def test_the_list_holds_the_newest_first_and_no_more_than_asked_for(dream: Dream) -> None:
    names = [factories.job().job_id for _ in range(3)]
    listed = [job["jobId"] for job in dream("list", "--json").document["jobs"]]
    assert listed == names[::-1]
    shown = dream("list", "--limit", "2").out
    assert names[2] in shown
    assert names[0] not in shown
    assert dream("list", "--limit", "0").code == 2


def test_the_list_holds_what_is_mine_and_what_i_asked_for_once_each(dream: Dream) -> None:
    mine = factories.job()
    factories.job(user_id="bob", requester="bob")
    for_bob = factories.job(user_id="bob", requester="alice")
    for_me = factories.job(user_id="alice", requester="bob")
    listed = [job["jobId"] for job in dream("list", "--json").document["jobs"]]
    assert listed == [for_me.job_id, for_bob.job_id, mine.job_id]
    assert len(dream("list", "--json", by="olga").document["jobs"]) == 4


def test_the_list_reads_no_more_jobs_than_it_shows(
    dream: Dream, django_assert_num_queries: Callable[[int], AbstractContextManager[CaptureQueriesContext]]
) -> None:
    for _ in range(5):
        factories.job()
    with django_assert_num_queries(5) as asked:  # who asks, what they may (twice), jobs, a halt
        dream("list", "--limit", "3", by="olga")
    assert any("LIMIT 3" in query["sql"] for query in asked.captured_queries)


@pytest.mark.parametrize("status", ["queued", "running", "paused", "complete", "failed", "canceled"])
def test_the_list_knows_the_public_words(dream: Dream, status: str) -> None:
    factories.job()
    factories.job(status="running", started_at="2026-01-01T00:00:00Z")
    factories.job(status="queued", started_at="2026-01-01T00:00:00Z")
    factories.paused()
    factories.ended("succeeded")
    factories.ended("failed")
    factories.ended("canceled")
    jobs = dream("list", "--status", status, "--json").document["jobs"]
    assert {job["status"] for job in jobs} == {status}
    assert len(jobs) == (2 if status == "running" else 1)


def test_the_list_is_filtered_by_repository(dream: Dream) -> None:
    factories.job()
    other = factories.job(repo=factories.repo("acme", "shop"))
    jobs = dream("list", "--repo", "acme/shop", "--json").document["jobs"]
    assert [job["jobId"] for job in jobs] == [other.job_id]


def test_waiting_lists_what_this_person_may_answer(dream: Dream) -> None:
    own = factories.paused("owner")
    four_eyes = factories.paused("other_reviewer")
    factories.job()
    assert [job["jobId"] for job in dream("list", "--waiting", "--json").document["jobs"]] == [own.job_id]
    of_rita = dream("list", "--waiting", "--json", by="rita").document["jobs"]
    assert {job["jobId"] for job in of_rita} == {own.job_id, four_eyes.job_id}


def test_a_paused_job_says_why_what_each_answer_does_and_how_to_give_it(dream: Dream) -> None:
    job = full_job()
    out = dream("show", job.job_id, by="rita").out
    assert "paused at create_pr" in out
    assert "Destructive operations detected, 2 risky lines" in out
    assert "app/migrations/0042_invoice_currency.py:8  removes_field (high)" in out
    assert "yes   The branch dream/add-csv-export-1f2e3d4c is pushed and one pull request is opened" in out
    assert "no    The build stops as rejected" in out
    assert f"hash  {factories.HASH}" in out
    assert f"dream approve {job.job_id} --hash {factories.HASH[:12]}" in out
    assert "who   a reviewer other than the requester, until" in out


def test_a_job_shows_stations_items_checks_criteria_review_and_money(dream: Dream) -> None:
    out = dream("show", full_job().job_id).out
    lines = [line.split() for line in out.splitlines()]
    for station in ("intake", "plan", "implement", "verify", "review"):
        assert any(words[:2] == [station, "succeeded"] for words in lines)
    assert any(words[:2] == ["create_pr", "paused"] for words in lines)
    assert any(words[:2] == ["deploy", "pending"] for words in lines)
    assert "Yield currency with each row" in out
    assert "A signed-in user downloads all invoices as CSV" in out
    assert "Review by other-family-1: changes, medium risk" in out
    assert "$7.4300 spent of $20.00" in out


def test_who_may_not_answer_is_told_why_and_offered_no_command(dream: Dream) -> None:
    job = full_job()
    out = dream("show", job.job_id).out
    assert "You asked for this build; a reviewer other than you decides it." in out
    assert "dream approve" not in out


def test_a_failed_job_says_why_and_how_to_go_on(dream: Dream) -> None:
    job = factories.ended("failed")
    out = dream("show", job.job_id).out
    assert "Ended at verify" in out
    assert "checks_failed" in out
    assert "3 tests fail that did not before." in out
    assert f"Go on with: python3 manage.py dream rerun {job.job_id}" in out
    broke = factories.ended("failed", error_code="budget_exhausted")
    assert f"dream rerun {broke.job_id} --budget" in dream("show", broke.job_id).out


def test_show_as_json_is_what_the_api_tells(dream: Dream) -> None:
    job = full_job()
    document = dream("show", job.job_id, "--json", by="rita").document
    assert document["jobId"] == job.job_id
    assert document["gate"]["contentHash"] == factories.HASH
    assert document["gate"]["whyNot"] is None
    assert document["actions"] == ["approve", "reject"]
    assert len(document["stations"]) == 7


def test_a_diff_shows_each_finding_below_its_line(dream: Dream) -> None:
    lines = dream("diff", full_job().job_id).out.splitlines()
    assert lines[0].startswith("3 files, +")
    shell = lines.index('+    subprocess.run(f"logger export {request.user}", shell=True)')
    assert lines[shell + 1] == "    ^^^ runs_a_command (critical): A shell reads the name of a user."
    rates = lines.index("+    rates = requests.get(settings.FX_URL, verify=False, timeout=5)")
    assert "verify=False turns TLS checks off" in lines[rates + 1]
    removed = lines.index('+        migrations.RemoveField("invoice", "legacy_total"),')
    assert "removes_field (high)" in lines[removed + 1]
    assert sum("^^^" in line for line in lines) == 3


def test_a_patch_is_exactly_what_was_stored(dream: Dream) -> None:
    job = full_job()
    answer = dream("diff", job.job_id, "--patch")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.encode() == connect().artifacts.get(job.change_set)


def test_a_job_without_a_change_set_says_so(dream: Dream) -> None:
    job = factories.job()
    answer = dream("diff", job.job_id)
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == f"dream: {job.job_id} has no change set yet; it is queued at intake.\n"


def test_what_a_spec_or_a_model_wrote_cannot_steer_the_terminal(dream: Dream) -> None:
    job: Job = factories.job(title="Dark \x1b[2Jmode [/red] \u202etxt.exe\u202c")
    for words in (["list"], ["show", job.job_id]):
        out = dream(*words).out
        assert "\x1b" not in out
        assert "\u202e" not in out
        assert "Dark ⟨U+001B⟩[2Jmode [/red] ⟨U+202E⟩txt.exe" in out
