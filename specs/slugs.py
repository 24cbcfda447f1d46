"""Titles and routes as short ASCII names for branches and files."""

import re
import unicodedata
from hashlib import sha256

MAX_LENGTH = 50

# Marks that tell two names apart although a slug has no room for them: `:id`, `{id}`, `<id>`, C++, C#.
_TELLING_MARKS = re.compile(r"[:{<](?=[A-Za-z_])|(?<=\w)[+#]")


def slugify(text: str) -> str:
    """At most 50 characters of `[a-z0-9-]`, never empty, never with a dash at either end.

    Where letters (日本語) or telling marks (`:id`, `{id}`) had to go, a hash of the text keeps names apart.
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    readable = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    slug = re.sub(r"[^a-z0-9]+", "-", readable).strip("-")
    lost_letters = any(letter.isalnum() and not letter.isascii() for letter in readable)
    if not slug:
        return f"spec-{_short_hash(text)}"
    if lost_letters or _TELLING_MARKS.search(text):
        return f"{_cut(slug, MAX_LENGTH - 9)}-{_short_hash(text)}"
    return _cut(slug, MAX_LENGTH)


def _cut(slug: str, length: int) -> str:
    return slug[:length].rstrip("-")


def _short_hash(text: str) -> str:
    return sha256(text.encode(errors="replace")).hexdigest()[:8]
