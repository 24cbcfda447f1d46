"""What became of a pull request is read on a desk and on a phone, in both colours."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from builds.models import Job
from builds.ports import RepoName
from builds.pull_news import Heard, Kind, PullNews
from builds.values import dump
from tests import people
from tests.browser.conftest import Scheme, SignIn
from tests.browser.test_review import FAINT, overflow
from tests.full_job import full_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HEAD = "e" * 40
LONG = "x" * 90
TOLD: tuple[tuple[Kind, dict[str, str]], ...] = (
    (
        "check_failed",
        {
            "by": "",
            "check": f"ci / unit ({LONG})",
            "conclusion": "failure",
            "head_sha": HEAD,
            "url": "https://github.com/acme/billing/runs/1",
        },
    ),
    ("check_failed", {"by": "", "check": "ci / old", "conclusion": "timed_out", "head_sha": "a" * 40}),
    ("reviewed", {"verdict": "approved", "url": "https://github.com/acme/billing/pull/7#r1"}),
    ("reviewed", {"by": "raul", "verdict": "changes_requested", "text": "Please stream the rows."}),
    ("commented", {"by": "octocat", "text": f"<b>Look\u202e</b> at {LONG}", "place": "app/export.py:19"}),
    ("commented", {"by": "octocat", "text": "Is the currency always there?"}),
    ("merged", {"by": "raul"}),
)  # fmt: skip


@pytest.fixture
def job() -> Job:
    """A job whose pull request people and checks have dealt with, and merged."""
    news = PullNews(number=7)
    for minute, (kind, more) in enumerate(TOLD):
        at = datetime(2026, 11, 20, 21, minute, tzinfo=UTC)
        words = {"by": "rita", **more}
        news = news.after(Heard(kind=kind, repo=RepoName("acme", "billing"), numbers=(7,), at=at, **words))
    made = full_job()
    url = "https://github.com/acme/billing/pull/7"
    made.approvals.update(state="approved", decided_by="raul")
    Job.objects.filter(pk=made.pk).update(
        status="succeeded", pr_number=7, pr_url=url, head_sha=HEAD, pull_news=dump(news)
    )
    return made


@pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
)
def test_it_is_read_on_every_screen(
    job: Job, sign_in: SignIn, tmp_path: Path, width: int, scheme: Scheme
) -> None:
    people.with_password(people.rita())
    page = sign_in("rita", people.PASSWORD, width=width, scheme=scheme)
    page.goto(f"/admin/builds/job/{job.pk}/change/")
    section = page.get_by_role("region", name="Pull request #7")
    expect(section.get_by_text("wants changes")).to_be_visible()
    expect(section.get_by_role("link", name="ci / unit")).to_have_attribute("rel", "noopener noreferrer")
    expect(section.get_by_text("<b>Look")).to_be_visible()
    section.screenshot(path=tmp_path / f"pull-{width}-{scheme}.png")
    page.screenshot(path=tmp_path / f"page-{width}-{scheme}.png")
    assert overflow(page) == ""
    assert page.evaluate(FAINT) == []
