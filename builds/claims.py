"""Takes the best due job: one transaction, one row, a fence that grows."""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Now

from builds import halts
from builds.endings import end, give_up
from builds.journal import names_of, record
from builds.ledger import settle_lost
from builds.models import Job, Priority
from builds.states import JobStatus

log = structlog.get_logger()

ABANDONED = Q(status=JobStatus.RUNNING.value, lease_until__lt=Now())
ONE_AT_A_TIME = 0x6472656D  # the advisory lock of claims: limits are counted and used up under it
FROZEN_AFTER = "5s"  # a worker that is stopped in the middle of a claim holds up the others no longer

NO_LIMIT = 2**31 - 1
TRIED = 8  # of the best jobs, when others hold the rows of the first ones for a moment

LEVELS = ", ".join(f"({priority})" for priority in Priority.values)

BEST = f"""
WITH busy AS (SELECT repo_id, user_id FROM builds_job WHERE status = 'running'),
     busy_repo AS (SELECT repo_id, count(*) AS jobs FROM busy GROUP BY repo_id),
     busy_user AS (SELECT user_id FROM busy GROUP BY user_id HAVING count(*) >= %(user_limit)s)
SELECT best.id
FROM builds_repo AS repo
LEFT JOIN busy_repo ON busy_repo.repo_id = repo.id
CROSS JOIN (VALUES {LEVELS}) AS level(priority)
CROSS JOIN LATERAL (
    SELECT job.id, job.run_after
    FROM builds_job AS job
    WHERE job.status = 'queued' AND job.repo_id = repo.id AND job.priority = level.priority
      AND job.run_after <= statement_timestamp()
      AND job.user_id NOT IN (SELECT user_id FROM busy_user)
    ORDER BY job.run_after, job.id
    LIMIT 1
) AS best
WHERE coalesce(busy_repo.jobs, 0) < CASE jsonb_typeof(repo.policy -> 'concurrency')
    WHEN 'number' THEN (repo.policy ->> 'concurrency')::numeric ELSE %(repo_limit)s END
ORDER BY best.run_after + level.priority * %(step)s, best.id
LIMIT %(tried)s
"""  # noqa: S608  the levels are our own numbers
"""The best due jobs whose repo and user have room: four look-ups in an index for each repo, none for a job.

Ageing: a job counts as if it had been due one step later for each point of its priority, so that one that
has waited long enough goes before a more urgent one that came later, and nothing starves.
"""


def any_due() -> bool:
    """Whether a worker that came now would get something: what a limit or a halt holds back is not due."""
    if halts.current():
        return False
    return Job.objects.filter(ABANDONED).exists() or bool(best())


def claim(owner: str, lease: timedelta) -> Job | None:
    """Take the best due job for `owner`, or None when nothing is due or everything is halted.

    Abandoned jobs go first: their work is half done, and they hold their place in the limits. One that has
    crashed too often, or that a person canceled meanwhile, is ended instead, and the next one is taken.
    """
    while True:
        with transaction.atomic():
            one_at_a_time()
            job = None if halts.current() else abandoned_one() or queued_one()
            if job is None:
                return None
            abandoned = job.status == JobStatus.RUNNING.value
            take(job, owner, lease, abandoned=abandoned)
            settle_lost(job)
            over = ended(job, abandoned=abandoned)
        if not over:
            more = {"fence": job.fence, "tries": job.tries}
            log.info("run.resume.stale_running" if abandoned else "run.claimed", **names_of(job), **more)
            return job


def one_at_a_time() -> None:
    """Wait for the claims of others; the next statement sees what they took. Ends with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL idle_in_transaction_session_timeout = '{FROZEN_AFTER}'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def abandoned_one() -> Job | None:
    """Lock the most urgent job whose worker is gone; limits do not ask about it, it is counted already."""
    rows = Job.objects.select_for_update(skip_locked=True, of=("self",)).filter(ABANDONED)
    return rows.order_by("priority", "lease_until", "id").first()


def queued_one() -> Job | None:
    """Lock the best row that nobody else is looking at, such as a cancel."""
    for pk in best():
        rows = Job.objects.select_for_update(skip_locked=True, of=("self",))
        job = rows.filter(pk=pk, status=JobStatus.QUEUED.value).first()
        if job is not None:
            return job
    return None


def best() -> list[int]:
    """The keys of the best due jobs that the limits let in, one for each repo and priority at most."""
    with connection.cursor() as cursor:
        cursor.execute(BEST, limits())
        return [pk for (pk,) in cursor.fetchall()]


def limits() -> dict[str, Any]:
    """What the query is asked with; 0 in the settings is no limit."""
    return {
        "repo_limit": settings.REPO_CONCURRENCY or NO_LIMIT,
        "user_limit": settings.USER_CONCURRENCY or NO_LIMIT,
        "step": settings.AGEING / (Priority.HIGH - Priority.CRITICAL),
        "tried": TRIED,
    }


def take(job: Job, owner: str, lease: timedelta, *, abandoned: bool) -> None:
    """Grow the fence, burn a try, start the lease."""
    job.move(
        JobStatus.RUNNING,
        fence=F("fence") + 1,
        tries=F("tries") + 1,
        crashes=F("crashes") + (1 if abandoned else 0),
        lease_until=Now() + lease,
        lease_owner=owner,
        started_at=Coalesce("started_at", Now()),
        wait_reason="",
    )


def ended(job: Job, *, abandoned: bool) -> bool:
    """End a job that is canceled, or whose workers keep dying; whether it was ended."""
    if job.cancel_requested_at:
        end(job, JobStatus.CANCELED, code="canceled", why=job.cancel_reason or "Canceled by a person.")
        return True
    if job.crashes >= settings.CRASHES or (abandoned and job.tries > settings.TRIES):
        why = f"The worker died {job.crashes} times in this attempt, last at {job.station}."
        give_up(job, code="worker_killed", why=why, tries=job.crashes)
        return True
    if abandoned:
        record(job, "run.resumed", "Another worker goes on", station=job.station, data={"fence": job.fence})
    return False
