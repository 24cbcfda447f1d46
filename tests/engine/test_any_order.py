"""Whatever happens to jobs, in whatever order: the table of moves, events, fences and endings hold."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from builds import engine, halts
from builds.asking import Question
from builds.claims import claim
from builds.models import Approval, DeadLetter, Event, Halt, Job, Repo
from builds.operations import approve, cancel, halt, reject, replay, rerun, resume, run_now
from builds.outcomes import Back, Done, Fail, Outcome, Retry, Skip, Wait
from builds.pipeline import STATIONS
from builds.ports import Canceled, Halted, Interrupted, LeaseLost, Overdue, ShuttingDown
from builds.refusals import NotDone
from builds.runs import begin_attempt
from builds.states import ACTIVE, MOVES, JobStatus, LostRace
from builds.sweep import sweep
from tests import factories
from tests.world import ALICE, OLGA, RITA

LEASE = timedelta(hours=1)
ENDS = ("complete", "failed", "canceled")
WATCHED = """
CREATE TABLE moves_seen (id bigserial, job_id bigint, was text, became text, old_fence bigint, fence bigint);
CREATE FUNCTION see_move() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO moves_seen (job_id, was, became, old_fence, fence)
    VALUES (NEW.id, OLD.status, NEW.status, OLD.fence, NEW.fence);
    RETURN NEW;
