"""Everything that could be wrong with an installation: one question each, with the mend."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.db.models import F
from django.db.models.functions import Now
from redis.exceptions import RedisError

from builds import adapters
from builds.caps import now_and_day
from builds.claims import any_due
from builds.models import Job, Reservation, Sweep
from builds.ports import Refused, RepoName, Unavailable
from builds.queue import doorbells, heartbeats, ring
from builds.states import JobStatus
from builds.sweep import sweep
from builds.vitals import vitals
from dreamsite.schema import why_not

LATE = timedelta(minutes=5)
SKEW = timedelta(seconds=5)
LEAST_DISK = 2 << 30
REVIEWERS = "builds.review_job"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a question found. `fixed` says what was done about it."""

    name: str = ""
    ok: bool = True
    says: str
    mend: str = ""
    fixed: str = ""


def good(says: str) -> Finding:
    """Nothing to do."""
    return Finding(says=says)


def bad(says: str, mend: str, *, fixed: str = "") -> Finding:
    """Something to do, or done."""
    return Finding(ok=False, says=says, mend=mend, fixed=fixed)


def database(*, fix: bool) -> Finding:
    """Postgres answers."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return good(f"Postgres {cursor.fetchone()[0]} answers")


def migrations(*, fix: bool) -> Finding:
    """Tables are those of this version."""
    why = why_not(connection)
    return bad(why, "python3 manage.py migrate") if why else good("all migrations are there")


def redis(*, fix: bool) -> Finding:
    """The doorbell can be rung."""
    return good(f"Redis answers; {doorbells()} doorbells wait")


def workers(*, fix: bool) -> Finding:
    """Somebody answers the doorbell."""
    ages = [age for age in heartbeats().values() if age is not None and age < 120]
    if not ages:
        return bad("no worker was heard in two minutes", "start one: python3 manage.py worker")
    return good(f"{len(ages)} workers, the newest heartbeat {min(ages):.0f} s ago")


def swept(*, fix: bool) -> Finding:
    """Somebody looks for what is due."""
    if Sweep.objects.filter(at__gt=Now() - LATE).exists():
        return good("a sweep ran in the last five minutes")
    fixed = ""
    if fix:
        sweep("doctor")
        fixed = "swept once; the scheduler still has to run"
    return bad("no sweep ran in five minutes", "start it: python3 manage.py scheduler", fixed=fixed)


def sandbox(*, fix: bool) -> Finding:
    """Generated code can be kept apart here."""
    if settings.SANDBOX == "none":
        return bad("DREAM_SANDBOX is none: no check runs", "unset it where namespaces are allowed")
    probe = adapters.sandbox().probe()
    return good("generated code can be kept apart") if probe.ok else bad(probe.reason, probe.mend)


def stuck(*, fix: bool) -> Finding:
    """Running jobs whose worker is gone, or that told nothing for twice a station's deadline."""
    silent = Now() - 2 * settings.STATION_DEADLINE
    running = Job.objects.filter(status=JobStatus.RUNNING)
    gone = running.filter(lease_until__lt=Now())
    mute = running.filter(lease_until__gte=Now(), updated_at__lt=silent).count()
    count = gone.count()
    if mute:
        return bad(f"{mute} jobs run and tell nothing", "cancel them: manage.py dream cancel JOB")
    if not count:
        return good("no job is stuck")
    fixed = "rang: the next worker takes them over" if fix and ring() else ""
    return bad(f"{count} jobs have no worker any more", "manage.py dream doctor --fix", fixed=fixed)


def reservations(*, fix: bool) -> Finding:
    """Money that a dead worker left reserved in jobs that nobody works."""
    left = Reservation.objects.filter(state=Reservation.State.OPEN).exclude(job__status=JobStatus.RUNNING)
    older = left.filter(fence__lt=F("job__fence") + 1, reserved_at__lt=Now() - LATE)
    jobs = list(Job.objects.filter(pk__in=older.values("job")).order_by("pk")[:1000])
    if not jobs:
        return good("no reservation is left over")
    return bad(
        f"{len(jobs)} jobs that nobody works hold reservations",
        "they are settled in full when the job is claimed: manage.py dream rerun JOB",
    )


def unheard(*, fix: bool) -> Finding:
    """Jobs that could start while no doorbell waits."""
    now = vitals()
    if not now.due.count or now.halt or doorbells() or not any_due():
        return good(f"{now.due.count} jobs are due, and rung for where there is room")
    fixed = "rang" if fix and ring() else ""
    return bad(
        f"{now.due.count} jobs are due and no doorbell waits", "manage.py dream doctor --fix", fixed=fixed
    )


