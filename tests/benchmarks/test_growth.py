"""Every operation finds its rows by an index, with as many queries however many rows there are."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django.plugin import DjangoDbBlocker

from benchmarks.filling import fill
from benchmarks.looks import Look, looks
from benchmarks.plans import explained
from builds.models import Event, Job

NumQueries = Callable[[int], AbstractContextManager[object]]
FEW, MANY = 2_000, 18_000
NAMES = (
    "claim a job",
    "is anything due",
    "sweep",
    "claim a callback",
    "job list of a requester",
    "job list of an operator",
    "waiting jobs of an operator",
    "API: jobs of a requester",
    "API: jobs of an operator",
    "API: failed jobs of an operator",
    "API: jobs under way",
    "API: jobs since tomorrow",
    "a job's document",
    "a job's events page",
    "a delivery of GitHub's",
    "status",
    "metrics",
    "admin: overview",
    "admin: job list",
    "admin: failed jobs",
    "admin: jobs that wait",
    "admin: one job",
    "admin: all events",
    "admin: deliveries",
    "admin: approvals",
    "admin: reservations",
)


@dataclass(frozen=True)
class Grown:
    """How many queries each operation needed when there were few rows; now there are many."""

    queries: dict[str, int]
    looks: dict[str, Look]


pytestmark = pytest.mark.campaign


@pytest.fixture(scope="module")
def grown(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Grown]:
    """Twenty thousand jobs with ten events each, made once for all tests here."""
    with django_db_blocker.unblock():
        try:
            fill(FEW)
            queries = {look.name: queries_of(look) for look in looks()}
            fill(MANY)
            yield Grown(queries, {look.name: look for look in looks()})
        finally:
            empty()


def empty() -> None:
    """As it was; what migrations made stays."""
    models = [model for name in ("builds", "specs") for model in apps.get_app_config(name).get_models()]
    tables = ", ".join(model._meta.db_table for model in models)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
    Session.objects.all().delete()
    User.objects.all().delete()


def queries_of(look: Look) -> int:
    """How often an operation asks the database, once it runs warm; in a transaction, as in the tests."""
    with transaction.atomic():
        look.undo(look.run())
        with CaptureQueriesContext(connection) as counted:
            look.run()
        transaction.set_rollback(True)
    return len(counted)


@pytest.mark.django_db
def test_all_operations_are_tested(grown: Grown) -> None:
    assert tuple(grown.looks) == NAMES
    assert Job.objects.count() > FEW + MANY
    assert Event.objects.count() > 10 * (FEW + MANY)


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_queries_do_not_grow_with_the_tables(
    grown: Grown, name: str, django_assert_num_queries: NumQueries
) -> None:
    look = grown.looks[name]
    look.undo(look.run())
    with django_assert_num_queries(grown.queries[name]):
        look.run()


@pytest.mark.django_db
@pytest.mark.parametrize("name", NAMES)
def test_no_plan_reads_all_jobs_or_all_events(grown: Grown, name: str) -> None:
    _, statements = explained(grown.looks[name].run)
    assert statements
    assert [each.sql for each in statements if each.reads_all_of] == []


@pytest.mark.django_db
def test_what_reads_all_is_noticed(grown: Grown) -> None:
    for wrong in (
        lambda: list(Job.objects.filter(title__icontains="nothing")[:5]),
        Job.objects.count,
        lambda: list(Event.objects.order_by().values_list("station").distinct()),
    ):
        _, (statement,) = explained(wrong)
        assert statement.reads_all_of
