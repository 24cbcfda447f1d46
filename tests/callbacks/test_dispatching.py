"""Many hands over real HTTP: order, once, nobody waits for a dead receiver, and kill -9 loses nothing."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.conf import settings as configured
from django.core.management import call_command
from django.db import connection

from builds.adapters.callback_https import HttpsCallbackSender
from builds.adapters.callback_memory import MemoryCallbackSender
from builds.deliveries import LEASE
from builds.dispatching import Dispatcher
from builds.models import CallbackDelivery, Job
from builds.ports import CallbackAnswer
from tests.adapters.callback_receivers import Receiver, answer, receiver
from tests.callbacks.world import finish, happen, time_passes, told_job

pytestmark = pytest.mark.django_db(transaction=True)
SENDER = HttpsCallbackSender(insecure=True, seconds=3)


def told(found: Receiver) -> list[tuple[str, str]]:
    """Job and status of each POST, in order."""
    bodies = [json.loads(post.body) for post in found.posts]
    return [(body["jobId"], body["status"]) for body in bodies]


def url(found: Receiver) -> str:
    """Its address."""
    return f"http://127.0.0.1:{found.port}/hook"


def wait_until(true: Callable[[], object], seconds: float = 20) -> None:
    """Fail when it does not come true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_everything_due_is_delivered_in_order_for_each_job() -> None:
    with receiver() as found:
        jobs = [told_job(url(found), job_id=f"job-{number}") for number in range(5)]
        for job in jobs:
            happen(job, "started", "planning", "writing", "testing")
            finish(job)
        Dispatcher(SENDER).once()
    for job in jobs:
        mine = [status for name, status in told(found) if name == job.job_id]
        assert mine == ["started", "planning", "writing", "testing", "complete"]


def test_several_dispatchers_tell_each_event_once() -> None:
    with receiver() as found:
        for number in range(12):
            happen(told_job(url(found), job_id=f"job-{number}"), "started", "planning", "writing")
        dispatchers = [Dispatcher(SENDER, pause=0.01) for _ in range(3)]
        for dispatcher in dispatchers:
            dispatcher.start()
        wait_until(lambda: not Job.objects.filter(next_callback_at__isnull=False).exists())
        for dispatcher in dispatchers:
            dispatcher.__exit__()
    names = [post.headers["webhook-id"] for post in found.posts]
    assert (len(names), len(set(names))) == (36, 36)
    assert CallbackDelivery.objects.filter(outcome="delivered").count() == 36


def test_a_receiver_that_hangs_slows_no_other_and_keeps_few_hands() -> None:
    waiting = threading.Event()
    with receiver() as hanging, receiver() as quick:
        hanging.delay = lambda: waiting.wait(10)
        for number in range(20):
            happen(told_job(url(hanging), job_id=f"dead-{number}"), "started")
        living = told_job(url(quick), job_id="living")
        happen(living, "started", "planning")
        with Dispatcher(HttpsCallbackSender(insecure=True, seconds=8), hands=6, for_each_host=2, pause=0.05):
            began = time.monotonic()
            wait_until(lambda: len(quick.posts) == 2, 5)
            finish(living)
            wait_until(lambda: len(quick.posts) == 3, 5)
            assert time.monotonic() - began < 4
            assert 1 <= len(hanging.posts) <= 2
            waiting.set()


def test_a_build_goes_on_while_its_receiver_hangs() -> None:
    """The engine's writes to the job do not wait for a delivery that is under way."""
    waiting = threading.Event()
    with receiver() as hanging:
        hanging.delay = lambda: waiting.wait(10)
        job = told_job(url(hanging))
        happen(job, "started")
        with Dispatcher(HttpsCallbackSender(insecure=True, seconds=8), pause=0.05):
            wait_until(lambda: hanging.posts)
            began = time.monotonic()
            happen(job, "planning", "writing")
            finish(job)
            assert time.monotonic() - began < 1
            waiting.set()


def test_stopping_waits_for_the_delivery_under_way_and_begins_no_other() -> None:
    with receiver() as found:
        found.delay = lambda: time.sleep(0.5)
        job = told_job(url(found))
        happen(job, "started", "planning", "writing")
        with Dispatcher(SENDER, pause=0.01):
            wait_until(lambda: found.posts)
    job.refresh_from_db()
    assert (len(found.posts), job.delivered_sequence) == (1, 1)
    assert job.next_callback_at is not None


def test_a_fault_of_ours_ends_one_delivery_and_not_the_dispatcher() -> None:
    class Faulty(MemoryCallbackSender):
        def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> CallbackAnswer:
            if "bad" in url:
                raise ValueError("a fault")
            return super().send(url, body, headers)

    sender = Faulty()
    happen(told_job("https://bad.example"), "started")
    happen(told_job("https://good.example"), "started")
    Dispatcher(sender, hands=1).once()
    assert [sent.url for sent in sender.sent] == ["https://good.example"]


@pytest.fixture
def scheduler(child_environment: dict[str, str], tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    """`manage.py scheduler` processes; whatever is left is killed at the end."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait(10)


def start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """One that may talk to loopback."""
    command = [sys.executable, str(Path(configured.ROOT) / "manage.py"), "scheduler"]
    return subprocess.Popen(command, env={**environment, "DREAM_CALLBACK_INSECURE": "1"})


def test_killed_between_sending_and_writing_it_down_the_same_name_is_told_again(
    scheduler: list[subprocess.Popen[bytes]], child_environment: dict[str, str], settings: LazySettings
) -> None:
    arrived, answered = threading.Event(), threading.Event()

    def hold() -> None:
        arrived.set()
        answered.wait(20)

    with receiver(answer(204)) as found:
        found.delay = hold
        job = told_job(url(found))
        happen(job, "started", "planning")
        scheduler.append(start(child_environment))
        assert arrived.wait(30)
        scheduler[0].send_signal(signal.SIGKILL)
        scheduler[0].wait(10)
        answered.set()
        assert not CallbackDelivery.objects.exists()
        time_passes(LEASE + timedelta(seconds=1))
        settings.CALLBACK_INSECURE = True
        call_command("scheduler", "--once")
    names = [post.headers["webhook-id"] for post in found.posts]
    assert [status for _, status in told(found)] == ["started", "started", "planning"]
    assert names[0] == names[1] != names[2]
    rows = CallbackDelivery.objects.order_by("pk")
    assert [(row.event.sequence, row.number, row.outcome) for row in rows] == [
        (1, 2, "delivered"),
        (2, 1, "delivered"),
    ]


def test_sigterm_ends_the_scheduler_at_once_when_nothing_is_under_way(
    scheduler: list[subprocess.Popen[bytes]], child_environment: dict[str, str]
) -> None:
    with receiver() as found:
        happen(told_job(url(found)), "started")
        scheduler.append(start(child_environment))
        wait_until(CallbackDelivery.objects.exists, 30)
        scheduler[0].terminate()
        assert scheduler[0].wait(5) == 0


def test_an_outage_of_the_database_is_survived() -> None:
    """The connection of the thread is cut under it, as when Postgres restarts."""
    with receiver() as found, Dispatcher(SENDER, pause=0.05):
        job = told_job(url(found))
        happen(job, "started")
        wait_until(lambda: CallbackDelivery.objects.count() == 1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        happen(job, "planning")
        wait_until(lambda: CallbackDelivery.objects.filter(outcome="delivered").count() == 2)
    assert [status for _, status in told(found)] == ["started", "planning"]
