"""Turns frozen values into JSON columns and back, checked both ways; each says its shape."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import TypeAdapter

from builds import evidence
from builds.ports import PullRequest, Reply, Unavailable
from builds.pull_news import PullNews

Value = TypeVar("Value")
Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

SHAPE = "shape"  # the key that says it; what was written before there was one is of shape 1

UPGRADES: dict[type, tuple[Upgrade, ...]] = {
    evidence.CheckRun: (),
    evidence.Finding: (),
    evidence.Intake: (),
    evidence.Plan: (),
    evidence.PlannedItem: (),
    evidence.Review: (),
    evidence.SetupRun: (),
    evidence.ToolResult: (),
    PullNews: (),
    PullRequest: (),
    Reply: (),
}
"""All that is kept as JSON, and its steps from shape 1 to 2, from 2 to 3, … (docs/upgrades.md)."""

ADAPTERS: dict[Any, TypeAdapter[Any]] = {}
NEWER_WAIT = timedelta(minutes=1)


class NewerShape(Unavailable):
    """A row was written by a newer version than this one; a process of that version can go on with it."""

    def __init__(self, kind: type, shape: int, known: int) -> None:
        super().__init__(
            f"A {kind.__name__} was stored by a newer version (shape {shape}; this one knows {known}). "
            "Upgrade this process.",
            retry_after=NEWER_WAIT,
        )


def adapter(kind: Any) -> TypeAdapter[Any]:
    """One adapter for each type: making one is slow."""
    if kind not in ADAPTERS:
        ADAPTERS[kind] = TypeAdapter(kind)
    return ADAPTERS[kind]


def dump(value: object) -> dict[str, Any]:
    """A dataclass as plain JSON data of its newest shape."""
    kind = type(value)
    plain: dict[str, Any] = adapter(kind).dump_python(value, mode="json")
    return {SHAPE: 1 + len(UPGRADES[kind]), **plain}


def load(kind: type[Value], data: Any) -> Value:
    """Plain JSON data as the dataclass it was made from, whatever shape it has.

    Raises NewerShape, and pydantic's ValidationError for what no version wrote.
    """
    plain = upgraded(kind, dict(data), UPGRADES[kind])
    found: Value = adapter(kind).validate_python(plain)
    return found


def upgraded(kind: type, plain: dict[str, Any], steps: tuple[Upgrade, ...]) -> dict[str, Any]:
    """The data in the newest shape, without the word that says so. Raises NewerShape."""
    shape = int(plain.pop(SHAPE, 1))
    if shape > 1 + len(steps):
        raise NewerShape(kind, shape, 1 + len(steps))
    for step in steps[shape - 1 :]:
        plain = step(plain)
    return plain