def callbacks(*, fix: bool) -> Finding:
    """Receivers are told in time."""
    now = vitals()
    age = now.seconds(now.callbacks.since) or 0
    if age < LATE.total_seconds():
        return good(f"{now.callbacks.count} callbacks wait, none for long")
    mend = "look at the newest deliveries in the admin; the scheduler sends them"
    return bad(f"{now.callbacks.count} callbacks wait, the oldest for {age / 60:.0f} min", mend)


def dead_letters(*, fix: bool) -> Finding:
    """Attempts that trying again did not help."""
    count = vitals().dead_letters
    return bad(f"{count} dead letters", "manage.py dream dead-letters") if count else good("no dead letters")


def halted(*, fix: bool) -> Finding:
    """Nobody has stopped everything."""
    halt = vitals().halt
    return (
        bad(str(halt), "manage.py dream resume, once its reason is gone")
        if halt
        else good("nothing is halted")
    )


def disk(*, fix: bool) -> Finding:
    """Room for checkouts, layers and artifacts."""
    free = shutil.disk_usage(settings.VAR if settings.VAR.exists() else settings.ROOT).free
    says = f"{free / (1 << 30):.1f} GiB are free under {settings.VAR}"
    return (
        good(says)
        if free >= LEAST_DISK
        else bad(says, "make room; manage.py dream cleanup takes old logs away")
    )


def artifacts(*, fix: bool) -> Finding:
    """The store takes a blob and gives it back."""
    adapters.artifacts().probe()
    place = settings.ARTIFACTS if isinstance(settings.ARTIFACTS, Path) else settings.ARTIFACTS.address
    return good(f"{place} takes blobs and gives them back")


def prices(*, fix: bool) -> Finding:
    """Each configured model can be paid for."""
    known = adapters.prices()
    wanted = [model for model in (settings.WRITER, settings.REVIEWER, settings.FALLBACK) if model]
    missing = [model for model in wanted if model not in known]
    if missing or not wanted:
        says = f"no price for {', '.join(missing)}" if missing else "DREAM_MODEL names no model"
        return bad(says, "set DREAM_MODEL and DREAM_MODEL_PRICES; docs/money.md")
    return good(f"{', '.join(wanted)} have prices")


def forge(*, fix: bool) -> Finding:
    """The credential opens the first enabled repository, and is asked for nothing else."""
    if settings.FORGE == "local":
        return good("repositories are on this disk")
    repo = next(repos(), None)
    if repo is None:
        return good("GitHub is not asked: no repository is registered")
    adapters.forge().branch_head(repo, "main")
    return good(f"GitHub lets us read {repo}")


def repos() -> Iterator[RepoName]:
    """Enabled ones, the newest first."""
    newest = Job.objects.select_related("repo").filter(repo__enabled=True).order_by("-pk")[:1]
    yield from (job.repo.ref for job in newest)


def clock(*, fix: bool) -> Finding:
    """This host and the database agree about the time, as tokens and signatures need."""
    there, _ = now_and_day()
    apart = abs(datetime.now(UTC) - there)
    says = f"this host and the database are {apart.total_seconds():.1f} s apart"
    return good(says) if apart < SKEW else bad(says, "let both follow NTP")


def reviewers(*, fix: bool) -> Finding:
    """Somebody may answer questions."""
    count = User.objects.with_perm(REVIEWERS, backend=BACKEND).count()
    if not count:
        return bad("nobody may answer questions", "put somebody into the group Reviewers, in the admin")
    return good(f"{count} people may answer questions")


CHECKS: tuple[Callable[..., Finding], ...] = (
    database,
    migrations,
    redis,
    swept,
    workers,
    sandbox,
    stuck,
    reservations,
    unheard,
    callbacks,
    dead_letters,
    halted,
    disk,
    artifacts,
    prices,
    forge,
    clock,
    reviewers,
)
ERRORS = (DatabaseError, RedisError, OSError, Unavailable, Refused)


def examine(*, fix: bool) -> Iterator[Finding]:
    """Ask everything in turn; what cannot be asked is an answer too."""
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            found = check(fix=fix)
        except ERRORS as error:
            first = str(error).strip().partition("\n")[0]
            found = bad(f"could not be asked: {first}", "mend what this says, or what failed above it")
        yield replace(found, name=name)
