"""How an operator token is written: a word to know it by, 43 random characters, and a checksum.

The random part has 256 bits, so a plain sha256 of it is as good to keep as a slow hash of a password: there
is nothing to guess. The checksum tells a mistyped token from an unknown one without asking the database.
"""

import secrets
import string
from hashlib import sha256
from zlib import crc32

MARK = "dream_"
RANDOM, CHECK = 43, 6
SHOWN = len(MARK) + 8
"""So much of a token is kept and shown; what is left to guess has 208 bits."""

LETTERS = string.digits + string.ascii_letters


def make() -> str:
    """A new token."""
    random = "".join(secrets.choice(LETTERS) for _ in range(RANDOM))
    return f"{MARK}{random}{checksum(random)}"


def checksum(random: str) -> str:
    """Six letters that depend on all others."""
    rest = crc32(random.encode())
    found = ""
    for _ in range(CHECK):
        rest, digit = divmod(rest, len(LETTERS))
        found += LETTERS[digit]
    return found


def is_whole(token: str) -> bool:
    """Whether it can be a token of ours at all."""
    body = token.removeprefix(MARK)
    sound = len(token) == len(MARK) + RANDOM + CHECK and body.isascii() and body.isalnum()
    return sound and token.startswith(MARK) and checksum(body[:RANDOM]) == body[RANDOM:]


def digest(token: str) -> str:
    """What is kept of it."""
    return sha256(token.encode()).hexdigest()
