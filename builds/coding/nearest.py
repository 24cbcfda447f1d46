"""The real lines nearest to what a failed edit was looking for."""

from collections import Counter
from difflib import get_close_matches

from builds.coding import limits

SEARCHED_LINES = 5000


def nearest_lines(lines: list[str], wanted: list[str]) -> tuple[str, bool]:
    """At most 12 numbered lines, and whether they differ from what was wanted in white space only."""
    offset = _offset(lines, wanted)
    if offset is None:
        return "", False
    found = lines[max(0, offset) : max(0, offset) + len(wanted)]
    same = [_squeezed(line) for line in found] == [_squeezed(line) for line in wanted]
    start = max(0, offset if len(wanted) >= limits.NEAREST_LINES - 2 else offset - 1)
    shown = lines[start : start + limits.NEAREST_LINES]
    return "\n".join(f"{number:>5}| {line[:200]}" for number, line in enumerate(shown, start + 1)), same


def _squeezed(line: str) -> str:
    return "".join(line.split())


def _offset(lines: list[str], wanted: list[str]) -> int | None:
    """Where the wanted lines would start, by a vote of those that are found; None when none resembles."""
    places: dict[str, list[int]] = {}
    for index, line in enumerate(lines[:SEARCHED_LINES]):
        places.setdefault(_squeezed(line), []).append(index)
    votes: Counter[int] = Counter()
    for index, line in enumerate(wanted[:60]):
        key = _squeezed(line)
        for place in places.get(key, [])[:20] if key else []:
            votes[place - index] += len(key)
    if votes:
        return max(votes, key=lambda offset: (votes[offset], -offset))
    longest = max(range(len(wanted)), key=lambda index: len(wanted[index]), default=0)
    close = get_close_matches(
        _squeezed(wanted[longest]) if wanted else "", [key for key in places if key], n=1, cutoff=0.5
    )
    return places[close[0]][0] - longest if close else None
