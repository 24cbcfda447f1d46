"""Lists of tables that only grow: nothing on a page looks at more rows than a person would leaf through."""

from typing import Any, cast

from django.contrib.admin.filters import AllValuesFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Max, Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

MOST = 10_000
LATELY = 1_000


class BoundedPaginator(Paginator):
    """Counts to `MOST` and leafs no further: who looks for an older row filters or searches."""

    @cached_property
    def counted(self) -> int:
        """How many rows there are, to one more than `MOST`."""
        rows = cast("QuerySet[Model]", self.object_list)
        return rows.order_by()[: MOST + 1].count()

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than are leafed through."""
        return self.counted > MOST

    @cached_property
    def count(self) -> int:
        """How many rows the pages hold together."""
        return min(self.counted, MOST)


class BoundedChangeList(ChangeList):
    """Says no number of results when it was not counted to the end; the line below the list says so."""

    def get_results(self, request: HttpRequest) -> None:
        """The page, and what is said about all of them."""
        super().get_results(request)
        if self.paginator.is_cut:
            self.full_result_count = self.result_count


class RecentValuesFilter(AllValuesFieldListFilter):
    """Offers the values that the newest `LATELY` rows have; finding all would read the whole table."""

    def __init__(self, *given: Any, field_path: str) -> None:
        field, request, params, model, model_admin = given
        super().__init__(field, request, params, model, model_admin, field_path)
        rows = model_admin.get_queryset(request).order_by()
        newest = rows.aggregate(newest=Max("pk"))["newest"] or 0
        recent = rows.filter(pk__gt=newest - LATELY).values_list(field_path, flat=True)
        self.lookup_choices: Any = sorted({value for value in recent.distinct() if value})


def recent(*names: str) -> tuple[tuple[str, type[RecentValuesFilter]], ...]:
    """These columns as filters, for `list_filter`."""
    return tuple((name, RecentValuesFilter) for name in names)
