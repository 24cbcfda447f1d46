"""The doctor names what is wrong, with its mend, and mends what is safe."""

from datetime import timedelta
from pathlib import Path

import pytest
import redis
from django.conf import LazySettings
from django.contrib.auth.models import Permission, User
from django.db.models.functions import Now
from django.utils import timezone

from builds.doctor import CHECKS, Finding, examine
from builds.models import DeadLetter, Halt, Job, Sweep
from builds.queue import doorbells
from tests import factories
from tests.callbacks.world import happen, told_job

AN_HOUR = timedelta(hours=1)


def found(*, fix: bool = False) -> dict[str, Finding]:
    """By name."""
    return {finding.name: finding for finding in examine(fix=fix)}


@pytest.fixture
def sound(transactional_db: None, redis_client: redis.Redis) -> None:
    """A reviewer, and a sweep of a moment ago."""
    rita = User.objects.create_user("rita")
    rita.user_permissions.add(Permission.objects.get(codename="review_job"))
    Sweep.objects.create(by="tests")


def test_every_question_is_answered_in_a_sound_world_but_for_the_worker(sound: None) -> None:
    answers = found()
    assert len(answers) == len(CHECKS) == 18
    wrong = {name: answer for name, answer in answers.items() if not answer.ok}
    assert set(wrong) == {"workers"}, wrong
    assert wrong["workers"].mend == "start one: python3 manage.py worker"


def test_what_is_wrong_is_named_with_a_mend(sound: None, settings: LazySettings) -> None:
    User.objects.all().delete()
    Sweep.objects.update(at=timezone.now() - AN_HOUR)
    settings.SANDBOX, settings.REVIEWER = "none", "nobody-sells-this"
    Halt.objects.create(by="olga", reason="The provider bills twice.")
    job = told_job(lease_until=timezone.now() - AN_HOUR)
    happen(job, "started")
    job.events.update(created_at=timezone.now() - AN_HOUR)
    DeadLetter.objects.create(job=job, attempt=1, station="plan", code="x", error="y", tries=3)
    wrong = {name: answer for name, answer in found().items() if not answer.ok}
    assert set(wrong) == {
        "workers", "reviewers", "swept", "sandbox", "prices", "halted", "stuck", "callbacks", "dead letters",
    }  # fmt: skip
    assert all(answer.says and answer.mend and not answer.fixed for answer in wrong.values())


def test_it_rings_and_sweeps_when_it_is_asked_to(sound: None) -> None:
    Sweep.objects.update(at=timezone.now() - AN_HOUR)
    factories.job(run_after=timezone.now() - AN_HOUR)
    assert found()["unheard"].fixed == ""
    assert doorbells() == 0
    mended = found(fix=True)
    assert mended["swept"].fixed.startswith("swept")
    assert doorbells() == 1
    again = found()
    assert (again["swept"].ok, again["unheard"].ok) == (True, True)


def test_a_job_without_a_worker_is_rung_for(sound: None) -> None:
    factories.job(status="running", lease_until=timezone.now() - AN_HOUR)
    assert found()["stuck"].mend.endswith("--fix")
    assert found(fix=True)["stuck"].fixed.startswith("rang")
    assert doorbells() == 1


def test_a_job_that_says_nothing_for_long_is_shown(sound: None) -> None:
    job = factories.job(status="running", lease_until=timezone.now() + AN_HOUR)
    Job.objects.filter(pk=job.pk).update(updated_at=Now() - timedelta(days=2))
    assert found()["stuck"].says == "1 jobs run and tell nothing"


def test_a_part_that_does_not_answer_is_an_answer_too(
    sound: None, settings: LazySettings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.ARTIFACTS = tmp_path / "file"
    answer = found()["artifacts"]
    assert not answer.ok
    assert answer.says.startswith("could not be asked: The artifact store cannot be")
