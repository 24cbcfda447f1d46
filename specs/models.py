"""The spec somebody approved: immutable, known by its sha256."""

from hashlib import sha256
from typing import Any, NoReturn, Self

from django.db import models
from django.db.models.functions import Now

from specs.criteria import criteria
from specs.lint import not_understood
from specs.parser import parse


class SpecIsImmutable(Exception):
    """A stored spec is never changed; another text is another spec."""


class SpecQuerySet(models.QuerySet["Spec"]):
    """Rows that cannot be changed in bulk either."""

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise SpecIsImmutable


class Spec(models.Model):
    """One Markdown text, and what the parser read from it when it came."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    title = models.CharField(max_length=300)
    markdown = models.TextField()
    overview = models.TextField(blank=True)
    criteria = models.JSONField(default=list)
    not_understood = models.JSONField(default=list)
    created_at = models.DateTimeField(db_default=Now())

    objects = SpecQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def keep(cls, markdown: str) -> Self:
        """The row of this text, made when it is new. Raises EmptySpec, SpecTooLong or SpecNotText."""
        parsed = parse(markdown)
        found, _ = cls.objects.get_or_create(
            sha256=sha256(markdown.encode()).hexdigest(),
            defaults={
                "title": parsed.title[:300],
                "markdown": markdown,
                "overview": parsed.overview,
                "criteria": list(criteria(parsed)),
                "not_understood": list(not_understood(parsed)),
            },
        )
        return found

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert once. Raises SpecIsImmutable for a row that is there."""
        if not self._state.adding:
            raise SpecIsImmutable
        super().save(*args, **kwargs)
