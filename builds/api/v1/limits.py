"""`limit` as the old run factory took it: its usual number, and its words for a wrong one."""

from dataclasses import replace

from builds.api.pages import MOST, Paging
from builds.api.parameters import Parameters
from builds.people import Person

WRONG = f"limit must be an integer between 1 and {MOST}"


def limited(asked: Parameters, *, of: str, by: Person, usual: int) -> Paging:
    """The paging of a list. Raises BadInput with every flaw of the whole query string."""
    value = str(asked.body.pop("limit", usual))
    wrong = not (value.isascii() and value.isdigit() and len(value) <= 3 and 1 <= int(value) <= MOST)
    if wrong:
        asked.flaw("limit", WRONG)
    paging = Paging.read(asked, of=of, by=by)
    asked.check()
    return replace(paging, limit=int(value))
