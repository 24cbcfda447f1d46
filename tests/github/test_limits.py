"""What GitHub says when it says no is a wait, another try, or a reason with a mend; never a sleep."""

import time
from datetime import timedelta
from email.utils import formatdate

import pytest

from builds.adapters.forge_github import GitHubForge
from builds.ports import Refused, Unavailable
from tests.adapters.local_forges import BRANCH, PULL, REPO
from tests.github.state import Hub
from tests.github.twin import Answer, Fault, Twin, failing, lost

PRIMARY = "API rate limit exceeded for installation ID 777."
SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


def primary(status: int) -> Fault:
    """Used up; free again in twenty minutes by GitHub's clock, which is an hour behind ours."""
    now = time.time() - 3600
    headers = {
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(int(now) + 1200),
        "Date": formatdate(now, usegmt=True),
    }
    return lambda _act: Answer(status, {"message": PRIMARY}, headers)


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (primary(403), 1200),
        (primary(429), 1200),
        (failing(403, SECONDARY, Retry_After="42"), 42),
        (failing(429, SECONDARY, Retry_After="42"), 42),
        (failing(403, SECONDARY), 60),
        (failing(403, "You have triggered an abuse detection mechanism."), 60),
        (failing(429, "Too many requests"), 60),
        (failing(403, SECONDARY, Retry_After="999999"), 7200),
    ],
)
@pytest.mark.parametrize("write", [False, True])
def test_a_limit_is_a_wait_as_long_as_github_says_and_nobody_sleeps(
    forge: GitHubForge, twin: Twin, fault: Fault, seconds: int, write: bool
) -> None:
    twin.faults = {0: fault}
    started = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        _ = forge.open_pull(REPO, PULL) if write else forge.find_pull(REPO, BRANCH)
    assert time.monotonic() - started < 5
    assert caught.value.retry_after is not None
    assert abs(caught.value.retry_after - timedelta(seconds=seconds)) < timedelta(seconds=3)
    assert len(twin.journal) == 1 + write  # a write is looked up; nothing is sent again


@pytest.mark.parametrize(
    ("fault", "code", "mend"),
    [
        (failing(401, "Bad credentials"), "forge_credentials", "GITHUB_TOKEN"),
        (
            failing(
                403,
                "Resource not accessible by integration",
                X_Accepted_GitHub_Permissions="pull_requests=write",
            ),
            "forge_permission_missing",
            "pull_requests=write",
        ),
        (
            failing(403, "Resource not accessible by personal access token"),
            "forge_permission_missing",
            "may do",
        ),
        (failing(403, "Repository was archived so is read-only."), "repository_read_only", "Unarchive"),
        (failing(404, "Not Found"), "repository_missing", "install the App"),
        (failing(422, "Validation Failed"), "forge_refused", "Validation Failed"),
        (failing(422, "Repository rule violations found"), "branch_protected", "rule"),
    ],
)
def test_a_no_has_a_code_a_mend_and_the_request_id(
    forge: GitHubForge, twin: Twin, fault: Fault, code: str, mend: str
) -> None:
    twin.faults = {0: fault}
    with pytest.raises(Refused) as caught:
        forge.find_pull(REPO, BRANCH)
    assert caught.value.code == code
    assert mend in str(caught.value)
    assert "(request REQ:0)" in str(caught.value)
    assert len(twin.journal) == 1


@pytest.mark.parametrize("fault", [failing(500), failing(502), failing(503), lost])
def test_reading_is_tried_again_at_once(forge: GitHubForge, twin: Twin, hub: Hub, fault: Fault) -> None:
    twin.faults = {0: fault, 1: fault}
    assert forge.branch_head(REPO, "main") == hub.head("main")


def test_writing_is_not_sent_again_blindly(forge: GitHubForge, twin: Twin) -> None:
    twin.faults = {0: failing(502)}
    with pytest.raises(Unavailable):
        forge.open_pull(REPO, PULL)
    assert twin.journal == ["POST /api/v3/repos/acme/shop/pulls", "GET /api/v3/repos/acme/shop/pulls"]


def test_a_github_that_cannot_be_reached_is_unavailable(forge: GitHubForge, twin: Twin) -> None:
    twin.faults = dict.fromkeys(range(9), lost)
    with pytest.raises(Unavailable, match="did not answer while looking for the branch main"):
        forge.branch_head(REPO, "main")


def test_an_answer_that_is_no_json_is_unavailable(forge: GitHubForge, twin: Twin) -> None:
    twin.faults = {0: lambda _act: Answer(200, content=b'{"ref": "refs/hea')}
    with pytest.raises(Unavailable, match="could not be read"):
        forge.branch_head(REPO, "main")
