"""`dream dead-letters` and `dream replay`: what was given up, and many of them at once."""

import pytest

from builds.models import DeadLetter, Job
from tests import factories
from tests.management.conftest import Dream


@pytest.fixture
def letters(db: None) -> list[Job]:
    """Three jobs that were given up at verify, one of another repo, one for another reason."""
    made = []
    for name, code in (("billing", "unavailable"), ("shop", "unavailable"), ("billing", "worker_killed")):
        job = factories.ended(error_code=code, repo=factories.repo(name=name))
        DeadLetter.objects.create(
            job=job, attempt=1, station="verify", code=code, error="502 <three times>", tries=3
        )
        made.append(job)
    return made


def test_each_is_listed_with_its_reason(dream: Dream, letters: list[Job]) -> None:
    answer = dream("dead-letters")
    assert answer.code == 0
    for part in (*(job.job_id for job in letters), "verify", "unavailable", "worker_killed", "dream replay"):
        assert part in answer.out


def test_for_programs_a_dead_letter_says_job_error_attempts_and_when(
    dream: Dream, letters: list[Job]
) -> None:
    (found,) = dream("dead-letters", "--repo", "acme/shop", "--json").document["deadLetters"]
    assert found["failedAt"].endswith("Z")
    assert found | {"failedAt": ""} == {
        "jobId": letters[1].job_id, "repo": "acme/shop", "attempt": 1, "station": "verify",
        "code": "unavailable", "error": "502 <three times>", "attempts": 3, "failedAt": "",
        "replayedAt": None, "replayedBy": None,
    }  # fmt: skip


def test_all_of_a_kind_are_replayed_at_once_and_shown_so(dream: Dream, letters: list[Job]) -> None:
    answer = dream("replay", "--all", "--code", "unavailable", by="olga")
    assert (answer.code, answer.out.count("starts attempt 2 from verify.")) == (0, 2)
    assert dream("dead-letters").out.count("unavailable") == 0
    assert dream("dead-letters", "--replayed").out.count("by olga") == 2
    assert list(Job.objects.order_by("id").values_list("status", flat=True)) == ["queued", "queued", "failed"]


def test_one_that_cannot_be_is_named_and_the_others_go_on(dream: Dream, letters: list[Job]) -> None:
    answer = dream("replay", letters[0].job_id, "nobody-knows-it", letters[1].job_id, "--json")
    assert answer.code == 1
    assert answer.document["replayed"] == [letters[0].job_id, letters[1].job_id]
    assert list(answer.document["refused"]) == ["nobody-knows-it"]


@pytest.mark.parametrize("words", [[], ["a-job", "--all"]])
def test_it_wants_names_or_all_of_them(dream: Dream, words: list[str]) -> None:
    answer = dream("replay", *words)
    assert (answer.code, answer.err) == (2, "dream: Name the jobs to replay, or say --all.\n")
