"""Works one station of one job, and turns what it said into states."""

import time
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone
from rq.timeouts import JobTimeoutException

from builds import loading
from builds.adapters import connect
from builds.asking import Question, hear, noted
from builds.asking import answer as answer_of
from builds.budgets import CapReached, NotPriced, OverBudget, ReservationExceeded
from builds.checkpoints import Checkpoints
from builds.claims import any_due, claim
from builds.context import Context, Facts
from builds.endings import blame, end, give_up, has_ended
from builds.host_trouble import host_trouble
from builds.journal import names_of, record
from builds.metered import Metered
from builds.models import Approval, Job
from builds.outcomes import Back, Done, Fail, Outcome, Retry, Skip, Wait
from builds.pipeline import Station, after, station_named
from builds.ports import (
    Canceled,
    Halted,
    Interrupted,
    LeaseLost,
    Overdue,
    Ports,
    ProviderTrouble,
    Refused,
    ShuttingDown,
    Unavailable,
)
from builds.pulse import Pulse
from builds.queue import name_doorbell, ring, worker_name
from builds.runs import mark, reopen
from builds.scratch import scratch
from builds.states import JobStatus, LostRace, StationStatus
from builds.sweep import sweep_if_stale
from builds.tallies import hand_over as hand_over_counts
from builds.values import dump
from builds.waiting import NO_WAIT, retry, wait

log = structlog.get_logger()

STARTED = {"intake": "started", "plan": "planning", "verify": "testing", "deploy": "deploying"}
"""The callback status that the start of a station is told under."""

SAID: dict[type, str] = {
    Done: "station.succeeded",
    Skip: "station.skipped",
    Retry: "station.retry",
    Wait: "station.waiting",
    Back: "station.sent_back",
    Fail: "station.failed",
    Question: "run.paused",
}
"""The log line of each word that a station or its gates end with, said once it is settled."""


def answer() -> bool:
    """What a doorbell does: claim the best due job, work one station, ring again. Whether there was one."""
    owner = worker_name()
    try:
        worked = step(owner, connect())
    finally:
        hand_over_counts()
    ring_if_due()
    sweep_if_stale(owner)
    return worked


def step(owner: str, ports: Ports) -> bool:
    """Claim the best due job and work one station of it. Whether there was one."""
    job = claim(owner, settings.LEASE)
    if job is None:
        return False
    with structlog.contextvars.bound_contextvars(**names_of(job)):
        name_doorbell(f"{job.job_id} · {job.station}")
        ring_if_due()  # another worker may take the next one meanwhile
        work(job, ports)
    return True


def ring_if_due() -> None:
    """Wake a worker when there is something it could take."""
    if any_due():
        ring()


def work(job: Job, ports: Ports) -> None:
    """Work the job's present station under its lease, and settle."""
    began = time.monotonic()
    try:
        with Pulse(
            job,
            lease=settings.LEASE,
            call_deadline=settings.PORT_DEADLINE,
            station_deadline=settings.STATION_DEADLINE,
        ) as pulse:
            try:
                outcome = perform(job, ports, pulse)
            except Interrupted as why:
                ports.sandbox.kill_all()  # nothing goes on running for a job that is not ours any more
                stop(job, why)
            else:
                settle(job, outcome)
                log.info(SAID[type(outcome)], duration_ms=round((time.monotonic() - began) * 1000))
    except (LeaseLost, LostRace) as error:
        # Another worker has the job, or a person changed it: whatever we know now is not ours to write.
        log.info("run.skip.terminal" if has_ended(job) else "run.claim.duplicate", why=str(error))


def perform(job: Job, ports: Ports, pulse: Pulse) -> Outcome | Question:
    """Ask the gates, run the station, and put everything that can go wrong into a word."""
    station = station_named(job.station)
    try:
        facts = loading.facts(job, ports)
        why_not = station.applies(facts) if station.applies else ""
        if why_not:
            return Skip(why_not)
        verdicts = hear(station, facts)
        verdict = answer_of(station, facts, verdicts)
        if isinstance(verdict, Question) and answered(job, verdict):
            verdict = None
        return verdict or run(job, station, noted(facts, verdicts), ports, pulse)
    except (Interrupted, LostRace, JobTimeoutException):
        raise
    except Exception as error:  # noqa: BLE001  the engine outlives any station
        return word_for(error)


def word_for(error: Exception) -> Outcome:
    """What went wrong, as an outcome."""
    if ours := host_trouble(error):
        log.error("host.trouble", why=ours, exc_info=error)
        return Wait(settings.BACKOFF[0], ours)
    match error:
        case Unavailable() | CapReached():
            return later(error)
        case Refused(code=code):
            return Fail(code, str(error))
        case OverBudget():
            return Fail("budget_exhausted", str(error))
        case ReservationExceeded():
            return Fail("reservation_exceeded", str(error))
        case NotPriced():
            return Fail("model_not_priced", str(error))
        case _:
            log.error("station.error", exc_info=error)
            return Retry(f"{type(error).__name__}: {error}", code="internal_error")


def later(error: Unavailable | CapReached) -> Outcome:
    """What goes by itself: a wait where it is known how long, else another try."""
    match error:
        case CapReached(wait=delay, scope=scope):
            return Wait(delay, str(error), cause="cap", scope=scope)
        case ProviderTrouble(retry_after=timedelta() as delay):
            return Wait(delay, str(error), cause="provider")
        case Unavailable(retry_after=timedelta() as delay):
            return Wait(delay, str(error))
        case _:
            return Retry(str(error))


