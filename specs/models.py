"""The spec somebody approved: immutable, known by its sha256."""

from dataclasses import asdict
from hashlib import sha256
from typing import Any, NoReturn, Self

from django.db import models
from django.db.models.functions import Now

from specs.criteria import criteria
from specs.lint import lint, not_understood
from specs.parsed import ParsedSpec
from specs.parser import parse

# What has a column of its own, and what only lint looks at.
_NOT_STORED = {"title", "overview", "document", "passages"}


class SpecIsImmutable(Exception):
    """A stored spec is never changed; another text is another spec."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class SpecQuerySet(models.QuerySet["Spec"]):
    """Rows that cannot be changed in bulk either."""

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise SpecIsImmutable


class Spec(models.Model):
    """One Markdown text, and what the parser of that day read from it.

    `criteria` and `not_understood` are lists of plain text. `parsed` has the other fields of a ParsedSpec by
    name, and `notes`: a list of {line, message, severity}.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    title = models.CharField(max_length=200)
    markdown = models.TextField()
    overview = models.TextField(blank=True)
    criteria = models.JSONField(default=list)
    not_understood = models.JSONField(default=list)
    parsed = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    objects = SpecQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sha256__regex=r"^[0-9a-f]{64}$"), name="spec_sha256_is_64_hex"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert once; never update. Raises SpecIsImmutable for a row that is there."""
        if not self._state.adding:
            raise SpecIsImmutable
        # Without this, a new object with the key of a stored row would silently overwrite it.
        super().save(*args, **{**kwargs, "force_insert": True})

    @classmethod
    def keep(cls, markdown: str) -> Self:
        """The row of this text, made when it is new. Raises EmptySpec, SpecTooLong or SpecNotText.

        One statement, whoever else keeps the same text now. The title is as it is read today; all other
        columns come from the row, when they are asked for.
        """
        parsed = parse(markdown)
        sha = sha256(markdown.encode()).hexdigest()
        row = cls(
            sha256=sha,
            title=parsed.title,
            markdown=markdown,
            overview=parsed.overview,
            criteria=list(criteria(parsed)),
            not_understood=list(not_understood(parsed)),
            parsed=_stored(parsed),
        )
        cls.objects.bulk_create([row], ignore_conflicts=True)
        return cls.from_db(cls.objects.db, ["sha256", "title"], [sha, parsed.title])


def _stored(parsed: ParsedSpec) -> dict[str, Any]:
    fields = {name: value for name, value in vars(parsed).items() if name not in _NOT_STORED}
    return {
        **{name: _json(value) for name, value in fields.items()},
        "notes": [asdict(note) for note in lint(parsed)],
    }


def _json(value: Any) -> Any:
    """Tuples of frozen values as lists of objects."""
    return [asdict(each) for each in value] if isinstance(value, tuple) else value
