"""Everybody acts as a Django user, with that user's permissions and no others."""

import getpass

import pytest

from builds.management.dream.acting import acting_user, person_of
from builds.models import Job
from tests import factories
from tests.management.conftest import Dream, user


def test_a_login_name_without_a_user_is_told_how_to_make_one(dream: Dream) -> None:
    answer = dream("list", by="nobody")
    assert (answer.code, answer.out) == (1, "")
    assert "There is no user nobody here." in answer.err
    assert "createsuperuser --username nobody" in answer.err
    assert "--as NAME" in answer.err
    assert answer.err.count("\n") == 1


def test_those_who_have_left_are_not_offered_and_do_not_act(dream: Dream) -> None:
    assert "ida" not in dream("list", by="nobody").err
    answer = dream("list", by="ida")
    assert answer.code == 1
    assert "ida is not active" in answer.err


def test_without_a_name_the_login_name_acts(dream: Dream) -> None:
    user(getpass.getuser())
    assert dream("list", by="").code == 0


def test_who_acts_may_be_named_before_and_behind_the_subcommand(dream: Dream) -> None:
    assert dream("list", "--as", "vic", by="").code == 0
    assert dream("--as", "vic", "list", by="").code == 0
    assert dream("list", "--as", "nobody", by="vic").code == 1


@pytest.mark.parametrize(
    ("name", "level", "reviews", "operates"),
    [
        ("alice", "builder", False, False),
        ("rita", "observer", True, False),
        ("olga", "observer", False, True),
        ("vic", "observer", False, False),
        ("root", "builder", True, True),
    ],
)
def test_a_person_is_what_the_permissions_say(
    dream: Dream, name: str, level: str, reviews: bool, operates: bool
) -> None:
    user("root", is_superuser=True)
    found = person_of(acting_user(name))
    assert (found.subject, found.via) == (name, "cli")
    assert (found.level, found.reviews, found.operates) == (level, reviews, operates)


def test_the_jobs_of_others_are_not_there(dream: Dream) -> None:
    made: Job = factories.job(user_id="bob", requester="bob")
    for words in (["show"], ["diff"], ["watch"], ["cancel"], ["rerun"], ["approve", "--hash", "0" * 64]):
        answer = dream(words[0], made.job_id, *words[1:])
        assert answer.code == 1
        assert answer.err == f"dream: There is no job {made.job_id}.\n"
    assert made.job_id not in dream("list").out
    assert made.job_id in dream("list", by="rita").out
    assert made.job_id in dream("list", by="olga").out
