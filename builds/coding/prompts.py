"""Prompts are Markdown files; their version is the short sha256 of their text."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "prompts"


@dataclass(frozen=True)
class Prompt:
    """A prompt's text, and the version that is kept with each call made with it."""

    text: str
    version: str


@cache
def load_prompt(*names: str) -> Prompt:
    """Read prompts/<name>.md; several names are joined in order into one prompt."""
    text = "\n\n".join((FOLDER / f"{name}.md").read_text(encoding="utf-8").strip() for name in names) + "\n"
    return Prompt(text, sha256(text.encode()).hexdigest()[:12])
