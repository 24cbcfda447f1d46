"""Looks at everything that is due, from more than one place: nothing waits for a message that was lost."""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models.functions import Now

from builds.claims import ABANDONED, any_due
from builds.endings import end
from builds.models import Approval, IdempotencyKey, Job, Sweep
from builds.models.keys import KEPT as KEY_KEPT
from builds.queue import ring
from builds.states import JobStatus, LostRace

log = structlog.get_logger()

STALE = timedelta(seconds=60)
KEPT = 1000


def sweep(by: str) -> Sweep:
    """One look: ring for due work, end canceled jobs whose worker is gone, expire questions."""
    seen = Sweep(by=by[:200])
    seen.canceled = cancel_abandoned()
    seen.expired = expire_questions()
    forget_keys()
    if any_due():
        ring()
        seen.rang = 1
    seen.save()
    Sweep.objects.filter(pk__lte=seen.pk - KEPT).delete()
    return seen


def sweep_if_stale(by: str) -> None:
    """Sweep when nobody did for a minute: the scheduler may be gone."""
    if not Sweep.objects.filter(at__gt=Now() - STALE).exists():
        sweep(by)


def cancel_abandoned() -> int:
    """A person canceled, and the worker that should have noticed is gone."""
    count = 0
    for job in Job.objects.filter(ABANDONED, cancel_requested_at__isnull=False):
        try:
            with transaction.atomic():
                end(
                    job, JobStatus.CANCELED, code="canceled", why=job.cancel_reason or "Canceled by a person."
                )
            count += 1
        except LostRace:
            continue
    return count


def expire_questions() -> int:
    """A question that nobody answered in time is a no."""
    count = 0
    for question in Approval.objects.filter(state=Approval.State.OPEN, expires_at__lt=Now()):
        with transaction.atomic():
            mine = Approval.objects.filter(pk=question.pk, state=Approval.State.OPEN)
            if not mine.update(state=Approval.State.EXPIRED, decided_at=Now()):
                continue
            until = f"{question.expires_at:%Y-%m-%d}"
            why = f"Nobody answered the question before {question.station} until {until}."
            end(question.job, JobStatus.FAILED, code="approval_expired", why=why)
            count += 1
    return count


def forget_keys() -> int:
    """Idempotency keys that are too old to be asked about."""
    return IdempotencyKey.objects.filter(created_at__lt=Now() - KEY_KEPT).delete()[0]
