"""A job's page says what people and checks did to its pull request, and shows a stranger's words as text."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from builds.ports import RepoName
from builds.pull_news import Heard, Kind, PullNews
from builds.values import dump
from tests import factories, people

pytestmark = pytest.mark.django_db
HEAD = "e" * 40


@pytest.fixture
def rita(client: Client) -> Client:
    client.force_login(people.rita())
    return client


def told(kind: Kind, **more: str) -> Heard:
    at = datetime(2026, 11, 20, 21, tzinfo=UTC)
    return Heard(kind=kind, repo=RepoName("acme", "billing"), numbers=(7,), at=at, **{"by": "bob", **more})


def page(client: Client, *heard: Heard) -> str:
    news = PullNews(number=7)
    for one in heard:
        news = news.after(one)
    job = factories.ended(
        "succeeded", error_code="", error_message="", error_station="", pr_number=7, head_sha=HEAD,
        pr_url="https://github.com/acme/billing/pull/7", pull_news=dump(news) if heard else None,
    )  # fmt: skip
    answer = client.get(reverse("admin:builds_job_change", args=[job.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_nothing_is_shown_while_nothing_was_heard(rita: Client) -> None:
    shown = page(rita)
    assert "pull-heading" not in shown
    assert "the pull request stands. Nothing was merged." in shown


def test_a_merge_is_told_at_the_top_and_in_its_section(rita: Client) -> None:
    shown = page(rita, told("merged"))
    assert "Complete:</span> the pull request was merged by bob." in shown
    assert 'Pull request #7 <span class="chip good">merged</span>' in shown
    assert "Merged by <strong>bob</strong> on 2026-11-20 21:00 UTC" in shown


def test_a_closed_one_is_not_said_to_stand(rita: Client) -> None:
    assert "the pull request was closed by bob without a merge." in page(rita, told("closed"))


def test_reviews_comments_and_failed_checks_are_listed(rita: Client) -> None:
    shown = page(
        rita,
        told("reviewed", verdict="changes_requested", text="Stream the rows.", url="https://github.com/r"),
        told("commented", place="app/export.py:19", text="Why a shell?"),
        told("check_failed", check="ci / unit", conclusion="failure", head_sha=HEAD, url="https://github.com/c"),
        told("check_failed", check="ci / old", conclusion="timed_out", head_sha="a" * 40),
    )  # fmt: skip
    assert '<span class="chip warn">wants changes</span>' in shown
    assert "Stream the rows." in shown
    assert "<code>app/export.py:19</code>" in shown
    assert '<a href="https://github.com/c" rel="noopener noreferrer">ci / unit</a>' in shown
    assert '<span class="chip bad">failure</span>' in shown
    assert '<span class="chip plain">timed_out</span>' in shown


def test_a_stranger_s_text_is_escaped_and_nothing_in_it_is_hidden(rita: Client) -> None:
    shown = page(rita, told("commented", text="<script>alert(1)</script>\u202e", by="<b>mallory</b>"))
    assert "<script>alert(1)" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "⟨U+202E⟩" in shown
    assert "<b>mallory" not in shown


def test_news_of_an_earlier_pull_request_are_not_shown(rita: Client) -> None:
    job = factories.job(pr_number=9, pull_news=dump(PullNews(number=7).after(told("closed"))))
    answer = rita.get(reverse("admin:builds_job_change", args=[job.pk]))
    assert "pull-heading" not in answer.content.decode()
