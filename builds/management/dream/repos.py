"""`dream repo add` and `dream repo list`: the repositories that builds may target."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.db import IntegrityError

from builds.adapters import connect
from builds.management.dream import values
from builds.management.dream.acting import need
from builds.management.dream.subcommand import Call, Family, Subcommand, json_argument
from builds.management.job_pages import command
from builds.management.terminal import print_json
from builds.models import Repo
from builds.ports import Refused, RepoName, Unavailable
from builds.refusals import NotDone


@runtime_checkable
class MakesRepositories(Protocol):
    """A forge on this machine, which can make a repository from a folder."""

    def create(
        self, repo: RepoName, source: Path, *, branch: str = "main", message: str = "First commit"
    ) -> str:
        """Raises Refused("repository_exists")."""


class NotRegistered(NotDone):
    """The repository cannot be registered so."""

    code = "repo_invalid"


def add_arguments(parser: CommandParser) -> None:
    """Name, policy, and for a forge on disk where it comes from."""
    parser.add_argument("repo", type=values.repo_name, metavar="OWNER/NAME", help="The repository.")
    parser.add_argument(
        "--policy",
        type=Path,
        metavar="FILE.json",
        help="What builds may do there: a JSON object of policy keys.",
    )
    parser.add_argument(
        "--from",
        dest="source",
        type=Path,
        metavar="FOLDER",
        help="Make the repository from a folder's files, as one commit (only with DREAM_FORGE=local).",
    )
    parser.add_argument(
        "--branch", type=values.branch, default="main", help="Its main branch (default main)."
    )
    json_argument(parser)


def run_add(call: Call) -> int:
    """Check everything first, then make and register it."""
    options = call.options
    need(call.user, "builds.add_repo", "register repositories")
    known = Repo.objects.filter(owner=options.repo.owner, name=options.repo.name).first()
    repo = known or checked(options)
    if known and (options.policy or not options.source):
        raise NotRegistered(f"{repo} is registered already; change its policy in the admin.")
    if options.source:
        make(repo, options.source)
    try:
        repo.save()
    except IntegrityError:
        raise NotRegistered(f"{repo} is registered already.") from None
    if options.json:
        print_json(as_json(repo))
    else:
        call.out.print(f"{repo} is registered.")
        call.out.print(f"Build for it with: {command(f'submit SPEC.md --repo {repo} --budget 2.00')}")
    note_missing(call, repo)
    return 0


def read_policy(path: Path) -> Any:
    """What a file holds; whether it is a policy is for the model to say. Raises NotRegistered."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotRegistered(f"Cannot read {path}: {error.strerror or error}.") from error
    except ValueError as error:
        raise NotRegistered(f"{path} is not JSON: {error}.") from None


def checked(options: Namespace) -> Repo:
    """The repository as it is asked for. Raises NotRegistered with everything that is wrong."""
    repo = Repo(owner=options.repo.owner, name=options.repo.name, default_branch=options.branch)
    repo.policy = read_policy(options.policy) if options.policy else {}
    try:
        repo.full_clean()
    except ValidationError as error:
        told = [f"{name}: {text}" for name, texts in error.message_dict.items() for text in texts]
        raise NotRegistered(f"{repo} cannot be registered. {'; '.join(told)}") from None
    return repo


def make(repo: Repo, source: Path) -> None:
    """The bare repository of a forge on disk. Raises NotRegistered or Refused."""
    forge = connect().forge
    if not isinstance(forge, MakesRepositories):
        raise NotRegistered("--from makes repositories on this machine only; here the forge is elsewhere.")
    if not source.is_dir():
        raise NotRegistered(f"{source} is not a folder.")
    forge.create(repo.ref, source, branch=repo.default_branch)


def note_missing(call: Call, repo: Repo) -> None:
    """A name may be registered before there is a repository, but nobody should wonder later."""
    try:
        if connect().forge.branch_head(repo.ref, repo.default_branch) is None:
            call.notes.print(
                f"It has no branch {repo.default_branch} yet; a build for that would end at intake."
            )
    except (Refused, Unavailable) as error:
        call.notes.print(f"Builds for it would end at intake for now: {error}")


def list_arguments(parser: CommandParser) -> None:
    """Only how to print."""
    json_argument(parser)


def run_list(call: Call) -> int:
    """All of them, by name."""
    if not call.user.has_perm("builds.add_job"):
        need(call.user, "builds.view_repo", "see repositories")
    repos = list(Repo.objects.all())
    if call.options.json:
        print_json({"repos": [as_json(repo) for repo in repos]})
    elif repos:
        rows = [
            [
                str(repo),
                repo.default_branch,
                "" if repo.enabled else "disabled",
                ", ".join(sorted(repo.policy)),
            ]
            for repo in repos
        ]
        call.out.table("Repositories", ("repo", "branch", "", "policy says"), rows)
    else:
        call.out.print("No repository is registered yet.")
        more = " --from FOLDER" if settings.FORGE == "local" else ""
        call.out.print(f"Register one with: {command(f'repo add OWNER/NAME{more}')}")
    return 0


def as_json(repo: Repo) -> dict[str, Any]:
    """A repository for programs."""
    return {
        "repo": str(repo),
        "defaultBranch": repo.default_branch,
        "enabled": repo.enabled,
        "policy": repo.policy,
    }


ADD = Subcommand(
    name="add",
    help="Register a repository.",
    about="Register a repository: nobody builds for one that is not registered.",
    examples=(
        "dream repo add acme/shop --policy policy.json",
        "dream repo add me/paperboy --from specs/examples/paperboy",
    ),
    arguments=add_arguments,
    run=run_add,
)
LIST = Subcommand(
    name="list", help="List the registered repositories.", arguments=list_arguments, run=run_list
)
FAMILY = Family(name="repo", help="Register repositories, and list them.", members=(ADD, LIST))
