"""What workers, sweeps and people do all day with the tables: operations to time and to explain."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from builds import claims, deliveries, operations
from builds.admin.timeline import timeline
from builds.api.pages import Paging
from builds.api.watching import status
from builds.management.dream.looking import chosen, row
from builds.management.dream.subcommand import Call
from builds.metrics import DreamCollector
from builds.models import GithubDelivery, Job
from builds.people import Person
from builds.public import detail
from builds.public_lists import Filters, summaries
from builds.pull_news import Heard
from builds.sweep import sweep
from builds.vitals import vitals

ALICE, OLGA = "user-310", "operator"
PAGE = 20


@dataclass(frozen=True, kw_only=True)
class Look:
    """One operation. `undo` puts back what `run` took, and is no part of it."""

    name: str
    run: Callable[[], Any]
    undo: Callable[[Any], None] = lambda _: None


def people() -> None:
    """A requester who has a thousandth of all jobs, and an operator who sees every job and page."""
    User.objects.get_or_create(username=ALICE)
    User.objects.get_or_create(username=OLGA, defaults={"is_staff": True, "is_superuser": True})


def claim() -> Job:
    """As a worker does."""
    job = claims.claim("benchmark", settings.LEASE)
    assert job is not None, "nothing is due"  # noqa: S101  a look at nothing would be quick for no reason
    return job


def give_back(job: Job) -> None:
    """The job waits again as it did."""
    waiting = {"status": "queued", "lease_until": None, "lease_owner": "", "tries": 0}
    Job.objects.filter(pk=job.pk).update(**waiting)


def claim_callback() -> deliveries.Claim:
    """As a sender does."""
    claimed = deliveries.claim()
    assert claimed is not None, "no callback is due"  # noqa: S101
    return claimed


def tell_later(claimed: deliveries.Claim) -> None:
    """The callback is due again as it was."""
    job = claimed.event.job
    Job.objects.filter(pk=job.pk).update(next_callback_at=job.next_callback_at, callback_tries=0)


def listed(acting_as: str, **options: Any) -> list[Any]:
    """`dream list`."""
    given = {"status": None, "repo": None, "waiting": False, "limit": PAGE, "acting_as": acting_as}
    return [row(job) for job in chosen(Call(Namespace(**given | options)))]


def document(job_id: str) -> dict[str, Any]:
    """What the API tells of a job."""
    person = Person(name=OLGA, subject=OLGA, reviews=True, operates=True)
    return detail(operations.find(job_id, person), person)


def delivered(job: Job) -> str:
    """A comment on a job's pull request, among as many jobs and deliveries as there are."""
    name = f"benchmark-{uuid4()}"
    repo, number = job.repo.ref, job.pr_number or 0
    told = Heard(kind="commented", repo=repo, numbers=(number,), at=timezone.now(), by="benchmark")
    operations.hear(told, delivery=name, event="issue_comment")
    return name


def forget(name: str) -> None:
    """The next one is as new; its event stays, as those of others do."""
    GithubDelivery.objects.filter(delivery=name).delete()


def api_page(subject: str, filters: Filters, *, operates: bool = False) -> list[dict[str, Any]]:
    """A page of the API's list, from the middle on."""
    person = Person(name=subject, subject=subject, level="builder", reviews=operates, operates=operates)
    paging = Paging(limit=PAGE, scope="", after=Job.objects.order_by("-pk")[PAGE].pk)
    return summaries(paging.page(*filters.of(person)).rows, person)


def page(client: Client, address: str) -> int:
    """A whole page of the admin, as it leaves the house."""
    answer = client.get(f"/admin/{address}")
    assert answer.status_code == 200, f"{address}: HTTP {answer.status_code}"  # noqa: S101
    return len(answer.content)


def lists_of_the_api() -> tuple[Look, ...]:
    """Pages of `GET /api/dream-build`."""
    asked = (
        ("jobs of a requester", ALICE, Filters()),
        ("jobs of an operator", OLGA, Filters()),
        ("failed jobs of an operator", OLGA, Filters(statuses=("failed",))),
        ("jobs under way", OLGA, Filters(statuses=("queued", "running", "paused"))),
        ("jobs since tomorrow", OLGA, Filters(since=timezone.now() + timedelta(days=1))),
    )
    return tuple(
        Look(name=f"API: {name}", run=partial(api_page, who, wanted, operates=who == OLGA))
        for name, who, wanted in asked
    )


def looks() -> tuple[Look, ...]:
    """All of them, on the database that is in use now."""
    people()
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username=OLGA))
    job, other = Job.objects.filter(status="succeeded").order_by("pk")[50:52]
    pages = {
        "overview": "",
        "job list": "builds/job/",
        "failed jobs": "builds/job/?status=failed",
        "jobs that wait": "builds/job/?waiting=anyone",
        "one job": f"builds/job/{job.pk}/change/",
        "all events": "builds/event/",
        "deliveries": "builds/callbackdelivery/",
        "approvals": "builds/approval/",
        "reservations": "builds/reservation/",
    }
    return (
        Look(name="claim a job", run=claim, undo=give_back),
        Look(name="is anything due", run=claims.any_due),
        Look(name="sweep", run=lambda: sweep("benchmark")),
        Look(name="claim a callback", run=claim_callback, undo=tell_later),
        Look(name="job list of a requester", run=lambda: listed(ALICE)),
        Look(name="job list of an operator", run=lambda: listed(OLGA)),
        Look(name="waiting jobs of an operator", run=lambda: listed(OLGA, waiting=True)),
        *lists_of_the_api(),
        Look(name="a job's document", run=lambda: document(job.job_id)),
        Look(name="a job's events page", run=lambda: timeline(job)),
        Look(name="a delivery of GitHub's", run=partial(delivered, other), undo=forget),
        Look(name="status", run=lambda: status(vitals())),
        Look(name="metrics", run=lambda: list(DreamCollector().collect())),
        *(Look(name=f"admin: {name}", run=partial(page, client, where)) for name, where in pages.items()),
    )
