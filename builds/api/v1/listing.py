"""The filters of the list of runs, in the words of the old run factory."""

from django.db.models import Q, QuerySet

from builds import operations
from builds.api.fields import is_repo_part
from builds.api.parameters import Parameters
from builds.api.v1.repos import uid_of
from builds.api.v1.words import STATUSES
from builds.models import Job
from builds.people import Person

LARGE = ("plan", "intake", "review", "pull", "metadata")
"""Columns that no row of the list shows."""


def narrowed(asked: Parameters) -> Q:
    """What `status`, `repo` and `repoId` leave; notes their flaws."""
    return by_status(asked) & by_repo(asked) & by_repo_id(asked)


def by_status(asked: Parameters) -> Q:
    """One public word."""
    word = asked.body.get("status")
    if word is not None and word not in STATUSES:
        asked.flaw("status", f"status must be one of: {', '.join(STATUSES)}", "Invalid status filter")
    return STATUSES.get(word, Q()) if word else Q()


def by_repo(asked: Parameters) -> Q:
    """`owner/name`, whatever its case."""
    value = asked.body.get("repo")
    if value is None:
        return Q()
    owner, _, name = value.strip().partition("/")
    if not (is_repo_part(owner) and is_repo_part(name)):
        asked.flaw("repo", "repo filter must be in owner/name format")
    return Q(repo__owner__iexact=owner, repo__name__iexact=name)


def by_repo_id(asked: Parameters) -> Q:
    """The id of a repository; one that there is not has no runs."""
    value = asked.body.get("repoId")
    if value is None:
        return Q()
    uid = uid_of(value)
    if uid is None:
        asked.flaw("repoId", "repoId must be repo_ and a UUID")
    return Q(repo__uid=uid)


def places(by: Person, wanted: Q) -> tuple[QuerySet[Job], ...]:
    """The runs that somebody may see and that fit, as sets that do not overlap; specs left out."""
    return tuple(
        jobs.filter(wanted).select_related(None).select_related("repo").defer(*LARGE)
        for jobs in operations.visible_by_place(by)
    )
