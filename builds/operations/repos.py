"""Repositories: find, register and change one, and look at once whether builds could work there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from builds import refusals
from builds.adapters import connect
from builds.models import Repo
from builds.people import Person
from builds.ports import Refused, Unavailable

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class RepoWish:
    """A repository that somebody wants to register, with a policy that was checked."""

    owner: str
    name: str
    default_branch: str = "main"
    enabled: bool = True
    policy: Mapping[str, Any] = field(default_factory=dict)


def repo_named(owner: str, name: str) -> Repo | None:
    """The registered repository of that name; where none is written so, the one that differs in case alone.

    GitHub knows no case in names, and people write them as they like.
    """
    exact = Repo.objects.filter(owner=owner, name=name).first()
    return exact or Repo.objects.filter(owner__iexact=owner, name__iexact=name).first()


def register(wish: RepoWish, *, by: Person) -> Repo:
    """Register it and look at it. One that cannot be reached yet is registered all the same, and says so.

    Raises RepoExists.
    """
    if repo_named(wish.owner, wish.name):
        raise refusals.RepoExists("Repository already exists")
    try:
        with transaction.atomic():
            repo = Repo.objects.create(
                owner=wish.owner,
                name=wish.name,
                default_branch=wish.default_branch,
                enabled=wish.enabled,
                policy=dict(wish.policy),
                updated_by=by.name,
            )
    except IntegrityError:
        raise refusals.RepoExists("Repository already exists") from None
    log.info("repo.registered", repo=str(repo), by=by.name)
    return keep_look(repo)


def change(uid: UUID, *, by: Person, changes: Mapping[str, Any], policy: Mapping[str, Any]) -> Repo:
    """Set columns and keys of the policy, of which None takes one away, and look at the repository anew.

    The caller has checked each of them. Raises NoSuchRepo.
    """
    with transaction.atomic():
        repo = Repo.objects.select_for_update().filter(uid=uid).first()
        if repo is None:
            raise refusals.NoSuchRepo("Repository not found")
        merged = {**repo.policy, **policy}
        repo.policy = {name: value for name, value in merged.items() if value is not None}
        for name, value in changes.items():
            setattr(repo, name, value)
        repo.updated_by = by.name
        repo.save()
    log.info("repo.changed", repo=str(repo), by=by.name, changed=sorted({*changes, *policy}))
    return keep_look(repo)


def keep_look(repo: Repo) -> Repo:
    """Ask the forge whether builds could work there, outside of any transaction, and keep what it says."""
    ok, why = looked_at(repo)
    repo.access_ok, repo.access_why, repo.access_checked_at = ok, why[:1000], timezone.now()
    repo.save(update_fields=["access_ok", "access_why", "access_checked_at"])
    return repo


def looked_at(repo: Repo) -> tuple[bool | None, str]:
    """Whether builds could work there, None where nobody could look; and the sentence that says why not."""
    try:
        connect().forge.check_access(repo.ref, repo.default_branch)
    except Refused as refusal:
        return False, str(refusal)
    except Unavailable as trouble:
        return None, str(trouble)
    return True, ""


def check_budget(repo: Repo, *, dollars: Decimal, tokens: int = 0) -> None:
    """Raise BudgetTooLarge for more than the policy gives one build."""
    rules = repo.rules
    if rules.max_dollars is not None and dollars > rules.max_dollars:
        most = f"at most ${rules.max_dollars:.2f}"
    elif rules.max_tokens is not None and tokens > rules.max_tokens:
        most = f"at most {rules.max_tokens:,} tokens"
    else:
        return
    raise refusals.BudgetTooLarge(f"The policy of {repo} gives one build {most}.")
