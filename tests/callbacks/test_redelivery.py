"""Operators send callbacks again: from code, from the admin and from a terminal, and nobody else does."""

import json
from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from builds import refusals
from builds.adapters.callback_memory import MemoryCallbackSender
from builds.deliveries import claim, settle, tell
from builds.models import CallbackDelivery, Job
from builds.ports import CallbackAnswer
from builds.redelivery import redeliver
from tests import people
from tests.callbacks.world import deliver_due, finish, happen, told_job
from tests.world import ALICE, CAROL, OLGA, RITA

pytestmark = pytest.mark.django_db
GONE = CallbackAnswer(status=410)


@pytest.fixture
def told() -> Job:
    """A job that has ended, all of it told."""
    job = told_job()
    happen(job, "started", "", "planning")
    finish(job)
    deliver_due(MemoryCallbackSender())
    return job


def again(job: Job) -> list[int]:
    """Which events are told now."""
    sender = MemoryCallbackSender()
    deliver_due(sender)
    return [json.loads(sent.body)["sequence"] for sent in sender.sent]


def test_the_newest_is_told_again_under_its_name_when_all_were_delivered(told: Job) -> None:
    before = {row.event.sequence for row in CallbackDelivery.objects.all()}
    assert redeliver(told.job_id, by=OLGA).sequence == 4
    assert (before, again(told)) == ({1, 3, 4}, [4])
    event = told.events.get(name="callback.redelivery_requested")
    assert (event.actor, event.data) == ("olga", {"sequence": 4, "via": OLGA.via})


def test_from_an_event_on_everything_follows_so_that_no_receiver_goes_back_in_time(told: Job) -> None:
    redeliver(told.job_id, by=OLGA, sequence=3)
    assert again(told) == [3, 4]


def test_without_a_sequence_it_starts_at_the_first_that_never_arrived() -> None:
    job = told_job()
    happen(job, "started", "planning")
    deliver_due(MemoryCallbackSender([CallbackAnswer(status=204), GONE]))
    finish(job)
    assert again(job) == []
    assert redeliver(job.job_id, by=OLGA).sequence == 2
    assert again(job) == [2, 4]  # 3 says that callbacks were switched off
    job.refresh_from_db()
    assert job.callback_disabled_at is None


def test_an_event_that_still_waits_is_not_jumped_over(told: Job) -> None:
    job = told_job()
    happen(job, "started", "planning", "writing")
    assert redeliver(job.job_id, by=OLGA, sequence=3).sequence == 1
    assert again(job) == [1, 2, 3]
    assert [redeliver(told.job_id, by=OLGA, sequence=number).sequence for number in (3, None)] == [3, 3]
    assert again(told) == [3, 4]


def test_who_sends_while_a_person_asks_no_longer_speaks_for_the_job(told: Job) -> None:
    happen(told, "started")
    under_way = claim()
    assert under_way
    redeliver(told.job_id, by=OLGA, sequence=1)
    assert settle(under_way, tell(under_way.event, MemoryCallbackSender())) is False
    assert again(told) == [1, 3, 4, under_way.event.sequence]


def test_only_operators_may_and_strangers_do_not_even_learn_of_the_job(told: Job) -> None:
    for person, refusal in (
        (ALICE, refusals.MayNotDecide),
        (RITA, refusals.MayNotDecide),
        (CAROL, refusals.NoSuchJob),
    ):
        with pytest.raises(refusal):
            redeliver(told.job_id, by=person)
    assert again(told) == []


@pytest.mark.parametrize(
    ("make", "sequence", "why"),
    [
        (lambda: told_job(url=""), None, "has no callback address"),
        (told_job, None, "Nothing of job"),
        (lambda: happen(told_job(), "started", "")[0].job, 2, "none that is told"),
        (lambda: happen(told_job(), "started")[0].job, 99, "none that is told"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_sentence(
    make: Callable[[], Job], sequence: int | None, why: str
) -> None:
    with pytest.raises(refusals.WrongState, match=why):
        redeliver(make().job_id, by=OLGA, sequence=sequence)


def press(client: Client, model: str, action: str, *rows: object) -> str:
    """Choose rows of a list and press Go."""
    chosen = [str(row.pk) for row in rows]  # type: ignore[attr-defined]
    address = reverse(f"admin:builds_{model}_changelist")
    answer = client.post(address, {"action": action, "_selected_action": chosen}, follow=True)
    return str(answer.content.decode())


def test_an_operator_sends_again_from_the_log_and_it_is_written_down_who(client: Client, told: Job) -> None:
    client.force_login(people.olga())
    row = CallbackDelivery.objects.get(event__sequence=3)
    said = f"Sending callbacks again from event 3 (planning) on: {told.job_id}."
    assert said in press(client, "callbackdelivery", "send_again", row)
    assert again(told) == [3, 4]
    assert "from event 3" in LogEntry.objects.get().change_message


def test_an_operator_sends_again_from_the_list_of_jobs(client: Client, told: Job) -> None:
    client.force_login(people.olga())
    silent = told_job(url="", job_id="silent")
    shown = press(client, "job", "redeliver_callbacks", told, silent)
    assert "from event 4 (complete) on" in shown
    assert "Skipped silent: Job silent has no callback address." in shown
    assert again(told) == [4]


@pytest.mark.parametrize("who", [people.vic, people.rita])
def test_without_the_permission_nothing_is_sent_from_the_admin(
    client: Client, told: Job, who: Callable[[], User]
) -> None:
    client.force_login(who())
    press(client, "callbackdelivery", "send_again", CallbackDelivery.objects.all()[0])
    press(client, "job", "redeliver_callbacks", told)
    assert again(told) == []


def test_the_log_shows_each_try_and_what_the_receiver_said(client: Client) -> None:
    happen(told_job(), "started")
    deliver_due(MemoryCallbackSender([CallbackAnswer(status=500, excerpt="<b>no\u202e</b>")]))
    client.force_login(people.vic())
    shown = client.get(reverse("admin:builds_callbackdelivery_changelist")).content.decode()
    assert "HTTP 500. &lt;b&gt;no" in shown
    assert "<b>no" not in shown
    assert "\u202e" not in shown
    address = reverse("admin:builds_callbackdelivery_change", args=[CallbackDelivery.objects.get().pk])
    assert client.get(address).status_code == 200


def test_from_a_terminal(told: Job, capsys: pytest.CaptureFixture[str]) -> None:
    people.olga()
    call_command("dream", "callback", "redeliver", told.job_id, "--as", "olga", "--sequence", "3")
    assert "again, from event 3 (planning) on" in " ".join(capsys.readouterr().out.split())
    call_command("dream", "callback", "redeliver", told.job_id, "--as", "olga", "--json")
    assert json.loads(capsys.readouterr().out) == {"jobId": told.job_id, "fromSequence": 3}
    people.vic()
    with pytest.raises(SystemExit) as ended:
        call_command("dream", "callback", "redeliver", told.job_id, "--as", "vic")
    assert ended.value.code == 1
