"""Lists of tables that only grow: counted to a bound, filtered by recent values, searched by a job's name."""

import pytest
from django.test import Client

from builds.admin.bounded import MOST, BoundedPaginator
from builds.models import Event, Job
from tests import factories, people

pytestmark = pytest.mark.django_db
EVENTS = "/admin/builds/event/"


@pytest.fixture
def rita(client: Client) -> Client:
    client.force_login(people.rita())
    return client


def events(job: Job, count: int, name: str = "station.note") -> None:
    """So many more events of a job."""
    last = job.events.count()
    Event.objects.bulk_create(
        Event(job=job, sequence=last + number, attempt=1, name=name) for number in range(1, count + 1)
    )


def test_a_list_is_counted_to_a_bound_and_says_so(rita: Client) -> None:
    events(factories.job(), MOST + 5)
    answer = rita.get(EVENTS)
    shown = " ".join(answer.content.decode().split())
    assert f"the first {MOST} events; filter or search for others" in shown
    assert f"{MOST} results" not in shown
    assert answer.context["cl"].paginator.num_pages == MOST // 50


def test_a_short_list_is_counted_as_ever(rita: Client) -> None:
    events(factories.job(), 3)
    answer = rita.get(EVENTS)
    assert " 3 events" in " ".join(answer.content.decode().split())
    assert "the first" not in answer.content.decode()
    assert not BoundedPaginator(Event.objects.order_by("pk"), 50).is_cut


def test_filters_offer_what_the_newest_rows_have(rita: Client) -> None:
    events(factories.job(), 1, "run.queued")
    answer = rita.get(EVENTS)
    assert "?name=run.queued" in answer.content.decode()
    events(factories.job(), 1000)
    shown = rita.get(EVENTS).content.decode()
    assert "?name=station.note" in shown
    assert "?name=run.queued" not in shown
    assert rita.get(f"{EVENTS}?name=run.queued").context["cl"].result_count == 1


def test_the_name_of_a_job_finds_its_rows_and_no_others(rita: Client) -> None:
    one, other = factories.job(job_id="spring"), factories.job(job_id="spring-2")
    events(one, 2)
    events(other, 3)
    found = {
        query: rita.get(f"{EVENTS}?q={query}").context["cl"].result_count for query in ("spring", "ring")
    }
    assert found == {"spring": 2, "ring": 5}


def test_the_bar_counts_no_further_than_anybody_wants_to_know(rita: Client) -> None:
    for _ in range(101):
        factories.paused(may_decide="reviewer")
    assert '<span class="count">99+</span>' in rita.get("/admin/").content.decode()
