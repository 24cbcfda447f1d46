"""Makes characters visible that can make code look other than it is: bidi controls, zero width, controls."""

import re
import unicodedata

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

INVISIBLE = re.compile(
    "([\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e"
    "\\u2060-\\u2069\\ufeff\\ufff9-\\ufffb\\U000e0000-\\U000e007f])"
)
"""Everything but tab and newline that takes no room, or moves what is around it (CVE-2021-42574)."""


def visible(text: str) -> SafeString:
    """The text escaped for HTML, with each invisible character as a marked ⟨U+202E⟩."""
    if not INVISIBLE.search(text):
        return escape(text)
    parts = INVISIBLE.split(text)
    return mark_safe(  # noqa: S308 - every part is escaped or made by `mark` from a code point
        "".join(mark(part) if index % 2 else escape(part) for index, part in enumerate(parts))
    )


def mark(character: str) -> SafeString:
    """One invisible character, with its name for who points at it."""
    name = unicodedata.name(character, "control character").lower()
    return format_html(
        '<span class="invisible-character" title="{}">⟨U+{}⟩</span>', name, f"{ord(character):04X}"
    )
