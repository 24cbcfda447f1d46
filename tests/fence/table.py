"""Every way in which a worker writes, and what keeps one that lost its lease from doing it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from builds import engine
from builds.asking import Question
from builds.evidence import CheckRun, Item, Plan, PlannedItem, Review, SetupRun, Turn
from builds.outcomes import Back, Done, Fail, Retry, Skip, Wait
from builds.pipeline import station_named
from builds.ports import Canceled, Deployment, PullRequest, Refused, ShuttingDown, Unavailable
from builds.states import JobStatus
from tests.fence.stale import INTAKE, ITEM, LEASE, REPLY, REQUEST, Stale

Try = Callable[[Stale], object]

SHA = "c" * 40
REPAIR = PlannedItem(key="verify-1", title="Mend it", origin="verify")
CHECK = CheckRun(phase="after", check="tests", argv=("true",), tree_sha=SHA, outcome="passed")
PULL = PullRequest(
    number=1,
    url="https://github.test/1",
    branch=INTAKE.branch,
    base_branch="main",
    head_sha=SHA,
    state="open",
    draft=False,
    title="One",
    body="",
)
DEPLOYED = Deployment(
    id=1, environment="staging", state="succeeded", created_at=datetime(2026, 1, 1, tzinfo=UTC), url=""
)
SETUP = SetupRun(ecosystem="python", manifests=("requirements.txt",), layer="0" * 64, outcome="installed")
QUESTION = Question(
    station="implement",
    gates=("PlanApproved",),
    reason="The plan is to be approved",
    findings=(),
    may_decide="owner",
    on_approve="It goes on.",
    on_reject="It stops.",
    content_hash="0" * 64,
)
OUTCOMES: dict[type, Any] = {
    Done: Done("Three items"),
    Skip: Skip("Nothing to do"),
    Retry: Retry("The forge does not answer"),
    Wait: Wait(timedelta(minutes=1), "The quota is used up"),
    Back: Back("implement", "A test fails"),
    Fail: Fail("checks_failed", "Three tests fail"),
    Question: QUESTION,
}
"""One of each word that `engine.settle` turns into rows."""


def within(act: Callable[[], object]) -> None:
    """In a transaction, as its callers have one."""
    with transaction.atomic():
        act()


def enter(stale: Stale) -> None:
    """Open a fenced transaction."""
    with stale.job.fenced():
        pass


def answered(stale: Stale) -> None:
    """The model's answer arrives at a worker that is stale by now."""
    stale.metered.book(stale.reservation, REPLY, "a provider")


def begin(stale: Stale) -> None:
    """A station is about to begin."""
    facts: Any = None  # looked at only after the first write
    engine.run(stale.job, station_named("implement"), facts, stale.ports, stale.pulse)


def settling(word: Any) -> Try:
    """A station ended with this word."""
    return lambda stale: engine.settle(stale.job, word)


TRIED: dict[str, Try] = {
    "builds.models.jobs.Job.move": lambda s: within(lambda: s.job.move(JobStatus.QUEUED)),
    "builds.models.jobs.Job.fenced": enter,
    "builds.models.jobs.Job.renew": lambda s: s.job.renew(LEASE),
    "builds.checkpoints.Checkpoints.beat": lambda s: s.progress.beat(),
    "builds.checkpoints.Checkpoints.note": lambda s: s.progress.note("Writing a.py", step="a.py"),
    "builds.checkpoints.Checkpoints.save_intake": lambda s: s.progress.save_intake(INTAKE),
    "builds.checkpoints.Checkpoints.save_base": lambda s: s.progress.save_base(
        INTAKE, [Item(planned=ITEM, status="done", patch=b"diff", tree_before=SHA, tree_after=SHA)]
    ),
    "builds.checkpoints.Checkpoints.save_plan": lambda s: s.progress.save_plan(
        Plan(summary="Another", items=(REPAIR,))
    ),
    "builds.checkpoints.Checkpoints.add_repair": lambda s: s.progress.add_repair(REPAIR),
    "builds.checkpoints.Checkpoints.save_item": lambda s: s.progress.save_item(
        Item(planned=ITEM, status="done", summary="Done", patch=b"diff", tree_before=SHA, tree_after=SHA)
    ),
    "builds.checkpoints.Checkpoints.leave_out": lambda s: s.progress.leave_out(["1"], "The money is gone."),
    "builds.checkpoints.Checkpoints.carry_turns": lambda s: s.progress.carry_turns("1"),
    "builds.checkpoints.Checkpoints.save_turn": lambda s: s.progress.save_turn(
        Turn(item="1", number=1, request_hash="0" * 64, results=(), tree_after=SHA)
    ),
    "builds.checkpoints.Checkpoints.forget_turns": lambda s: s.progress.forget_turns("1", 0),
    "builds.checkpoints.Checkpoints.save_setup": lambda s: s.progress.save_setup(SETUP),
    "builds.checkpoints.Checkpoints.save_check": lambda s: s.progress.save_check(CHECK),
    "builds.checkpoints.Checkpoints.save_change_set": lambda s: s.progress.save_change_set(SHA, b"diff"),
    "builds.checkpoints.Checkpoints.save_review": lambda s: s.progress.save_review(
        Review(tree_sha=SHA, verdict="approve", summary="Good")
    ),
    "builds.checkpoints.Checkpoints.save_branch": lambda s: s.progress.save_branch(SHA, SHA),
    "builds.checkpoints.Checkpoints.save_pull": lambda s: s.progress.save_pull(PULL),
    "builds.checkpoints.Checkpoints.save_deploy": lambda s: s.progress.save_deploy(DEPLOYED),
    "builds.checkpoints.Checkpoints.save_criterion": lambda s: s.progress.save_criterion(1, "met", "tests"),
    "builds.checkpoints.Checkpoints.keep": lambda s: s.progress.keep("check", "a.log", b"ok"),
    "builds.metered.Metered.complete": lambda s: s.metered.complete(REQUEST),
    "builds.metered.Metered.reserve": lambda s: s.metered.reserve(REQUEST, "0" * 64, ""),
    "builds.metered.Metered.book": answered,
    "builds.metered.Metered.troubled": lambda s: s.metered.troubled(
        s.reservation, "a provider", Unavailable("It fell silent.")
    ),
    "builds.metered.Metered.refuse": lambda s: s.metered.refuse(
        s.reservation, "a provider", Refused("content", "Not that.")
    ),
    "builds.metered.Metered.lose": lambda s: s.metered.lose(s.reservation, "No answer came."),
    "builds.engine.run": begin,
    "builds.engine.cancel": lambda s: engine.cancel(s.job),
    "builds.engine.hand_over": lambda s: engine.hand_over(s.job),
    "builds.engine.stop": lambda s: engine.stop(s.job, Canceled("a person canceled the job")),
    "builds.engine.stop, shutting down": lambda s: engine.stop(s.job, ShuttingDown("asked to stop")),
    **{f"builds.engine.settle, {kind.__name__}": settling(word) for kind, word in OUTCOMES.items()},
}
"""Tried with a stale worker, one by one: each refuses and changes no row. A comma tells cases apart."""

