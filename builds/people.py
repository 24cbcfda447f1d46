"""Who acts: a person or a program, as every door tells the operations."""

from dataclasses import dataclass
from typing import Literal

Via = Literal["api", "admin", "cli", "engine"]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who asks for something.

    `subject` is what four eyes compare (a Storia user id, or a Django user's name); `level` is the trust
    level of the signed claim; the flags are permissions that the door has checked.
    """

    name: str
    subject: str
    level: str = "observer"
    reviews: bool = False  # may answer questions that want a reviewer
    operates: bool = False  # may cancel and rerun anybody's job
    via: Via = "api"
    address: str = ""