END $$;
CREATE TRIGGER see_move AFTER UPDATE ON builds_job FOR EACH ROW EXECUTE FUNCTION see_move();
"""
FORGOTTEN = "DROP TRIGGER see_move ON builds_job; DROP FUNCTION see_move; DROP TABLE moves_seen;"

OUTCOMES: st.SearchStrategy[Outcome] = st.sampled_from(
    [
        Done("done"),
        Skip("does not apply"),
        Retry("502"),
        Wait(timedelta(0), "quota", "provider"),
        Wait(timedelta(days=2), "later", "outside"),
        Wait(timedelta(0), "cap", "cap"),
        Fail("item_failed", "no"),
    ]
)
INTERRUPTIONS = st.sampled_from([Canceled, Halted, LeaseLost, Overdue, ShuttingDown])
PICK = st.integers(min_value=0, max_value=2)


def question(job: Job) -> Question:
    """What the gates of any station could ask."""
    return Question(
        station=job.station, gates=("AllowedPaths",), reason="It asks", findings=(), may_decide="owner",
        on_approve="yes", on_reject="no", content_hash="ab" * 32,
    )  # fmt: skip


class AnyOrder(RuleBasedStateMachine):
    """Three jobs of two repos, workers that keep or lose their leases, and people who do what they like."""

    def __init__(self) -> None:
        super().__init__()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE builds_repo, builds_halt, builds_sweep, moves_seen CASCADE")
        self.jobs = [factories.job(repo=factories.repo(name=f"r{number % 2}")) for number in range(3)]
        for job in self.jobs:
            begin_attempt(job, STATIONS, STATIONS[0])
        self.held: list[Job] = []  # what workers think is theirs, rightly or not

    def job(self, number: int) -> Job:
        """One of the jobs, as it stands."""
        return Job.objects.get(pk=self.jobs[number].pk)

    def ask(self, act: Callable[..., Any], number: int, **given: Any) -> None:
        """A person does something to a job; a refusal changes nothing."""
        before = self.job(number)
        try:
            act(before.job_id, **given)
        except NotDone:
            after = self.job(number)
            assert (after.status, after.attempt, after.last_sequence) == (
                before.status, before.attempt, before.last_sequence,
            )  # fmt: skip

    @rule()
    def claims(self) -> None:
        """A worker takes the best job."""
        job = claim("worker", LEASE)
        if job is not None:
            assert halts.current() is None
            self.held.append(job)

    @rule(number=PICK)
    def crashes(self, number: int) -> None:
        """A worker dies, or freezes: its lease runs out."""
        Job.objects.filter(pk=self.jobs[number].pk, status="running").update(lease_until=Now() - LEASE)

    @rule(outcome=OUTCOMES)
    def settles(self, outcome: Outcome) -> None:
        """A worker ends its station; a frozen one that wakes writes nothing."""
        self.write(lambda job: engine.settle(job, outcome))

    @rule()
    def pauses(self) -> None:
        """The gates ask."""
        self.write(lambda job: engine.settle(job, question(job)))

    @rule(to=st.sampled_from(["implement", "plan"]))
    def goes_back(self, to: str) -> None:
        """A later station sends the work back."""
        late = STATIONS[3:]
        self.write(lambda job: engine.settle(job, Back(to, "again") if job.station in late else Done("done")))

    @rule(why=INTERRUPTIONS)
    def is_interrupted(self, why: type[Interrupted]) -> None:
        """A pulse stops the work."""
        self.write(lambda job: engine.stop(job, why("stop")))

    def write(self, act: Callable[[Job], None]) -> None:
        """The oldest holder writes: with the fence it has, and only if that is still the newest."""
        if not self.held:
            return
        job = self.held.pop(0)
        now = Job.objects.get(pk=job.pk)
        mine = now.fence == job.fence and now.status == "running"
        with suppress(LeaseLost, LostRace):
            act(job)
            assert mine, "a worker that lost its lease wrote"

    @rule(number=PICK)
    def cancels(self, number: int) -> None:
        """The requester has enough."""
        self.ask(cancel, number, by=ALICE)

    @rule(number=PICK, start=st.sampled_from(["", *STATIONS]))
    def reruns(self, number: int, start: str) -> None:
        """Once more, from anywhere."""
        self.ask(rerun, number, by=ALICE, from_station=start)

    @rule(number=PICK)
    def replays(self, number: int) -> None:
        """Once more, from where it was given up."""
        self.ask(replay, number, by=OLGA)

    @rule(number=PICK, yes=st.booleans())
    def decides(self, number: int, yes: bool) -> None:
        """A reviewer answers."""
        given = {"by": RITA, "content_hash": "ab" * 32, "comment": "I looked."}
        self.ask(approve if yes else reject, number, **given)

    @rule(number=PICK)
    def hurries(self, number: int) -> None:
        """Somebody cannot wait."""
        self.ask(run_now, number, by=ALICE)

    @rule()
    def halts_or_resumes(self) -> None:
        """An operator."""
        resume(by=OLGA) if halts.current() else halt(by=OLGA, reason="Stop.")

    @rule()
    def time_passes(self) -> None:
        """Everything that waits for a clock is due, questions expire, and somebody sweeps."""
        Job.objects.filter(status="queued").update(run_after=Now())
        Approval.objects.filter(state="open").update(expires_at=Now())
        sweep("tests")

    @invariant()
    def every_move_is_in_the_table_and_the_fence_only_grows(self) -> None:
        """As the database saw it."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT was, became, old_fence, fence FROM moves_seen")
            seen = cursor.fetchall()
            cursor.execute("TRUNCATE moves_seen")
        for was, became, old_fence, fence in seen:
            assert was == became or JobStatus(became) in MOVES[JobStatus(was)], (was, became)
            taken = became == "running" and (was == "queued" or fence > old_fence)
            assert fence == old_fence + taken

    @invariant()
    def events_have_no_gaps_and_an_attempt_has_one_ending(self) -> None:
        """Of each job, and exactly when it has ended."""
        for job in Job.objects.all():
            events = list(Event.objects.filter(job=job).values_list("sequence", "attempt", "callback_status"))
            assert [number for number, _, _ in events] == list(range(1, job.last_sequence + 1))
            endings = [attempt for _, attempt, status in events if status in ENDS]
            ended = job.attempt if job.is_final else job.attempt - 1
            assert endings == list(range(1, ended + 1))

    @invariant()
    def a_row_says_nothing_that_its_state_denies(self) -> None:
        """Leases, questions and dead letters belong to states."""
        for job in Job.objects.all():
            assert (job.lease_until is not None) == (job.status == "running")
            assert job.approvals.filter(state="open").count() == int(job.status == "paused")
            assert job.tries <= 4
            waits = DeadLetter.objects.filter(job=job, replayed_at=None)
            assert waits.count() <= int(job.status == "failed")
            assert bool(job.error_code) == (job.status in {"failed", "canceled"})
            assert job.station_runs.filter(attempt=job.attempt).count() == len(STATIONS)
        assert Halt.objects.filter(lifted_at=None).count() <= 1
        for repo in Repo.objects.all():
            assert repo.jobs.filter(status="running").count() <= 1

    def teardown(self) -> None:
        """What is left can still be brought to an end."""
        if halts.current():
            resume(by=OLGA)
        for number, _ in enumerate(self.jobs):
            if JobStatus(self.job(number).status) in ACTIVE:
                cancel(self.job(number).job_id, by=ALICE)
                Job.objects.filter(status="running").update(lease_until=Now() - LEASE)
                sweep("tests")
            assert self.job(number).is_final
        self.events_have_no_gaps_and_an_attempt_has_one_ending()


@pytest.fixture
def watched(transactional_db: None) -> Any:
    """Every change of a job's row is written down by the database itself."""
    with connection.cursor() as cursor:
        cursor.execute(WATCHED)
    yield
    with connection.cursor() as cursor:
        cursor.execute(FORGOTTEN)


def run(examples: int, steps: int) -> None:
    """So many stories of so many steps."""
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=(Phase.generate,),  # a shorter story would take minutes to find
    )
    run_state_machine_as_test(AnyOrder, settings=chosen)


@pytest.mark.campaign
def test_whatever_happens_in_whatever_order_the_rules_hold(watched: None) -> None:
    run(examples=25, steps=30)


@pytest.mark.campaign
@pytest.mark.timeout(1200)
def test_many_stories(watched: None) -> None:
    run(examples=150, steps=40)


def test_the_trigger_sees_a_move_outside_the_table(watched: None) -> None:
    with transaction.atomic():
        machine = AnyOrder()
        Job.objects.filter(pk=machine.jobs[0].pk).update(status="succeeded")
    with pytest.raises(AssertionError, match="'queued', 'succeeded'"):
        machine.every_move_is_in_the_table_and_the_fence_only_grows()
