"""What is known of model families: how they best call tools, and how many calls they need."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A family, by a pattern of model names. `patience` multiplies the call limits.

    `fallback`: after one call whose arguments cannot be read, the item goes on in fenced text.
    """

    pattern: str
    transport: Literal["native", "fenced"] = "native"
    patience: float = 1.0
    fallback: bool = False


PROFILES = (
    Profile(pattern="*deepseek-r1*", transport="fenced", patience=2.5),
    Profile(pattern="*gemma*", transport="fenced", patience=2.5),
    Profile(pattern="*phi-*", transport="fenced", patience=2.5),
    Profile(pattern="*codellama*", transport="fenced", patience=2.5),
    Profile(pattern="*starcoder*", transport="fenced", patience=2.5),
    Profile(pattern="*o1-mini*", transport="fenced"),
    Profile(pattern="*claude*", patience=1.6),
    Profile(pattern="*gemini*", patience=1.6),
    Profile(pattern="*deepseek*", patience=2.5, fallback=True),
    Profile(pattern="*qwen*", patience=2.5, fallback=True),
    Profile(pattern="*glm*", patience=2.5, fallback=True),
    Profile(pattern="*minimax*", patience=2.5, fallback=True),
    Profile(pattern="*mistral*", patience=2.5, fallback=True),
    Profile(pattern="*devstral*", patience=2.5, fallback=True),
    Profile(pattern="*kimi*", patience=2.5, fallback=True),
    Profile(pattern="*llama*", patience=2.5, fallback=True),
)
"""The first pattern that fits a name in lower case holds."""


def profile_of(model: str) -> Profile:
    """The profile of a model; one that nobody listed calls tools natively and gets the plain limits."""
    name = model.lower()
    return next((known for known in PROFILES if fnmatchcase(name, known.pattern)), Profile(pattern="*"))
