"""What is kept how long, as one table; and how the rest is taken away, a few rows at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Max, Min, Model, Q, QuerySet
from django.db.models.functions import Now

from builds.models import Artifact, CallbackDelivery, Event, ModelCall, TurnRow
from builds.ports import ArtifactStore, Refused
from builds.states import FINAL

WINDOW = 5000  # numbers of rows that one statement looks at
ENDED = Q(job__status__in=sorted(FINAL))

Take = Callable[[QuerySet[Any], ArtifactStore], int]


@dataclass(frozen=True)
class Kept:
    """Rows that go once they are old: whose, which, and how. `old` is given how long they are kept.

    Every row of a job belongs to one that has ended: what is under way needs what it has.
    """

    name: str
    model: type[Model]
    keep: timedelta
    old: Callable[[timedelta], Q]
    take: Take


def job_ended(keep: timedelta) -> Q:
    """Of jobs that ended so long ago."""
    return ENDED & Q(job__finished_at__lt=Now() - keep)


def deleted(rows: QuerySet[Any], _: ArtifactStore) -> int:
    """With what hangs on them."""
    count, _by_model = rows.delete()
    return count


def forgotten(rows: QuerySet[Any], _: ArtifactStore) -> int:
    """Answers of models go; what they cost, and the row that the ledger counts, stays."""
    return rows.update(reply=None, error="")


def without_blobs(rows: QuerySet[Any], store: ArtifactStore) -> int:
    """Rows first, then each blob to which no row refers any more."""
    found = dict(rows.values_list("pk", "sha256"))
    Artifact.objects.filter(pk__in=found).delete()
    for sha in sorted(set(found.values())):
        bury(sha, store)
    return len(found)


def bury(sha: str, store: ArtifactStore) -> None:
    """Delete a blob unless it is referred to; should somebody have kept it meanwhile, it comes back.

    Who keeps a blob stores it, commits its row, and stores it again: whatever of this comes between two of
    those, either we see the row or the last store finds the blob gone.
    """
    if Artifact.objects.filter(sha256=sha).exists():
        return
    try:
        data = store.get(sha)
    except Refused:  # gone or damaged: there is nothing to bring back
        data = None
    store.remove(sha)
    if data is not None and Artifact.objects.filter(sha256=sha).exists():
        store.put(data)


def table() -> tuple[Kept, ...]:
    """What goes, and when. Decisions, jobs, specs, model calls with their costs and tallies never do."""
    keep = settings.KEEP
    return (
        Kept("artifacts", Artifact, keep["artifacts"], artifact_is_old, without_blobs),
        Kept("turns", TurnRow, keep["transcripts"], job_ended, deleted),
        Kept("answers", ModelCall, keep["transcripts"], answer_is_old, forgotten),
        Kept("deliveries", CallbackDelivery, keep["deliveries"], delivery_is_old, deleted),
        Kept("events", Event, keep["events"], event_is_old, deleted),
    )


def artifact_is_old(keep: timedelta) -> Q:
    """And none that a rerun or a diff page would read: patches stay with their job, and are small."""
    return job_ended(keep) & ~Q(kind__in=["patch", "change_set"])


def answer_is_old(keep: timedelta) -> Q:
    """And not yet forgotten."""
    return job_ended(keep) & (Q(reply__isnull=False) | ~Q(error=""))


def delivery_is_old(keep: timedelta) -> Q:
    """Of events that are told, or never will be."""
    return Q(at__lt=Now() - keep, event__job__next_callback_at=None)


def event_is_old(keep: timedelta) -> Q:
    """Told, or never to be told."""
    return job_ended(keep) & Q(created_at__lt=Now() - keep, job__next_callback_at=None)


def clean(store: ArtifactStore, *, dry_run: bool) -> dict[str, int]:
    """Go through the table; how many rows went, or would go, by name."""
    found = {kept.name: walk(kept, store, dry_run=dry_run) for kept in table()}
    expired = Session.objects.filter(expire_date__lt=Now())
    found["sessions"] = expired.count() if dry_run else expired.delete()[0]
    return found


def walk(kept: Kept, store: ArtifactStore, *, dry_run: bool) -> int:
    """From the first row to the last, a window of numbers at a time, so that no lock is held for long."""
    rows: QuerySet[Any] = kept.model._default_manager.order_by()  # noqa: SLF001  any model has one
    ends = rows.aggregate(first=Min("pk"), last=Max("pk"))
    at, count = (ends["first"] or 1) - 1, 0
    while ends["last"] is not None and at < ends["last"]:
        window = rows.filter(pk__gt=at, pk__lte=at + WINDOW)
        old = list(window.filter(kept.old(kept.keep)).values_list("pk", flat=True))
        count += len(old)
        if old and not dry_run:
            kept.take(rows.filter(kept.old(kept.keep), pk__in=old), store)
        at = rows.filter(pk__gt=at + WINDOW).aggregate(at=Min("pk"))["at"] or ends["last"] + 1
        at -= 1
    return count
