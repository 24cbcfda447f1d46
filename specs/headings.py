"""What a heading says its section is, by its words."""

import re
from dataclasses import dataclass

from specs.heading_names import HINTS, KINDS, STEP, Kind

MAX_READ = 200  # characters of a heading that are looked at

_NUMBERING = re.compile(
    r"(?:(?:§\s*)?(?:\d+(?:\.\d+)*[a-z]?[.):]|\d+(?:\.\d+)+|[a-z][.)]|[ivx]+[.)])\s*)?", re.IGNORECASE
)
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_SUFFIX = re.compile(r"\s*:\s+|\s+[-\u2013\u2014|]+\s+|\s*:$")
_WORD = re.compile(r"[^\W_]+")

# Too common as words to be believed before a colon or a dash.
_ARTEFACTS: frozenset[Kind] = frozenset({"api", "database", "ui"})
_CONTRARY = re.compile(r"\b(?:non ?goals?|out of scope|and out)\b")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """A heading as understood. `whole`: nothing followed the known words after a colon or a dash.

    `doubts` names what the words hint at where they are not clear enough to act on.
    """

    kind: Kind
    whole: bool = True
    numbered: bool = False
    doubts: tuple[str, ...] = ()


def read_heading(text: str) -> Reading:
    """Understand a heading's plain text."""
    text = text[:MAX_READ]
    start = _start(text)
    numbering = _NUMBERING.match(start)
    numbered = bool(numbering and numbering.group())
    words = _words(_BRACKETED.sub(" ", start))
    if STEP.fullmatch(words) or STEP.fullmatch(_words(start)):
        return Reading(kind="step", numbered=True)
    kind = _kind(words)
    if kind == "requirements" and _CONTRARY.search(words):
        return Reading(kind="unknown", numbered=numbered, doubts=("requirements", "out of scope"))
    if kind != "unknown":
        return Reading(kind=kind, numbered=numbered)
    return _by_its_beginning(start, words, numbered=numbered)


def _by_its_beginning(start: str, words: str, *, numbered: bool) -> Reading:
    """`Goal: ship it` is a goal; `Database: move to Postgres` is too unclear to be a list of migrations."""
    kind = _kind(_words(_SUFFIX.split(_NUMBERING.sub("", start, count=1), maxsplit=1)[0]))
    if kind not in _ARTEFACTS and kind != "unknown":
        return Reading(kind=kind, whole=False, numbered=numbered)
    doubts = tuple(label for label, pattern in HINTS if pattern.search(words))
    return Reading(kind="unknown", numbered=numbered, doubts=doubts)


def _kind(words: str) -> Kind:
    return next((kind for kind, pattern in KINDS if pattern.fullmatch(words)), "unknown")


def _start(text: str) -> str:
    """Without emoji and marks in front."""
    return re.sub(r"^[^\w§]+", "", text)


def _words(text: str) -> str:
    text = _NUMBERING.sub("", text, count=1).replace("&", " and ").casefold()
    return " ".join(_WORD.findall(text))
