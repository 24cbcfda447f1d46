"""Lays out an answer for a page: what it left out before stays left out, what is true stays as it is."""

import json
from difflib import get_close_matches
from typing import Any

from tests.docs.answers import (
    ELLIPSIS,
    LEFT_OUT,
    WORTH_TELLING,
    Answer,
    alike,
    differences,
    of_values,
    parsed,
    same_header,
)

WIDTH = 118
NEW = object()


def rewritten(written: str, given: Answer) -> str:
    """The text of an answer: as it was where that is true, else anew in the same extent.

    A new answer is written whole; shorten it by hand with `…`.
    """
    old = Answer.read(written)
    if written.strip() and not differences(old, given):
        return written
    names = old.headers or [name for name in WORTH_TELLING if given.headers.get(name) != "application/json"]
    told = [f"{name}: {header(name, old, given)}" for name in names if name in given.headers]
    head = [given.status.strip(), *told]
    return "\n".join(head) + "\n" + (f"\n{body_of(old, given)}\n" if given.body else "")


def header(name: str, old: Answer, given: Answer) -> str:
    """A header's value, the old one where it is still true."""
    before = old.headers.get(name, "")
    return before if same_header(name, before, given.headers[name]) else given.headers[name]


def body_of(old: Answer, given: Answer) -> str:
    """The body, laid out."""
    if not given.is_json:
        return text_of(old.body, given.body)
    try:
        before = parsed(old.body)
    except ValueError:
        before = NEW
    return laid_out(extent(before, json.loads(given.body)))


def text_of(old: str, new: str) -> str:
    """The lines that were written, each as it is now, where some are left out; else all."""
    if ELLIPSIS not in old:
        return new
    lines, shown = new.split("\n"), []
    for line in old.split("\n"):
        if line == ELLIPSIS or any(alike(line, each, "") for each in lines):
            shown.append(line)
        else:
            (nearest,) = get_close_matches(line, lines, 1, 0)
            shown.append(extent(line, nearest))
    return "\n".join(shown)


def extent(old: Any, new: Any) -> Any:
    """The new value, as far as the old one was written."""
    if old is not NEW and not of_values(old, new, ""):
        return old
    if isinstance(new, dict):
        before = old if isinstance(old, dict) else {}
        shown = {name: extent(before.get(name, NEW), new[name]) for name in (before or new) if name in new}
        if LEFT_OUT in before:
            return {**shown, LEFT_OUT: 0}
        return {**shown, **{name: value for name, value in new.items() if name not in shown}}
    if isinstance(new, list):
        listed = old if isinstance(old, list) else []
        cut = len(listed) - 1 if LEFT_OUT in listed else len(new)
        shown_ones = [
            extent(listed[n] if n < len(listed) else NEW, value) for n, value in enumerate(new[:cut])
        ]
        return [*shown_ones, LEFT_OUT] if LEFT_OUT in listed else shown_ones
    if isinstance(new, str) and isinstance(old, str) and old.endswith(ELLIPSIS):
        return new[: len(old) - 1] + ELLIPSIS
    return new


def laid_out(value: Any, indent: int = 0, name: str = "") -> str:
    """JSON in as few lines as fit into the width; `…` where something is left out."""
    short = name + in_line(value)
    if not isinstance(value, dict | list) or len(short) + indent < WIDTH:
        return short
    deeper = " " * (indent + 2)
    if isinstance(value, dict):
        parts = [member(key, each, indent + 2) for key, each in value.items()]
    else:
        parts = [laid_out(each, indent + 2) for each in value]
    first, last = "{}" if isinstance(value, dict) else "[]"
    inside = ",\n".join(deeper + part for part in parts)
    return f"{name}{first}\n{inside}\n{' ' * indent}{last}"


def member(key: str, value: Any, indent: int) -> str:
    """A member on lines of its own."""
    return ELLIPSIS if key == LEFT_OUT else laid_out(value, indent, f"{json.dumps(key)}: ")


def in_line(value: Any) -> str:
    """JSON in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(member_in_line(key, each) for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(in_line, value)) + "]"
    return ELLIPSIS if value == LEFT_OUT else json.dumps(value, ensure_ascii=False)


def member_in_line(key: str, value: Any) -> str:
    """A member among others."""
    return ELLIPSIS if key == LEFT_OUT else f"{json.dumps(key)}: {in_line(value)}"
