"""The doors to repositories: register one, list them, look at one, change its policy."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from builds import operations, refusals
from builds.api.fields import Fields
from builds.api.pages import Page, Paging, listed, sealed
from builds.api.parameters import Parameters
from builds.api.v1.limits import limited
from builds.api.v1.policies import read_policy
from builds.api.views import Door, body, person
from builds.models import Repo
from builds.models.repos import PART_OF_NAME, part_of_name
from builds.naming import is_branch
from builds.operations.repos import RepoWish
from builds.public_results import moment

NO_NAME = "owner and name are required"
MARK = "repo_"
USUAL = 100


class Repos(Door):
    """Where repositories are registered and listed."""

    scopes = {"GET": "repos:read", "POST": "repos:write"}

    def get(self, request: Request) -> Response:
        """All that are registered, by owner and name, in pages."""
        asked = Parameters(request)
        paging = limited(asked, of="v1/repos", by=person(request), usual=USUAL)
        page = by_name(paging)
        return listed(request, "repos", page, [told(repo) for repo in page.rows])

    def post(self, request: Request) -> Response:
        """Register one. Whether builds can work there is looked at now and told in `access`."""
        wish = read_wish(Fields(body(request, required=True)))
        repo = operations.register(wish, by=person(request))
        answer = Response({"repo": told(repo)}, status=201)
        answer["Location"] = f"/v1/repos/{repo_id(repo)}"
        return answer


class OneRepo(Door):
    """One of them."""

    scopes = {"GET": "repos:read", "PATCH": "repos:write"}

    def get(self, request: Request, repo_id: str) -> Response:
        """As it stands; `access` is of the last look."""
        repo = find_repo(repo_id)
        if repo is None:
            raise refusals.NoSuchRepo("Repository not found")
        return Response({"repo": told(repo)})

    def patch(self, request: Request, repo_id: str) -> Response:
        """Change what is sent and nothing else, and look at the repository again; `{}` only looks."""
        fields = Fields(body(request))
        changes, policy = read_changes(fields)
        uid = uid_of(repo_id)
        if uid is None:
            raise refusals.NoSuchRepo("Repository not found")
        repo = operations.change(uid, by=person(request), changes=changes, policy=policy)
        return Response({"repo": told(repo)})


def told(repo: Repo) -> dict[str, Any]:
    """A repository as JSON. `policy` holds the keys that are set; the others have their defaults."""
    return {
        "id": repo_id(repo),
        "owner": repo.owner,
        "name": repo.name,
        "defaultBranch": repo.default_branch,
        "configPath": repo.rules.config_path,
        "enabled": repo.enabled,
        "policy": repo.policy,
        "access": {
            "ok": repo.access_ok,
            "checkedAt": moment(repo.access_checked_at),
            "why": repo.access_why or None,
        },
        "createdAt": moment(repo.created_at),
        "updatedAt": moment(repo.updated_at),
        "updatedBy": repo.updated_by or None,
    }


def repo_id(repo: Repo) -> str:
    """As the old system's ids look."""
    return f"{MARK}{repo.uid}"


def uid_of(text: str) -> UUID | None:
    """The uid of an id; None for what cannot be one."""
    try:
        uid = UUID(text.removeprefix(MARK))
    except ValueError:
        return None
    return uid if text == f"{MARK}{uid}" else None  # UUID reads many spellings; an id has one


def find_repo(text: str) -> Repo | None:
    """The repository of an id."""
    uid = uid_of(text)
    return Repo.objects.filter(uid=uid).first() if uid else None


def read_wish(fields: Fields) -> RepoWish:
    """What is to be registered. Raises BadInput with every flaw."""
    owner, name = (read_name(fields, each) for each in ("owner", "name"))
    wish = RepoWish(
        owner=owner,
        name=name,
        default_branch=read_branch(fields) or "main",
        enabled=read_enabled(fields, usual=True),
        policy={key: value for key, value in read_policy(fields).items() if value is not None},
    )
    fields.check()
    return wish


def read_name(fields: Fields, name: str) -> str:
    """Owner or name, without spaces around it, in small letters."""
    value = fields.body.get(name)
    if not isinstance(value, str) or not value.strip():
        fields.flaw(name, f"{name} is required", NO_NAME)
        return ""
    found = value.strip().lower()
    if not re.fullmatch(PART_OF_NAME, found):
        fields.flaw(name, f"{name}: {part_of_name.message}")
    return found


def read_branch(fields: Fields) -> str:
    """A branch name that git takes; empty when none is given."""
    found = fields.text("defaultBranch", longest=200)
    if found and not is_branch(found):
        fields.flaw("defaultBranch", "defaultBranch is not a branch name that git takes")
    return found


def read_enabled(fields: Fields, *, usual: bool) -> bool:
    """True or false, never a text that says so."""
    return usual if fields.body.get("enabled") is None else fields.flag("enabled")


def read_changes(fields: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a PATCH sets: columns, and keys of the policy. A field that cannot be changed is a flaw."""
    for name in fields.body:
        if name not in CHANGED:
            fields.flaw(name[:60], f"{name[:60]} cannot be changed; what can is {', '.join(CHANGED)}")
    policy = read_policy(fields)
    if "configPath" in fields.body and fields.body["configPath"] is None:
        policy["config_path"] = None
    columns = {
        column: read(fields) for name, (column, read) in COLUMNS.items() if fields.body.get(name) is not None
    }
    fields.check()
    return columns, policy


COLUMNS: dict[str, tuple[str, Callable[[Fields], Any]]] = {
    "defaultBranch": ("default_branch", read_branch),
    "enabled": ("enabled", lambda fields: fields.flag("enabled")),
}
CHANGED = (*COLUMNS, "configPath", "policy")


def by_name(paging: Paging) -> Page[Repo]:
    """A page by owner and name. The cursor holds the id of the last row, whatever it is called by now."""
    repos: QuerySet[Repo] = Repo.objects.order_by("owner", "name", "id")
    last = Repo.objects.filter(pk=paging.after).first() if paging.after is not None else None
    if last is not None:
        repos = repos.filter(Q(owner__gt=last.owner) | Q(owner=last.owner, name__gt=last.name))
    found = list(repos[: paging.limit + 1])
    rows = found[: paging.limit]
    return Page(rows, sealed(rows[-1].pk, paging.scope) if len(found) > paging.limit else "")
