"""What the forge tells of pull requests is recorded on their jobs, each delivery once. Nothing acts on it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from builds.journal import record
from builds.models import GithubDelivery, Job, Repo
from builds.public_pull import news_of
from builds.pull_news import Heard, PullNews, sentence
from builds.secrets import mask_all
from builds.values import dump

KEPT = timedelta(days=14)
"""GitHub delivers again, when a person asks, for three days."""
PRUNED = 100
MOST_EVENTS = 500
"""Of one pull request: anybody may comment in public, and what follows is counted without an event."""


class Ignored(Exception):
    """Nothing of ours; the sentence says why."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What became of a delivery: the jobs that it was recorded on, or that it was taken before."""

    jobs: tuple[Job, ...] = ()
    before: bool = False


def hear(told: Heard, *, delivery: str, event: str) -> Taken:
    """Record one thing on the jobs whose pull requests it is about. Raises Ignored, and then leaves nothing.

    The delivery's row is written first and in the same transaction: of two at once the second waits for the
    first, and one that failed half-way can be delivered again.
    """
    with transaction.atomic():
        row, fresh = GithubDelivery.objects.get_or_create(delivery=delivery, defaults={"event": event})
        if not fresh:
            return Taken(before=True)
        jobs = [job for job in jobs_of(told) if note(job, told)]
        if not jobs:
            raise Ignored("The check passed, and was not known to fail")
        GithubDelivery.objects.filter(pk=row.pk).update(job=jobs[0])
        old = GithubDelivery.objects.filter(received_at__lt=Now() - KEPT).order_by("received_at")
        GithubDelivery.objects.filter(pk__in=old.values("pk")[:PRUNED]).delete()
    return Taken(jobs=tuple(jobs))


def jobs_of(told: Heard) -> list[Job]:
    """The jobs whose pull requests it is about, locked. Raises Ignored.

    A locked row keeps its attempt and its number while we write, and orders those who write beside us.
    """
    names = {"owner__iexact": told.repo.owner, "name__iexact": told.repo.name}
    repos = list(Repo.objects.filter(**names).values_list("pk", flat=True))
    if not repos:
        raise Ignored("The repository is not registered here")
    rows = Job.objects.select_for_update(of=("self",)).order_by("pk")
    jobs = list(rows.filter(repo__in=repos, pr_number__in=told.numbers))
    if not jobs:
        raise Ignored("No job has this pull request")
    ours = [job for job in jobs if not told.branch or told.branch == job.branch]
    if not ours:
        raise Ignored("The pull request is from another branch than its job's")
    return ours


def note(job: Job, told: Heard) -> bool:
    """Write one more event, and what is known by now; whether it was news. Inside a transaction."""
    number = job.pr_number or 0
    known = news_of(job) or PullNews(number=number)
    if told.kind == "check_passed" and not known.failed_as(told):
        return False
    Job.objects.filter(pk=job.pk).update(pull_news=mask_all(dump(known.after(told))))
    if known.heard >= MOST_EVENTS:
        return True
    actor = f"github:{told.by}" if told.by else "github"
    record(job, f"pull_request.{told.kind}", sentence(told, number), actor=actor, data=facts_of(told, number))
    return True


def facts_of(told: Heard, number: int) -> dict[str, Any]:
    """What the event keeps beside its sentence."""
    words = {
        "url": told.url,
        "verdict": told.verdict,
        "place": told.place,
        "check": told.check,
        "conclusion": told.conclusion,
        "head": told.head_sha,
    }
    known = {name: value for name, value in words.items() if value}
    return {"number": number, "at": told.at.isoformat(), **known}
