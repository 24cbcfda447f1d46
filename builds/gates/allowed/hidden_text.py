"""Finds characters in added lines that nobody sees, or that turn text around (CVE-2021-42574)."""

import re
from collections.abc import Iterator

from builds.coding.untrusted import INVISIBLE
from builds.diffs import FileDiff, Line
from builds.evidence import Finding
from builds.gates.allowed.rules import RULES
from builds.gates.gate import found

BYTE_ORDER_MARK = "\ufeff"
# A zero-width joiner that makes one picture of two, and the joiners inside Persian or Hindi words.
EMOJI = "\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff"
LETTERS = "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff"
JOINED = re.compile(f"(?<=[{EMOJI}])\u200d(?=[{EMOJI}])|(?<=[{LETTERS}])[\u200c\u200d](?=[{LETTERS}])")


def in_file(file: FileDiff) -> Iterator[Finding]:
    """One finding for each added line that hides something."""
    for line in file.added:
        if INVISIBLE.search(plain(line)):
            yield found(RULES["hidden_text"], file, line.number)


def plain(line: Line) -> str:
    """The line without what is invisible and belongs there."""
    text = JOINED.sub("", line.text)
    return text.removeprefix(BYTE_ORDER_MARK) if line.number == 1 else text
