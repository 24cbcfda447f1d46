"""`dream approve` and `dream reject`: bound to the content that was shown, by who may decide."""

from typing import Any

import pytest

from builds.models import Approval, Job, StoriaSubject
from tests import factories
from tests.management.conftest import Dream

SHORT = factories.HASH[:12]


@pytest.fixture
def paused(db: None) -> Job:
    """A job of Alice's that another reviewer decides."""
    return factories.paused()


@pytest.mark.parametrize(
    "given", [factories.HASH, SHORT, f"sha256:{factories.HASH}", factories.HASH[:30].upper()]
)
def test_a_yes_names_the_content_in_full_or_by_its_beginning(dream: Dream, paused: Job, given: str) -> None:
    answer = dream("approve", paused.job_id, "--hash", given, "-m", "Backed up.", by="rita")
    assert answer.code == 0
    assert f"rita approved create_pr of {paused.job_id}; the build goes on." in answer.out
    paused.refresh_from_db()
    decided = paused.approvals.get()
    assert paused.status == "queued"
    assert (decided.state, decided.decided_by, decided.comment, decided.via) == (
        "approved", "rita", "Backed up.", "cli",
    )  # fmt: skip


def test_without_a_hash_the_question_and_its_hash_are_shown(dream: Dream, paused: Job) -> None:
    answer = dream("approve", paused.job_id, by="rita")
    assert (answer.code, answer.out) == (2, "")
    assert "it drops a column" in answer.err
    assert factories.HASH in answer.err
    assert f"dream approve {paused.job_id} --hash {SHORT}" in answer.err
    assert Approval.objects.get().state == "open"


@pytest.mark.parametrize("given", [factories.HASH[:11], "0xdeadbeef0000", "g" * 12, "a" * 65])
def test_what_is_no_hash_is_a_usage_error(dream: Dream, paused: Job, given: str) -> None:
    answer = dream("approve", paused.job_id, "--hash", given, by="rita")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "12 to 64 characters" in answer.err


def test_another_content_is_not_approved(dream: Dream, paused: Job) -> None:
    answer = dream("approve", paused.job_id, "--hash", "f" * 12, by="rita")
    assert (answer.code, answer.err) == (1, "dream: The content has changed since you looked; look again.\n")
    assert Approval.objects.get().state == "open"


def test_a_no_has_to_say_why(dream: Dream, paused: Job) -> None:
    assert dream("reject", paused.job_id, "--hash", SHORT, by="rita").code == 2
    blank = dream("reject", paused.job_id, "--hash", SHORT, "-m", " ", by="rita")
    assert (blank.code, blank.err) == (2, "dream: Say why: the requester is told your comment.\n")
    answer = dream("reject", paused.job_id, "--hash", SHORT, "-m", "Marketing needs them.", by="rita")
    assert answer.code == 0
    paused.refresh_from_db()
    assert (paused.status, paused.error_code) == ("failed", "rejected")
    assert "Marketing needs them." in paused.error_message


def test_watching_a_rejected_job_ends_with_its_own_exit_code(dream: Dream, paused: Job) -> None:
    dream("reject", paused.job_id, "--hash", SHORT, "-m", "No.", by="rita")
    assert dream("watch", paused.job_id).code == 4


def test_who_may_not_decide_is_told_who_may(dream: Dream, paused: Job) -> None:
    answer = dream("approve", paused.job_id, "--hash", SHORT, by="olga")
    assert (answer.code, answer.err) == (1, "dream: A reviewer other than the requester decides this.\n")
    own = dream("approve", paused.job_id, "--hash", SHORT)
    assert own.code == 1
    assert "You asked for this build" in own.err


def test_the_same_yes_again_changes_nothing_and_another_answer_is_late(dream: Dream, paused: Job) -> None:
    words = ("approve", paused.job_id, "--hash", SHORT)
    assert dream(*words, by="rita").code == 0
    assert dream(*words, by="rita").code == 0
    late = dream("reject", paused.job_id, "--hash", SHORT, "-m", "No.", by="rita")
    assert (late.code, late.err) == (1, "dream: rita already decided: approved.\n")


def test_a_job_that_asks_nothing_takes_no_answer(dream: Dream) -> None:
    job = factories.job()
    for words in (["approve"], ["approve", "--hash", SHORT]):
        answer = dream(words[0], job.job_id, *words[1:])
        assert answer.code == 1
        assert "queued" in answer.err


def test_a_decision_as_json_is_the_job(dream: Dream, paused: Job) -> None:
    document = dream("approve", paused.job_id, "--hash", SHORT, "--json", by="rita").document
    assert (document["jobId"], document["gate"], document["status"]) == (paused.job_id, None, "running")


def test_who_asked_at_storia_does_not_approve_here(dream: Dream, people: dict[str, Any]) -> None:
    StoriaSubject.objects.create(user=people["rita"], subject="alice")
    job = factories.paused()
    answer = dream("approve", job.job_id, "--hash", factories.HASH, by="rita")
    assert (answer.code, answer.err) == (
        1, "dream: You asked for this build; a reviewer other than you decides it.\n",
    )  # fmt: skip
    assert job.approvals.get().state == "open"
