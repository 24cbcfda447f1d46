"""Who we are at GitHub: a token, or an App that mints a short one with the least rights for a repository."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from github import Auth, Github
from github.Requester import HTTPRequestsConnectionClass, HTTPSRequestsConnectionClass, Requester
from jwt import PyJWTError
from urllib3 import Retry

from builds.adapters.forge_github_errors import answers
from builds.leases import check_lease
from builds.measured import measured
from builds.ports import Refused, RepoName
from builds.request_ids import request_header

API_URL = "https://api.github.com"
API_VERSION = "2022-11-28"
TIMEOUT = 30
# A new installation token may be unknown to a part of GitHub for a while.
SETTLES = timedelta(minutes=1)
STALE = timedelta(minutes=5)

Rights = Mapping[str, str]
NEEDED: Rights = {"contents": "write", "pull_requests": "write", "metadata": "read"}
BUILD: Rights = {**NEEDED, "issues": "read", "checks": "read", "statuses": "read"}
DEPLOY: Rights = {"metadata": "read", "deployments": "write"}
LEVELS = ("", "read", "write", "admin")

# Reading twice is harmless; whether to write again is decided where it can be looked up first.
RETRY = Retry(
    total=2,
    allowed_methods={"GET"},
    status_forcelist=(500, 502, 503, 504),
    backoff_factor=0.2,
    raise_on_status=False,
    respect_retry_after_header=False,
)


@dataclass(frozen=True, kw_only=True)
class Account:
    """What settings say: a token, or the id and private key (PEM) of an App."""

    api_url: str = API_URL
    token: str = field(default="", repr=False)
    app_id: str = ""
    private_key: str = field(default="", repr=False)

    @property
    def clone_url(self) -> str:
        """Where repositories are fetched from: github.com, or the host of an Enterprise Server."""
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"


@dataclass(frozen=True)
class Grant:
    """A token and the client that uses it."""

    token: str = field(repr=False)
    client: Github = field(repr=False)
    made: datetime
    ends: datetime | None = None  # None: it was given to us, and lasts

    def is_stale(self) -> bool:
        """Whether it ends too soon to begin something with it."""
        return self.ends is not None and self.ends - STALE < datetime.now(UTC)

    def is_settling(self) -> bool:
        """Whether GitHub may not know it everywhere yet."""
        return self.ends is not None and datetime.now(UTC) - self.made < SETTLES


class LeasedToken(Auth.Token):
    """A token that is shown only for a worker that still has its job: every single request asks."""

    def authentication(self, headers: dict[str, str]) -> None:
        """Raise LeaseLost before anything is sent."""
        check_lease()
        headers |= request_header("X-Request-Id")
        super().authentication(headers)


class NamedApp(Auth.AppAuth):
    """The App itself, whose requests say for which of ours they are made."""

    def authentication(self, headers: dict[str, str]) -> None:
        """Beside the App's own short token."""
        headers |= request_header("X-Request-Id")
        super().authentication(headers)


def observed(base: Any) -> Any:
    """The library's connection, which counts its answers."""

    class Observed(base):  # type: ignore[misc]
        """Counts each answer by what was asked."""

        def getresponse(self) -> Any:
            answer = super().getresponse()
            headers = {str(name).lower(): str(value) for name, value in answer.getheaders()}
            measured.github(self.verb, self.url, answer.status, headers)
            return answer

    return Observed


Requester.injectConnectionClasses(
    observed(HTTPRequestsConnectionClass), observed(HTTPSRequestsConnectionClass)
)


class Access:
    """Clients and tokens, one for each repository and set of rights, until they expire. Safe in threads."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._lock = threading.Lock()
        self._grants: dict[tuple[str, str], Grant] = {}
        self._installations: dict[str, tuple[int, Rights]] = {}
        self._app: Github | None = None

    def grant(self, repo: RepoName, rights: Rights) -> Grant:
        """A token that is good for these rights. Raises Unavailable or Refused."""
        key = ("", "") if self.account.token else (str(repo), " ".join(rights))
        with self._lock:
            known = self._grants.get(key)
            if known is None or known.is_stale():
                known = self._given() if self.account.token else self._minted(repo, rights)
                self._grants[key] = known
            return known

    def forget(self, repo: RepoName) -> None:
        """Ask and mint anew next time: GitHub does not take this repository's tokens any more."""
        with self._lock:
            self._installations.pop(str(repo), None)
            for key in [key for key in self._grants if key[0] == str(repo)]:
                self._grants.pop(key).client.close()

    def close(self) -> None:
        """End every connection."""
        with self._lock:
            for grant in self._grants.values():
                grant.client.close()
            if self._app is not None:
                self._app.close()
            self._grants.clear()
            self._app = None

    def _given(self) -> Grant:
        return Grant(self.account.token, self._client(LeasedToken(self.account.token)), datetime.now(UTC))

    def _minted(self, repo: RepoName, rights: Rights) -> Grant:
        if self._app is None:
            self._app = self._client(NamedApp(self.account.app_id, self.account.private_key))
        try:
            with answers(f"asking for a token for {repo}"):
                return self._mint(self._app, repo, rights)
        except (PyJWTError, ValueError) as error:
            why = "GITHUB_APP_PRIVATE_KEY is not a private key in PEM form, as GitHub gives it out."
            raise Refused("forge_credentials", why) from error

    def _mint(self, app: Github, repo: RepoName, rights: Rights) -> Grant:
        number, granted = self._installations.get(str(repo)) or self._installation(app, repo)
        wanted = {name: level for name, level in rights.items() if _covers(granted.get(name, ""), level)}
        required = NEEDED if rights == BUILD else rights
        missing = [f"{name}: {level}" for name, level in required.items() if name not in wanted]
        if missing:
            why = (
                f"The App's installation on {repo} lacks {', '.join(missing)}; give it that (docs/github.md)."
            )
            raise Refused("forge_permission_missing", why)
        body = {"repositories": [repo.name], "permissions": wanted}
        path = f"/app/installations/{number}/access_tokens"
        _, told = app.requester.requestJsonAndCheck("POST", path, input=body)
        ends = datetime.fromisoformat(told["expires_at"])
        client = self._client(LeasedToken(told["token"]))
        return Grant(told["token"], client, made=datetime.now(UTC), ends=ends)

    def _installation(self, app: Github, repo: RepoName) -> tuple[int, Rights]:
        _, told = app.requester.requestJsonAndCheck("GET", f"/repos/{repo}/installation")
        self._installations[str(repo)] = found = (int(told["id"]), dict(told["permissions"]))
        return found

    def _client(self, auth: Auth.Auth) -> Github:
        """No sleeps of its own: our few writes stay far below the limits, and a limit met is a wait."""
        return Github(
            base_url=self.account.api_url,
            auth=auth,
            timeout=TIMEOUT,
            retry=RETRY,
            per_page=100,
            seconds_between_requests=None,
            seconds_between_writes=None,
            lazy=True,
            user_agent="dream-machine",
            api_version=API_VERSION,
        )


def _covers(granted: str, wanted: str) -> bool:
    return granted in LEVELS and LEVELS.index(granted) >= LEVELS.index(wanted)
