"""Answers a question for jobs: filters in public words, pages, and as many queries for many as for few."""

from rest_framework.request import Request
from rest_framework.response import Response

from builds import halts
from builds.api.pages import Paging, listed
from builds.api.parameters import Parameters
from builds.people import Person
from builds.public import halted
from builds.public_lists import STATUSES, Filters, summaries


def listing(request: Request, *, by: Person, allowed: frozenset[str]) -> Response:
    """One page of the jobs that somebody may see. `allowed` are the actions that the caller's token is for.

    `since` is about when a job was made. Nothing awaits somebody who may not answer.
    """
    asked = Parameters(request, once=("repo", "userId", "since", "awaitingMe"), several=("status",))
    awaiting = asked.truth("awaitingMe")
    filters = Filters(
        statuses=asked.words("status", tuple(STATUSES)),
        repo=asked.repo("repo"),
        user_id=asked.text("userId", longest=200),
        since=asked.moment("since"),
        awaiting=by if awaiting else None,
    )
    paging = Paging.read(asked, of="dream-build", by=by)
    asked.check()
    page = paging.page(*(filters.of(by) if "approve" in allowed or not awaiting else ()))
    rows = summaries(page.rows, by, allowed=allowed)
    return listed(request, "jobs", page, rows, halted=halted(halts.current()))
