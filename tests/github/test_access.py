"""Who we are at GitHub: an App takes the least rights for one repository, and a new token when it has to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import rsa

from builds.adapters.forge_github import GitHubForge
from builds.adapters.forge_github_access import Account
from builds.ports import RepoName, Unavailable
from tests.adapters.local_forges import BRANCH, REPO, refused
from tests.github.state import Hub
from tests.github.twin import APP_ID, TOKEN, Twin

INSTALLATION = "GET /api/v3/repos/acme/shop/installation"
MINT = "POST /api/v3/app/installations/777/access_tokens"


def test_an_app_takes_a_token_for_one_repository_with_the_least_rights_and_keeps_it(
    app_forge: GitHubForge, twin: Twin, hub: Hub
) -> None:
    for _ in range(3):
        assert app_forge.branch_head(REPO, "main") == hub.head("main")
    assert twin.journal[:2] == [INSTALLATION, MINT]
    assert len(twin.journal) == 5
    (grant,) = [grant for token, grant in twin.tokens.items() if token.startswith("ghs_")]
    assert grant.repos == ("shop",)
    assert grant.rights == {
        "metadata": "read",
        "contents": "write",
        "pull_requests": "write",
        "issues": "read",
        "checks": "read",
        "statuses": "read",
    }


def test_deploying_takes_a_token_of_its_own(app_forge: GitHubForge, twin: Twin, hub: Hub) -> None:
    app_forge.deploy(REPO, str(hub.head("main")), "staging", "job-1/1")
    (grant,) = [grant for token, grant in twin.tokens.items() if token.startswith("ghs_")]
    assert grant.rights == {"metadata": "read", "deployments": "write"}


def test_rights_that_nothing_hangs_on_may_be_missing(app_forge: GitHubForge, twin: Twin) -> None:
    for name in ("issues", "checks", "statuses", "deployments"):
        del twin.app_rights[name]
    assert app_forge.find_pull(REPO, BRANCH) is None


@pytest.mark.parametrize("level", ["read", ""])
def test_a_right_that_is_needed_is_missed_by_name_before_anything_is_done(
    app_forge: GitHubForge, twin: Twin, level: str
) -> None:
    twin.app_rights["contents"] = level
    if not level:
        del twin.app_rights["contents"]
    refused("forge_permission_missing", lambda: app_forge.find_pull(REPO, BRANCH))
    assert twin.journal == [INSTALLATION]


def test_an_app_that_is_not_installed_is_told_so(app_forge: GitHubForge, twin: Twin) -> None:
    twin.installed = False
    refused("repository_missing", lambda: app_forge.find_pull(REPO, BRANCH))


def test_a_token_that_ran_out_is_minted_anew(app_forge: GitHubForge, twin: Twin) -> None:
    app_forge.find_pull(REPO, BRANCH)
    grants = app_forge._access._grants
    for key, grant in grants.items():
        grants[key] = replace(grant, ends=datetime.now(UTC) + timedelta(minutes=4))
    app_forge.find_pull(REPO, BRANCH)
    assert twin.journal.count(MINT) == 2
    assert twin.journal.count(INSTALLATION) == 1


def test_a_new_token_that_github_does_not_know_yet_is_another_try(app_forge: GitHubForge, twin: Twin) -> None:
    app_forge.find_pull(REPO, BRANCH)
    for token in [token for token in twin.tokens if token.startswith("ghs_")]:
        del twin.tokens[token]
    with pytest.raises(Unavailable, match="may not be known yet"):
        app_forge.find_pull(REPO, BRANCH)
    assert app_forge.find_pull(REPO, BRANCH) is None


def test_wrong_credentials_are_named(twin: Twin, app_key: tuple[str, rsa.RSAPublicKey]) -> None:
    twin.app_key = app_key[1]
    for account in (
        Account(api_url=twin.api_url, token="ghp_unknown"),
        Account(api_url=twin.api_url, app_id="999", private_key=app_key[0]),
        Account(api_url=twin.api_url, app_id=APP_ID, private_key="not a key"),
    ):
        forge = GitHubForge(account)
        refused("forge_credentials", lambda forge=forge: forge.find_pull(REPO, BRANCH))  # type: ignore[misc]
        forge.close()


def test_a_token_reaches_every_repository_that_it_may(forge: GitHubForge, twin: Twin) -> None:
    twin.add(RepoName("acme", "two"), twin.root / "acme" / "shop.git")
    assert forge.branch_head(REPO, "main") == forge.branch_head(RepoName("acme", "two"), "main")


def test_no_secret_is_shown_with_an_account(app_key: tuple[str, rsa.RSAPublicKey]) -> None:
    shown = repr(Account(token=TOKEN, private_key=app_key[0]))
    assert TOKEN not in shown
    assert "PRIVATE" not in shown


@pytest.mark.parametrize(
    ("api", "clone"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://github.example.com/api/v3", "https://github.example.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
    ],
)
def test_repositories_are_fetched_from_where_the_api_belongs(api: str, clone: str) -> None:
    assert Account(api_url=api).clone_url == clone


def test_an_app_says_for_which_request_it_asks(app_forge: GitHubForge, twin: Twin) -> None:
    heard: list[str | None] = []
    twin.watch = lambda request: heard.append(request.headers.get("X-Request-Id"))
    with structlog.contextvars.bound_contextvars(request_id="story-000042"):
        app_forge.find_pull(REPO, BRANCH)
    assert len(heard) >= 3
    assert set(heard) == {"story-000042"}
