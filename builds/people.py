"""Who acts: a person or a program, as every door tells the operations."""

from dataclasses import dataclass
from typing import Literal

Via = Literal["api", "admin", "cli", "engine"]


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who asks for something.

    `subject` is whose jobs are theirs (a Storia user id; of a Django user the `storia_subject`, else the
    name); four eyes compare subject and name. `level` is the trust level of the signed claim; the flags are
    permissions that the door has checked.
    """

    name: str
    subject: str
    level: str = "observer"
    reviews: bool = False  # may answer questions that want a reviewer
    operates: bool = False  # may cancel and rerun anybody's job
    audits: bool = False  # may look at anybody's job
    via: Via = "api"
    address: str = ""

    @property
    def sees_all(self) -> bool:
        """Whether other people's jobs are there for them."""
        return self.reviews or self.operates or self.audits

    @property
    def known_as(self) -> frozenset[str]:
        """Every name under which they may have asked for a job."""
        return frozenset((self.subject, self.name))
