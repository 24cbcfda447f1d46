"""Callbacks into a list: for tests, and for whoever wants to see what would be sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from builds.ports import CallbackAnswer, Refused, Unavailable


@dataclass(frozen=True, kw_only=True)
class SentCallback:
    """One POST that was not made."""

    url: str
    body: bytes
    headers: Mapping[str, str]


@dataclass
class MemoryCallbackSender:
    """Keeps what it is given. `answers` are said in turn, then 204 for ever; an error is raised."""

    answers: list[CallbackAnswer | Unavailable | Refused] = field(default_factory=list)
    sent: list[SentCallback] = field(default_factory=list)

    def send(self, url: str, body: bytes, headers: Mapping[str, str]) -> CallbackAnswer:
        """Raises what it was told to."""
        self.sent.append(SentCallback(url=url, body=body, headers=dict(headers)))
        answer = self.answers.pop(0) if self.answers else CallbackAnswer(status=204)
        if isinstance(answer, Exception):
            raise answer
        return answer
