"""A reviewer in a browser: finds what waits, reads it, decides, on a desk and on a phone."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from builds.models import Job
from tests import factories, people
from tests.browser.conftest import Scheme, SignIn
from tests.full_job import full_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def job() -> Job:
    """A paused job among others."""
    web = factories.repo("acme", "web")
    factories.job(title="Fix time zone in reports", repo=web, created_at=timezone.now() - timedelta(hours=9))
    factories.ended(title="Show VAT on receipts", spent_usd=Decimal("4.75"), max_dollars=Decimal(5))
    factories.ended(
        "succeeded", title="Upgrade the payment library", error_code="", error_message="", error_station="",
        spent_usd=Decimal("1.16"), pr_number=41, pr_url="https://example.com/acme/web/pull/41", repo=web,
    )  # fmt: skip
    factories.job(
        title="Rate-limit the login form", status="running", station="implement", started_at=timezone.now(),
        spent_usd=Decimal("0.42"), lease_until=timezone.now() + timedelta(minutes=5),
    )  # fmt: skip
    return full_job()


FAINT = """() => {
    const channels = (colour) => colour.match(/[0-9.]+/g).map(Number);
    const light = (colour) => {
        const [r, g, b] = colour.slice(0, 3).map((one) => {
            const part = one / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (one) => {
        for (; one; one = one.parentElement) {
            const colour = channels(getComputedStyle(one).backgroundColor);
            if (colour.length < 4 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const faint = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const one = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !one.checkVisibility() || !one.offsetWidth) continue;
        if (one.closest(".visually-hidden, .skip-to-content-link, option, noscript, script")) continue;
        const both = [light(channels(getComputedStyle(one).color)), light(ground(one))];
        const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
        const said = one.textContent.slice(0, 30);
        if (ratio < 4.5) faint.add(`${ratio.toFixed(2)} ${one.tagName}.${one.className} ${said}`);
    }
    return [...faint];
}"""
"""Texts whose contrast with what is behind them is under 4.5, as WCAG 2 counts it."""


def overflow(page: Page) -> str:
    """What reaches out of the screen to the right, when the page can be scrolled there."""
    return str(
        page.evaluate(
            """() => {
                const wide = document.documentElement.clientWidth;
                if (document.documentElement.scrollWidth <= wide) return "";
                const out = [...document.querySelectorAll("body *")]
                    .filter((one) => one.getBoundingClientRect().right > wide + 1);
                return out.map((one) => one.tagName + "." + one.className).join(" ");
            }"""
        )
    )


def test_a_reviewer_finds_a_paused_job_and_approves_it(job: Job, sign_in: SignIn) -> None:
    people.with_password(people.rita())
    page = sign_in("rita", people.PASSWORD)
    page.get_by_role("link", name="Waiting for review 1").click()
    page.get_by_role("link", name="Add CSV export for invoices").click()
    expect(page.get_by_role("heading", name="Paused before")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Approve and create_pr")).to_be_in_viewport()
    page.keyboard.press("n")
    expect(page.locator(".mark").first).to_be_focused()
    page.keyboard.press("c")
    page.keyboard.type("The column is empty everywhere.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Approve and create_pr")).to_be_focused()
    job.refresh_from_db()
    assert job.status == "paused"
    page.keyboard.press("Enter")
    expect(page.get_by_text("Approved: Add CSV export for invoices")).to_be_visible()
    job.refresh_from_db()
    assert (job.status, job.approvals.get().decided_by) == ("queued", "rita")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_look_right_on_a_desk(job: Job, sign_in: SignIn, tmp_path: Path, scheme: str) -> None:
    people.with_password(people.rita())
    page = sign_in("rita", people.PASSWORD, scheme=scheme)
    for name, path in places(job).items():
        page.goto(path)
        page.screenshot(path=tmp_path / f"{name}-{scheme}.png", full_page=True)
        assert overflow(page) == "", name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(job: Job, sign_in: SignIn, scheme: Scheme) -> None:
    people.with_password(people.rita())
    page = sign_in("rita", people.PASSWORD, scheme=scheme)
    for name, path in places(job).items():
        page.goto(path)
        assert page.evaluate(FAINT) == [], name


def test_nothing_is_wider_than_a_phone(job: Job, sign_in: SignIn, tmp_path: Path) -> None:
    people.with_password(people.rita())
    page = sign_in("rita", people.PASSWORD, width=390, height=844)
    for name, path in places(job).items():
        page.goto(path)
        page.screenshot(path=tmp_path / f"{name}-phone.png", full_page=True)
        assert overflow(page) == "", name


def test_on_a_phone_the_decision_comes_after_the_reasons(job: Job, sign_in: SignIn) -> None:
    people.with_password(people.rita())
    page = sign_in("rita", people.PASSWORD, width=390, height=844)
    page.goto(f"/admin/builds/job/{job.pk}/change/")
    tops = [
        page.locator(selector).evaluate("(one) => one.getBoundingClientRect().top")
        for selector in ("#why-heading", ".facts", "#marks-heading", "#decision-heading")
    ]
    assert tops == sorted(tops)
    expect(page.get_by_role("button", name="Approve and create_pr")).not_to_be_in_viewport()


def places(job: Job) -> dict[str, str]:
    """The pages that people see most."""
    return {
        "overview": "/admin/",
        "list": "/admin/builds/job/",
        "job": f"/admin/builds/job/{job.pk}/change/",
    }


def test_an_operator_reruns_from_the_list_after_a_confirmation(
    job: Job, sign_in: SignIn, tmp_path: Path
) -> None:
    people.with_password(people.olga())
    page = sign_in("olga", people.PASSWORD)
    page.goto("/admin/builds/job/")
    page.locator("#action-toggle").check()
    page.get_by_label("Action:").select_option("rerun_jobs")
    page.get_by_role("button", name="Run").or_(page.get_by_role("button", name="Go")).click()
    expect(page.get_by_role("heading", name="Rerun 2 jobs")).to_be_visible()
    page.screenshot(path=tmp_path / "confirm.png", full_page=True)
    assert overflow(page) == ""
    page.get_by_label("Reason").fill("The check was flaky.")
    page.get_by_role("button", name="Start the next attempt").click()
    expect(page.get_by_text("Started again: 2 jobs.")).to_be_visible()


def test_an_operator_sees_the_queues(job: Job, sign_in: SignIn) -> None:
    people.with_password(people.olga())
    page = sign_in("olga", people.PASSWORD)
    expect(page.get_by_role("link", name="Queues")).to_be_visible()
