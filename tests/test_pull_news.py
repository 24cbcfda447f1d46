"""What is known of a pull request is the same whatever the order in which it was told."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from builds.ports import RepoName
from builds.pull_news import CHECKS, NEWEST, REVIEWERS, Heard, Kind, PullNews, sentence
from builds.values import dump, load

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def told(kind: Kind, minute: int, **more: str) -> Heard:
    at = NOON + timedelta(minutes=minute)
    return Heard(kind=kind, repo=RepoName("acme", "shop"), numbers=(7,), at=at, **{"by": "rita", **more})


def after(*heard: Heard) -> PullNews:
    news = PullNews(number=7)
    for one in heard:
        news = news.after(one)
    return news


def test_the_newest_word_counts_in_whatever_order_deliveries_come() -> None:
    heard = (
        told("closed", 1),
        told("reopened", 2, by="bob"),
        told("reviewed", 3, verdict="changes_requested"),
        told("reviewed", 4, verdict="approved"),
    )
    assert {after(*order) for order in permutations(heard)} == {after(*heard)}
    news = after(*heard)
    assert (news.state, news.state_by) == ("open", "bob")
    assert [review.verdict for review in news.reviews] == ["approved"]
    assert (news.heard, news.heard_at) == (4, NOON + timedelta(minutes=4))


def test_words_without_a_verdict_take_none_back() -> None:
    news = after(told("reviewed", 1, verdict="approved"), told("reviewed", 2, verdict="commented"))
    assert [review.verdict for review in news.reviews] == ["approved"]
    dismissed = news.after(told("reviewed", 3, verdict="dismissed"))
    assert [review.verdict for review in dismissed.reviews] == ["dismissed"]


def test_a_check_is_known_by_its_name_and_its_commit() -> None:
    failed = told("check_failed", 1, check="unit", conclusion="failure", head_sha="a")
    other = told("check_failed", 2, check="unit", conclusion="timed_out", head_sha="b")
    passed = told("check_passed", 3, check="unit", conclusion="success", head_sha="a")
    assert [check.head_sha for check in after(failed, other).failed] == ["a", "b"]
    assert [check.head_sha for check in after(failed, other, passed).failed] == ["b"]
    late = told("check_passed", 0, check="unit", conclusion="success", head_sha="b")
    assert [check.head_sha for check in after(failed, other, late).failed] == ["a", "b"]


def test_only_so_much_is_kept_and_the_rest_is_counted() -> None:
    news = after(
        *(told("commented", n, text=str(n)) for n in range(50)),
        *(told("reviewed", n, by=f"r{n}", verdict="approved") for n in range(50)),
        *(told("check_failed", n, check=f"c{n}", conclusion="failure") for n in range(50)),
    )
    assert (len(news.newest), len(news.reviews), len(news.failed)) == (NEWEST, REVIEWERS, CHECKS)
    assert (news.comments, news.heard, news.newest[-1].text) == (50, 150, "49")


def test_it_is_kept_as_json_and_read_back() -> None:
    news = after(told("merged", 1), told("commented", 2, text="Good", place="a.py:1"))
    assert load(PullNews, dump(news)) == news


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        (told("merged", 1), "rita merged pull request #7"),
        (told("merged", 1, by=""), "Somebody merged pull request #7"),
        (told("reviewed", 1, verdict="dismissed"), "rita had a review dismissed on pull request #7"),
        (told("reviewed", 1, verdict="strange"), "rita reviewed pull request #7"),
        (told("commented", 1, place="a:3", text="Why?"), "rita commented on a:3 of pull request #7: Why?"),
        (told("check_passed", 1, check="unit"), "The check “unit” of pull request #7 passes now"),
    ],
)  # fmt: skip
def test_each_is_told_in_one_line(heard: Heard, said: str) -> None:
    assert sentence(heard, 7) == said