INSIDE = {
    "builds.checkpoints.Checkpoints.add_criteria",
    "builds.checkpoints.Checkpoints.add_item",
    "builds.checkpoints.Checkpoints.keep_item_patch",
    "builds.checkpoints.Checkpoints.update",
    "builds.breaker.answered",
    "builds.breaker.failed",
    "builds.endings.blame",
    "builds.endings.end",
    "builds.endings.give_up",
    "builds.endings.void_question",
    "builds.engine.advance",
    "builds.engine.pause",
    "builds.engine.send_back",
    "builds.journal.record",
    "builds.journal.record_first",
    "builds.journal.written",
    "builds.ledger.release",
    "builds.ledger.reserve",
    "builds.ledger.settle",
    "builds.ledger.settle_lost",
    "builds.metered.Metered.note",
    "builds.runs.mark",
    "builds.runs.reopen",
    "builds.waiting.begin",
    "builds.waiting.retry",
    "builds.waiting.wait",
}
"""Parts of a transaction that somebody else opened. Whoever calls one is in one of these tables too."""

DOORS = {
    "builds.breaker.held": "of no job: who may probe a provider is decided by one guarded UPDATE",
    "builds.breaker.withdrawn": "of no job: gives a probe back, and at worst there is one probe more",
    "builds.claims.claim": "takes what nobody holds: the row is locked, its fence grows by a guarded move",
    "builds.claims.ended": "part of claim",
    "builds.claims.take": "part of claim",
    "builds.deliveries.claim": "a sender of callbacks: the row is locked, and a fence of its own grows",
    "builds.deliveries.disable": "part of deliveries.settle",
    "builds.deliveries.move_on": "part of deliveries.settle",
    "builds.deliveries.settle": "locks the row and compares the callback's fence",
    "builds.deliveries.try_later": "part of deliveries.settle",
    "builds.operations.deciding.decide": "a person; a guarded move",
    "builds.operations.deciding.settle_question": "a person; the question is taken by one guarded UPDATE",
    "builds.operations.halting.halt": "a person; a new row, of which there is one at most",
    "builds.operations.halting.resume": "a person; one guarded UPDATE",
    "builds.operations.hearing.hear": "GitHub; a new row, of which there is one for each delivery",
    "builds.operations.hearing.note": "part of hear, which locked the row; no column of a worker",
    "builds.operations.rerunning.rerun": "a person; a guarded move",
    "builds.operations.steering.ask_to_cancel": "a person; one guarded UPDATE",
    "builds.operations.steering.cancel": "a person; a guarded move",
    "builds.operations.steering.run_now": "a person; one guarded UPDATE",
    "builds.operations.submitting.submit": "a person; a new row",
    "builds.operations.tokens.make_token": "a person; a new row",
    "builds.operations.tokens.revoke_token": "a person; one guarded UPDATE",
    "builds.queue.DreamWorker.execute_job": "no row of ours: a record in Redis that is no doorbell",
    "builds.operations.keyed.submit_once": "a person; a new row",
    "builds.operations.repos.change": "a person; the row is locked, and it is none of a worker's",
    "builds.operations.repos.keep_look": "a person; one UPDATE of a repo, which no worker writes",
    "builds.operations.repos.register": "a person; a new row",
    "builds.queue.DreamWorker.handle_work_horse_killed": "ends the lease of its own dead horse, by its name",
    "builds.queue.name_doorbell": "no row of ours: RQ's own record in Redis",
    "builds.redelivery.redeliver": "a person; the row is locked",
    "builds.retention.clean": "an operator; of no job: sessions",
    "builds.retention.deleted": "an operator; only of jobs that have ended",
    "builds.retention.forgotten": "an operator; only of jobs that have ended",
    "builds.retention.without_blobs": "an operator; only of jobs that have ended",
    "builds.rollup.advance": "of no job: how far sums were added up, under the lock of its row",
    "builds.runs.begin_attempt": "new rows of submit and rerun",
    "builds.sweep.cancel_abandoned": "ends what nobody holds, by a guarded move",
    "builds.sweep.expire_questions": "the question is taken by one guarded UPDATE",
    "builds.sweep.forget_keys": "deletes what nobody asks about any more",
    "builds.sweep.sweep": "writes down that it looked",
    "builds.tallies.keep": "part of rollup.advance",
}
"""What is no write of a worker under a lease, and what keeps it right."""
