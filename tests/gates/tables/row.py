"""A row of the tables: files before and after, and the rule of a gate that is met; none is no rule at all."""

from dataclasses import dataclass, field

from tests.gates.world import Content

Files = dict[str, Content]


@dataclass(frozen=True)
class Row:
    """`before` are files that were there; what `after` does not name stays as it was, None takes it away."""

    rule: str
    after: dict[str, Content | None]
    before: Files = field(default_factory=dict)
    note: str = ""

    @property
    def files(self) -> Files:
        """All files after the change."""
        named = {path: content for path, content in self.after.items() if content is not None}
        kept = {path: content for path, content in self.before.items() if path not in self.after}
        return kept | named

    def __str__(self) -> str:
        path, content = next(iter(self.after.items()))
        shown = self.note or repr(content)[:70]
        return f"{self.rule or 'nothing'}: {path}: {shown}"


def adds(rule: str, path: str, text: Content) -> Row:
    """A new file."""
    return Row(rule, {path: text})
