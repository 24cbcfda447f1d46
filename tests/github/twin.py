"""GitHub on loopback: a REST API over real bare repositories, which can fail at any request we choose."""

import itertools
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from builds.coding.git import Git
from builds.ports import RepoName
from tests.github import contract, git_http, git_routes, other_routes, pull_routes
from tests.github.state import Call, Grant, Hub, Problem

API = "/api/v3"
ROUTES = git_routes.ROUTES + pull_routes.ROUTES + other_routes.ROUTES
TOKEN = "ghp_A_token_that_must_not_be_seen_anywhere"
APP_ID = "12345"
APP_RIGHTS = {
    "metadata": "read", "contents": "write", "pull_requests": "write", "issues": "read", "checks": "read",
    "statuses": "read", "deployments": "write",
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    port: int = 0  # of the client


@dataclass(frozen=True)
class Answer:
    """What goes out; `lost` after the effect: the connection closes without a word."""

    status: int
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    lost: bool = False


Fault = Callable[[Callable[[], Answer]], Answer]


def lost(act: Callable[[], Answer]) -> Answer:
    """The effect happens; nobody hears of it."""
    act()
    return Answer(0, lost=True)


def failing(status: int, message: str = "Server Error", **headers: str) -> Fault:
    """An answer before any effect."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _act: Answer(status, {"message": message}, named)


def private_key() -> tuple[str, rsa.RSAPublicKey]:
    """A key pair; the private half in PEM form."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return pem.decode(), key.public_key()


class Twin:
    """Repositories under `root`. `journal` holds each API request; `faults` go by the place in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.origin = ""
        self.hubs: dict[str, Hub] = {}
        self.tokens: dict[str, Grant] = {TOKEN: Grant()}
        self.app_rights = dict(APP_RIGHTS)
        self.app_key: rsa.RSAPublicKey | None = None
        self.installed = True
        self.journal: list[str] = []
        self.fetches: list[str] = []
        self.violations: list[str] = []
        self.faults: dict[int, Fault] = {}
        self.watch: Callable[[Request], None] = lambda _request: None
        self.minted = itertools.count(1)

    @property
    def api_url(self) -> str:
        """The address of the API, as of an Enterprise Server."""
        return self.origin + API

    def add(self, repo: RepoName, bare: Path) -> Hub:
        """Serve a bare repository that lies at `root`/owner/name.git."""
        hub = Hub(repo.owner, repo.name, Git(git_dir=bare))
        self.hubs[hub.full_name.lower()] = hub
        return hub

    def answer(self, request: Request) -> Answer:
        """One request, whatever it is for."""
        self.watch(request)
        path = urlsplit(request.target).path
        if not path.startswith("/api/"):
            return self.git(request)
        number = len(self.journal)
        self.journal.append(f"{request.method} {path}")
        fault = self.faults.get(number)
        answer = fault(lambda: self.api(request)) if fault else self.api(request)
        common = {"X-GitHub-Request-Id": f"REQ:{number}", "X-RateLimit-Limit": "5000"}
        rest = {"X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": str(int(time.time()) + 3600)}
        return replace(answer, headers={**common, **rest, **answer.headers})

    def api(self, request: Request) -> Answer:
        """An API request, judged by GitHub's own description."""
        path = urlsplit(request.target).path
        body = json.loads(request.body) if request.body else None
        if path == "/api/graphql":
            self.known(request)
            return Answer(200, pull_routes.graphql(list(self.hubs.values()), json.loads(request.body)))
        target = request.target.removeprefix(API)
        asked = contract.asked(request.method, target, request.body)
        try:
            status, facts, headers = self.route(request, path.removeprefix(API), body)
            answer = Answer(status, contract.whole(asked, status, facts), headers)
        except Problem as problem:
            answer = Answer(problem.status, problem.body, problem.headers)
        found = contract.violations(asked, answer.status, answer.data)
        self.violations += [f"{request.method} {target}: {each}" for each in found]
        return answer

    def route(self, request: Request, path: str, body: Any) -> tuple[int, Any, dict[str, str]]:
        """Find who answers; check what the token may do."""
        if installation := re.fullmatch(r"/repos/([^/]+/[^/]+)/installation", path):
            return (*self.installation(request, installation[1]), {})
        if path == "/app/installations/777/access_tokens":
            return (*self.mint(request, body), {})
        grant = self.known(request)
        parts = re.fullmatch(r"/repos/([^/]+/[^/]+?)(/.*)?", unquote(path))
        hub = self.hubs.get(parts[1].lower()) if parts else None
        if parts is None or hub is None or not (grant.repos is None or hub.name in grant.repos):
            raise Problem(404, "Not Found")
        for method, pattern, handler, right, level in ROUTES:
            found = re.fullmatch(pattern, parts[2] or "")
            if method == request.method and found:
                self.check_right(grant, hub, right, level)
                query = dict(parse_qsl(urlsplit(request.target).query))
                call = Call(method, path, found.groupdict(), query, body, hub, self.api_url)
                return (*handler(call), call.headers)
        raise Problem(404, "Not Found")

    def check_right(self, grant: Grant, hub: Hub, right: str, level: str) -> None:
        """What GitHub says to those who may not."""
        if not grant.allows(right, level):
            headers = {"X-Accepted-GitHub-Permissions": f"{right}={level}"}
            raise Problem(403, "Resource not accessible by integration", headers=headers)
        if hub.archived and level == "write":
            raise Problem(403, "Repository was archived so is read-only.")

    def known(self, request: Request) -> Grant:
        """Who asks. Raises Problem 401."""
        token = request.headers.get("Authorization", "").partition(" ")[2]
        grant = self.tokens.get(token)
        if grant is None or (grant.ends and grant.ends < datetime.now(UTC)):
            raise Problem(401, "Bad credentials")
        return grant

    def app(self, request: Request) -> None:
        """An App proves itself with a JWT. Raises Problem 401."""
        if self.app_key is None:
            raise Problem(401, "A JSON web token could not be decoded")
        given = request.headers.get("Authorization", "").partition(" ")[2]
        try:
            claims = jwt.decode(given, self.app_key, algorithms=["RS256"], issuer=APP_ID)
        except jwt.PyJWTError as error:
            raise Problem(401, "A JSON web token could not be decoded") from error
        if claims["exp"] - claims["iat"] > 660:
            raise Problem(401, "'Expiration time' claim ('exp') is too far in the future")

    def installation(self, request: Request, name: str) -> tuple[int, Any]:
        """Where the App is installed, and with which rights."""
        self.app(request)
        if not self.installed or name.lower() not in self.hubs:
            raise Problem(404, "Not Found")
        return 200, {"id": 777, "permissions": self.app_rights, "account": {"login": "acme", "id": 1}}

    def mint(self, request: Request, body: Any) -> tuple[int, Any]:
        """A token for an hour, no more than was granted."""
        self.app(request)
        if not body["permissions"].items() <= self.app_rights.items():
            raise Problem(422, "The permissions requested are not granted to this installation.")
        ends = datetime.now(UTC) + timedelta(hours=1)
        token = f"ghs_minted_{next(self.minted)}"
        self.tokens[token] = Grant(tuple(body["repositories"]), body["permissions"], ends)
        told = ends.strftime("%Y-%m-%dT%H:%M:%SZ")
        return 201, {"token": token, "expires_at": told, "permissions": body["permissions"]}

    def git(self, request: Request) -> Answer:
        """A fetch or a look at refs; never a push, which we do not do."""
        parts = urlsplit(request.target)
        self.fetches.append(f"{request.method} {request.target}")
        grant = self.tokens.get(git_http.token_of(request.headers))
        if grant is None:
            return Answer(401, headers={"WWW-Authenticate": 'Basic realm="GitHub"'}, content=b"")
        hub = self.hubs.get(parts.path[1:].partition(".git/")[0].lower())
        if hub is None or not (grant.repos is None or hub.name in grant.repos):
            return Answer(404, content=b"Not Found")
        asked = git_http.Asked(request.method, parts.path, parts.query, request.headers, request.body)
        status, headers, content = git_http.backend(self.root, asked)
        return Answer(status, headers=headers, content=content)