def answered(job: Job, question: Question) -> bool:
    """Whether a person already said yes, in this attempt, to exactly this content."""
    yes = job.approvals.filter(attempt=job.attempt, station=question.station, state=Approval.State.APPROVED)
    return yes.filter(content_hash=question.content_hash).exists()


def run(job: Job, station: Station, facts: Facts, ports: Ports, pulse: Pulse) -> Outcome:
    """Call the station with ports that can be interrupted, in a folder that is deleted afterwards."""
    with job.fenced():
        mark(job, StationStatus.RUNNING)
        status = STARTED.get(station.name, "")
        record(job, "station.started", station=station.name, callback_status=status, data={"try": job.tries})
    log.info("station.started", tries=job.tries)
    with scratch(job) as folder:
        context = Context(
            facts=facts,
            model=Metered(ports, job, pulse),
            forge=pulse.guard(ports.forge),
            sandbox=pulse.guard(ports.sandbox),
            artifacts=pulse.guard(ports.artifacts),
            progress=Checkpoints(job, ports.artifacts, pulse),
            scratch=folder,
        )
        return station.work(context)


def settle(job: Job, outcome: Outcome | Question) -> None:
    """Turn a word into states: the only place that does. One fenced transaction."""
    with job.fenced():
        match outcome:
            case Done(note):
                advance(job, StationStatus.SUCCEEDED, note)
            case Skip(why):
                advance(job, StationStatus.SKIPPED, why)
            case Retry():
                retry(job, outcome)
            case Wait():
                wait(job, outcome)
            case Back(to, why, counts):
                record(job, "station.sent_back", why, station=job.station, data={"to": to})
                send_back(job, to, why, counts=counts)
            case Fail(code, why, resume, done):
                end(job, JobStatus.FAILED, code=code, why=why)
                blame(job, resume or job.station, why, done=done)
            case Question():
                pause(job, outcome)


def advance(job: Job, status: StationStatus, note: str) -> None:
    """On to the next station; after the last one the attempt has succeeded."""
    mark(job, status, note)
    record(job, f"station.{status.value}", note, station=job.station)
    following = after(job.station)
    if following is None:
        end(job, JobStatus.SUCCEEDED)
        mark(job, status, note)  # the ending has no note of its own for the last station
    else:
        # `run_after` stays: what has begun keeps its place before what came later.
        job.move(JobStatus.QUEUED, station=following, tries=0, **NO_WAIT)


def send_back(job: Job, to: str, why: str, *, counts: bool) -> None:
    """An earlier station works again; everything from there on is pending."""
    counter = "verify_returns" if job.station == "verify" else "review_returns"
    returns = {counter: getattr(job, counter) + int(counts)}
    reopen(job, to, why)
    job.move(JobStatus.QUEUED, station=to, tries=0, **NO_WAIT, **returns)


def pause(job: Job, question: Question) -> None:
    """Ask a person. Whatever was asked before is void: its content is not what the job holds now."""
    job.approvals.filter(state=Approval.State.OPEN).update(state=Approval.State.VOID)
    Approval.objects.create(
        job=job,
        attempt=job.attempt,
        station=question.station,
        gates=list(question.gates),
        reason=question.reason,
        findings=[dump(finding) for finding in question.findings],
        on_approve=question.on_approve,
        on_reject=question.on_reject,
        content_hash=question.content_hash,
        may_decide=question.may_decide,
        expires_at=timezone.now() + timedelta(days=job.repo.rules.approval_days),
    )
    mark(job, StationStatus.PAUSED, question.reason)
    record(
        job,
        "run.paused",
        question.reason,
        station=job.station,
        callback_status="paused_approval",
        data={"gates": list(question.gates), "contentHash": question.content_hash},
    )
    job.move(JobStatus.PAUSED, tries=max(0, job.tries - 1), **NO_WAIT)


def stop(job: Job, why: Interrupted) -> None:
    """Settle a job whose work was interrupted. Raises LeaseLost when it is no longer ours."""
    match why:
        case Canceled():
            cancel(job)
        case ShuttingDown():
            hand_over(job)
        case Overdue():
            with job.fenced():
                give_up(job, code="station_timeout", why=str(why), tries=job.tries)
        case Halted():
            settle(job, Wait(timedelta(0), str(why), cause="halted"))  # due as soon as the halt is lifted
        case _:
            raise why


def cancel(job: Job) -> None:
    """A person canceled; the work under way was saved turn by turn."""
    with job.fenced():
        job.refresh_from_db(fields=["cancel_reason"])
        end(job, JobStatus.CANCELED, code="canceled", why=job.cancel_reason or "Canceled by a person.")
    log.info("run.canceled.observed")


def hand_over(job: Job) -> None:
    """This worker stops: the lease goes back, with its try, and another worker goes on at once."""
    with job.fenced():
        mark(job, StationStatus.PENDING, "Handed over to another worker")
        record(job, "run.handed_over", "This worker stops; another goes on", station=job.station)
        job.move(JobStatus.QUEUED, run_after=Now(), tries=max(0, job.tries - 1))
    log.info("run.handed_over")
