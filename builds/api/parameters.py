"""Reads the query string of a list: every parameter known, every flaw of all of them told at once."""

from rest_framework.request import Request

from builds.api.fields import Fields, is_repo_part
from builds.api.parsers import escaped, storable
from builds.ports import RepoName

PAGES = ("limit", "cursor")
FLAGS = {"true": True, "false": False}


class Parameters(Fields):
    """The parameters of one request. One that is unknown, given twice or empty is a flaw, never ignored.

    `?userId=` of a script whose variable is not set would else list everybody's. Those of `pages` are known
    besides; those of `several` may be given more than once, or with commas.
    """

    def __init__(
        self,
        request: Request,
        *,
        once: tuple[str, ...] = (),
        several: tuple[str, ...] = (),
        pages: tuple[str, ...] = PAGES,
    ) -> None:
        given = request.query_params
        self.known = (*once, *several, *pages)
        self.several = several
        self.values: dict[str, list[str]] = {}
        super().__init__({})
        for name in given:
            values = [str(value) for value in given.getlist(name)]
            if why := self.refusal(name, values):
                self.flaw(escaped(name[:80]), why)
            else:
                self.values[name] = values
                self.body[name] = values[-1]

    def refusal(self, name: str, values: list[str]) -> str:
        """Why a parameter cannot be read at all; empty when it can."""
        if name not in self.known:
            shown = "".join(character for character in name[:40] if character.isprintable())
            return f"There is no query parameter {shown}; there are {', '.join(self.known)}"
        if not all(values):
            return f"{name} is empty; leave it out, or give it a value"
        if not all(map(storable, values)):
            return f"{name} holds a character that cannot be stored"
        if len(values) > 1 and name not in self.several:
            return f"{name} is given {len(values)} times; give it once"
        return ""

    def words(self, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Any of a few words, each once: `?status=paused,failed` or `?status=paused&status=failed`."""
        found = [word.strip() for value in self.values.get(name, ()) for word in value.split(",")]
        if set(found) - set(known):
            self.flaw(name, f"{name} must be one or more of: {', '.join(known)}")
            return ()
        return tuple(dict.fromkeys(found))

    def truth(self, name: str) -> bool:
        """`true` or `false`; absent is false."""
        value = self.body.get(name, "false")
        if value not in FLAGS:
            self.flaw(name, f"{name} must be true or false")
        return FLAGS.get(value, False)

    def whole(self, name: str, *, usual: int, most: int) -> int:
        """A whole number from 1 to `most`, in plain digits."""
        value = self.body.get(name, str(usual))
        if not (value.isascii() and value.isdigit() and len(value) <= 9 and 1 <= int(value) <= most):
            self.flaw(name, f"{name} must be a whole number from 1 to {most}")
            return usual
        return int(value)

    def repo(self, name: str) -> RepoName | None:
        """A repository as `owner/name`."""
        value = self.text(name, longest=201)
        if not value:
            return None
        owner, _, own = value.partition("/")
        if not (is_repo_part(owner) and is_repo_part(own)):
            self.flaw(name, f"{name} must be a repository as owner/name")
            return None
        return RepoName(owner, own)
