"""The API's own description is read and tried out in a browser, under the site's policy, in both colours."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from builds.api.schema import document
from builds.scopes import SCOPES
from tests import people
from tests.api.operators import token_of
from tests.browser.conftest import Scheme, SignIn
from tests.browser.test_review import overflow
from tests.full_job import full_job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def opened(sign_in: SignIn, *, width: int = 1440, scheme: Scheme = "light") -> Page:
    """The page, once it shows the operations."""
    people.with_password(people.rita())
    page = sign_in("rita", people.PASSWORD, width=width, scheme=scheme)
    page.goto("/api/docs")
    expect(page.get_by_text("Order a build").first).to_be_visible()
    return page


@pytest.mark.parametrize(
    ("width", "scheme"), [(1440, "light"), (1440, "dark"), (390, "light"), (390, "dark")]
)
def test_every_operation_is_there(sign_in: SignIn, tmp_path: Path, width: int, scheme: Scheme) -> None:
    page = opened(sign_in, width=width, scheme=scheme)
    told = [operation for each in document()["paths"].values() for operation in each.values()]
    expect(page.locator(".opblock")).to_have_count(len(told) + len(document()["webhooks"]))
    page.screenshot(path=tmp_path / f"docs-{width}-{scheme}.png")
    page.locator("#operations-Builds-getJob").click()
    expect(page.locator("#operations-Builds-getJob .responses-table")).to_be_visible()
    page.screenshot(path=tmp_path / f"docs-{width}-{scheme}-open.png", full_page=True)
    assert overflow(page) == ""


def test_an_operation_is_tried_out_with_a_token_and_without_the_session(sign_in: SignIn) -> None:
    full_job()
    page = opened(sign_in)
    look = page.locator("#operations-Builds-getJob")
    look.click()
    page.get_by_role("button", name="Authorize").first.click()
    dialog = page.locator(".auth-container", has_text="operatorToken")
    dialog.locator("input").fill(token_of(people.olga(), *SCOPES)[1])
    dialog.get_by_role("button", name="Apply").click()
    page.get_by_role("button", name="Close").first.click()
    look.get_by_role("button", name="Try it out").click()
    look.get_by_placeholder("job_id").fill("dm_100200")
    with page.expect_request("**/api/dream-build/dm_100200") as asked:
        look.get_by_role("button", name="Execute").click()
    answer = look.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer).to_contain_text("Add CSV export for invoices")
    sent = asked.value.all_headers()
    assert sent["authorization"].startswith("Bearer dream_")
    assert "cookie" not in sent
