"""Lists, navigation, first page and groups: what is there, for whom, with how many queries."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from builds.admin.filters import PUBLIC
from builds.admin.site import PAGES
from builds.models import Job, OperatorToken, Repo
from builds.public import public_status
from builds.states import PUBLIC_WORDS
from tests import factories, people
from tests.full_job import full_job

pytestmark = pytest.mark.django_db
FORMS = {Repo, OperatorToken}
"""What has a page to add one."""
JOBS = "/admin/builds/job/"
MaxQueries = Callable[[int], AbstractContextManager[object]]


@pytest.fixture
def rita(client: Client) -> Client:
    client.force_login(people.rita())
    return client


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return str(answer.content.decode())


def test_a_row_shows_job_title_repo_status_cost_and_age(rita: Client) -> None:
    full_job()
    shown = read(rita, JOBS)
    for part in (
        "dm_100200", "Add CSV export for invoices", "acme/billing",
        '<span class="badge status-paused">paused',
        "create_pr", "$7.43 / $20.00", "6 h",
    ):  # fmt: skip
        assert part in shown


def test_the_list_needs_as_many_queries_for_fifty_rows_as_for_one(
    rita: Client, django_assert_max_num_queries: MaxQueries
) -> None:
    for number in range(50):
        factories.job(repo=factories.repo(name=f"repo-{number % 7}"))
    with django_assert_max_num_queries(12):
        read(rita, JOBS)


def test_the_first_page_needs_few_queries(rita: Client, django_assert_max_num_queries: MaxQueries) -> None:
    for _ in range(12):
        factories.paused(), factories.ended()
    with django_assert_max_num_queries(16):
        read(rita, "/admin/")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"mine", "own", "over"}),
        ("?waiting=me", {"mine"}),
        ("?waiting=anyone", {"mine", "own"}),
        ("?status=failed", {"over"}),
        ("?status=nonsense", {"mine", "own", "over"}),
        ("?q=over", {"over"}),
    ],
)
def test_filters_and_search_find_the_right_jobs(rita: Client, query: str, found: set[str]) -> None:
    factories.paused(title="mine")
    factories.paused(title="own", requester="rita")
    factories.ended(title="over")
    answer = rita.get(JOBS + query)
    assert {job.title for job in answer.context["cl"].result_list} == found


def test_the_status_filter_and_the_public_word_say_the_same() -> None:
    now = timezone.now()
    for started in (None, now):
        for status in PUBLIC_WORDS:
            factories.job(status=status, started_at=started)
        factories.job(started_at=started, wait_cause="cap")
    for word, condition in PUBLIC.items():
        assert {public_status(job) for job in Job.objects.filter(condition)} == {word}
    assert sum(Job.objects.filter(condition).count() for condition in PUBLIC.values()) == Job.objects.count()


def test_the_bar_counts_what_waits_for_me(rita: Client) -> None:
    factories.paused()
    factories.paused(requester="rita")
    assert 'Waiting for review\n              <span class="count">1</span>' in read(rita, "/admin/")


def test_only_operators_are_led_to_the_queues(client: Client) -> None:
    for who, leads in ((people.rita(), False), (people.olga(), True)):
        client.force_login(who)
        assert (reverse("django_rq:home") in read(client, "/admin/")) is leads


def test_the_pages_of_django_rq_are_nowhere_without_the_permission(client: Client) -> None:
    client.force_login(people.rita())
    assert client.get(reverse("django_rq:home")).status_code == 403
    assert client.get("/admin/django_rq/dashboard/").status_code == 404


def test_the_overview_tells_what_waits_runs_and_failed(rita: Client) -> None:
    question = factories.paused().approvals.get()
    type(question).objects.update(asked_at=timezone.now() - timedelta(hours=5))
    factories.ended(title="Show VAT")
    factories.ended("succeeded", error_code="")
    shown = read(rita, "/admin/")
    assert "the oldest for 5 h" in shown
    assert "50 % succeed" in shown
    assert "Show VAT" in shown


def test_who_may_not_see_jobs_gets_a_first_page_without_them(client: Client) -> None:
    client.force_login(User.objects.create_user("ann", is_staff=True))
    factories.paused(title="Secret plan")
    shown = read(client, "/admin/")
    assert "Secret plan" not in shown
    assert "Waiting for review" not in shown


@pytest.mark.parametrize("model", [model for model, _ in PAGES], ids=lambda model: model._meta.model_name)
def test_every_list_and_row_can_be_read(rita: Client, model: type) -> None:
    full_job()
    name = model._meta.model_name  # type: ignore[attr-defined]
    read(rita, reverse(f"admin:builds_{name}_changelist"))
    row = model.objects.first()  # type: ignore[attr-defined]
    if row is not None:
        read(rita, reverse(f"admin:builds_{name}_change", args=[row.pk]))


@pytest.mark.parametrize(
    "model",
    [model for model, _ in PAGES if model not in FORMS],
    ids=lambda model: model._meta.model_name,
)
def test_not_even_a_superuser_adds_changes_or_deletes_a_row(client: Client, model: type) -> None:
    client.force_login(people.root())
    full_job()
    name = model._meta.model_name  # type: ignore[attr-defined]
    row = model.objects.first()  # type: ignore[attr-defined]
    assert client.get(reverse(f"admin:builds_{name}_add")).status_code == 403
    if row is not None:
        change = client.post(reverse(f"admin:builds_{name}_change", args=[row.pk]), {})
        delete = client.post(reverse(f"admin:builds_{name}_delete", args=[row.pk]), {"post": "yes"})
        assert (change.status_code in {403, 405}, delete.status_code) == (True, 403)


def test_an_operator_registers_a_repo_and_a_wrong_policy_is_refused_with_a_sentence(client: Client) -> None:
    client.force_login(people.olga())
    add = reverse("admin:builds_repo_add")
    form = {"owner": "acme", "name": "web", "default_branch": "main", "enabled": "on"}
    assert (
        "Extra inputs are not permitted" in client.post(add, {**form, "policy": '{"x": 1}'}).content.decode()
    )
    assert client.post(add, {**form, "policy": "{}"}).status_code == 302
    assert Repo.objects.get().name == "web"
    client.force_login(people.rita())
    assert client.get(add).status_code == 403


def test_artifacts_and_the_diff_are_only_ever_downloaded(rita: Client) -> None:
    job = full_job()
    for address in (
        reverse("admin:builds_job_download_diff", args=[job.pk]),
        reverse("admin:builds_job_download_artifact", args=[job.pk, job.artifacts.get().pk]),
    ):
        answer = rita.get(address)
        assert answer.content.startswith(b"diff --git")
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_an_artifact_of_another_job_is_not_found(rita: Client) -> None:
    one, other = full_job(), factories.paused()
    assert (
        rita.get(
            reverse("admin:builds_job_download_artifact", args=[other.pk, one.artifacts.get().pk])
        ).status_code
        == 404
    )
    assert rita.get(reverse("admin:builds_job_download_diff", args=[other.pk])).status_code == 404


def test_the_migration_makes_three_groups_that_hold_what_their_names_say() -> None:
    Group.objects.all().delete()
    import_module("builds.migrations.0002_groups").make_groups(apps, None)
    import_module("builds.migrations.0003_callbacks").let_groups_look(apps, None)
    import_module("builds.migrations.0004_engine").let_groups_look(apps, None)
    import_module("builds.migrations.0005_money").let_groups_look(apps, None)
    import_module("builds.migrations.0007_tokens").let_groups_have_tokens(apps, None)
    held = {
        group.name: set(group.permissions.values_list("codename", flat=True)) for group in Group.objects.all()
    }
    assert set(held) == {"Auditors", "Reviewers", "Operators", "Requesters"}
    assert all("add_operatortoken" in codenames for codenames in held.values())
    held = {name: codenames - {"add_operatortoken"} for name, codenames in held.items()}
    assert held["Requesters"] == {"add_job"}
    assert held["Reviewers"] - held["Auditors"] == {"review_job"}
    assert held["Operators"] - held["Auditors"] == {"operate_job", "add_repo", "change_repo"}
    assert all(codename.startswith("view_") for codename in held["Auditors"])
    assert {f"view_{model._meta.model_name}" for model, _ in PAGES} <= held["Auditors"]


def test_money_is_summed_over_thirty_days(rita: Client) -> None:
    job = full_job()
    for number, days in enumerate((1, 40)):
        call = job.model_calls.create(
            attempt=1, station="plan", purpose="plan", turn=number, model="m", request_hash="0" * 64
        )
        job.reservations.create(
            call=call, fence=1, tokens=1, usd=5, settled_usd=Decimal("2.25"), state="settled",
            settled_at=timezone.now() - timedelta(days=days),
        )  # fmt: skip
    assert "<dt>Cost</dt><dd>$2.25</dd>" in read(rita, "/admin/")
