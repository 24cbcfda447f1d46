"""Lists in pages: the newest first, each page found by the row that the one before ended with.

A view reads its `Parameters` and `Paging`, checks both at once, and answers with `listed`:

    asked = Parameters(request, once=("repo",), several=("status",))
    paging = Paging.read(asked, of="dream-build", by=person(request))
    asked.check()
    page = paging.page(jobs)
    return listed(request, "jobs", page, [summary(job) for job in page.rows])
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, Self, TypeVar

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from builds.api.parameters import PAGES, Parameters
from builds.api.problems import BadInput, Flaw
from builds.canonical import canonical_json
from builds.people import Person

USUAL, MOST = 20, 100
STRANGE = "The cursor is not of this list with these filters; start again without it"
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor of those that follow; empty when there are none."""

    rows: list[Row]
    cursor: str


@dataclass(frozen=True, kw_only=True)
class Paging:
    """How many rows a caller wants, and after which. `scope` names the list, its filters and the caller.

    A cursor is signed with its scope: one of another list, with other filters, of somebody else or of an
    earlier secret key is refused, where it would else skip rows in silence.
    """

    limit: int
    scope: str
    after: int | None = None

    @classmethod
    def read(cls, asked: Parameters, *, of: str, by: Person) -> Self:
        """From `limit` and `cursor`. Raises BadInput for a cursor that is not of this list."""
        filters = {name: values for name, values in asked.values.items() if name not in PAGES}
        scope = sha256(canonical_json([of, filters, by.subject])).hexdigest()[:16]
        cursor = asked.body.get("cursor")
        return cls(
            limit=asked.whole("limit", usual=USUAL, most=MOST),
            scope=scope,
            after=opened(cursor, scope) if cursor else None,
        )

    def page(self, *places: QuerySet[Row]) -> Page[Row]:
        """The rows of one or more sets that do not overlap, by falling id; one query for each set."""
        found: list[Row] = []
        for rows in places:
            following = rows if self.after is None else rows.filter(pk__lt=self.after)
            found += following.order_by("-pk")[: self.limit + 1]
        found.sort(key=lambda row: -row.pk)
        rows_here = found[: self.limit]
        more = len(found) > self.limit
        return Page(rows_here, sealed(rows_here[-1].pk, self.scope) if more else "")


def sealed(last: int, scope: str) -> str:
    """A cursor: short, opaque, and only as we made it."""
    return signer().sign_object([last, scope])


def opened(cursor: str, scope: str) -> int:
    """The id that a page ended with. Raises BadInput."""
    try:
        last, made_for = signer().unsign_object(cursor)
    except BadSignature:
        last, made_for = 0, ""
    if made_for != scope:
        raise BadInput(STRANGE, (Flaw("/cursor", STRANGE),), code="invalid_cursor")
    return int(last)


def signer() -> Signer:
    """Made anew each time, so that a changed key counts."""
    return Signer(salt="builds.api.pages", sep=".")


def listed(request: Request, name: str, page: Page[Any], rows: Sequence[Any], **more: Any) -> Response:
    """The answer: the rows under their name, and where the next ones are, in the body and as a `Link`."""
    following = address(request, page.cursor) if page.cursor else None
    answer = Response({name: rows, "next": following, **more})
    first = address(request, "") if "cursor" in request.query_params else None
    links = [f'<{to}>; rel="{rel}"' for rel, to in (("first", first), ("next", following)) if to]
    if links:
        answer["Link"] = ", ".join(links)
    answer["Cache-Control"] = "private, no-cache"
    return answer


def address(request: Request, cursor: str) -> str:
    """This list with the same filters, from a cursor on; from its start without one."""
    query = request.query_params.copy()
    query.pop("cursor", None)
    if cursor:
        query["cursor"] = cursor
    mark = "?" if query else ""
    return f"{settings.PUBLIC_URL}{request.path}{mark}{query.urlencode()}"
