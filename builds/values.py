"""Turns frozen values into JSON columns and back, checked both ways."""

from typing import Any, TypeVar

from pydantic import TypeAdapter

Value = TypeVar("Value")


ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def adapter(kind: Any) -> TypeAdapter[Any]:
    """One adapter for each type: making one is slow."""
    if kind not in ADAPTERS:
        ADAPTERS[kind] = TypeAdapter(kind)
    return ADAPTERS[kind]


def dump(value: object) -> Any:
    """A dataclass as plain JSON data."""
    return adapter(type(value)).dump_python(value, mode="json")


def load(kind: type[Value], data: Any) -> Value:
    """Plain JSON data as the dataclass it was made from. Raises pydantic's ValidationError."""
    found: Value = adapter(kind).validate_python(data)
    return found
