"""An item's messages: a prefix that never changes, and turns whose older results can be left out."""

from dataclasses import dataclass, field, replace

from builds.coding import limits
from builds.ports import Message

STUB = "[left out to save room: {size} characters. Ask again if you need it.]"


@dataclass
class Conversation:
    """The opening messages, then one group of messages for each turn."""

    opening: tuple[Message, ...]
    turns: list[tuple[Message, ...]] = field(default_factory=list)
    stubbed: set[int] = field(default_factory=set)  # numbers of turns, from 1

    def messages(self) -> tuple[Message, ...]:
        """All of it, in order."""
        return (*self.opening, *(message for turn in self.turns for message in turn))

    def add(self, *messages: Message) -> set[int]:
        """Add a turn; returns the numbers of turns whose results left the conversation because of it.

        Much is cut at once and then nothing for a while, so that most requests keep the last one's prefix.
        """
        self.turns.append(messages)
        before = set(self.stubbed)
        if tokens(self.messages()) > limits.CONTEXT_TOKENS:
            for kept in (limits.KEPT_TURNS, 1):
                self._stub_all_but(kept)
        return self.stubbed - before

    def shorten(self) -> set[int]:
        """Leave out the results of older turns, whatever their size; returns the numbers of those turns.

        First all but the last few, then all but the last; the same conversation is always shortened the same
        way. Returns nothing when there is nothing more to leave out.
        """
        for kept in (limits.KEPT_TURNS, 1):
            before = set(self.stubbed)
            self._stub_all_but(kept, room=0)
            if self.stubbed != before:
                return self.stubbed - before
        return set()

    def copy(self) -> "Conversation":
        """One that can be shortened without touching this one."""
        return Conversation(self.opening, list(self.turns), set(self.stubbed))

    def _stub_all_but(self, kept: int, room: int = limits.COMPACTED_TOKENS) -> None:
        for number in range(1, len(self.turns) - kept + 1):
            if tokens(self.messages()) <= room:
                return
            if number not in self.stubbed:
                self.turns[number - 1] = tuple(_stubbed(message) for message in self.turns[number - 1])
                self.stubbed.add(number)


def _stubbed(message: Message) -> Message:
    if message.role == "assistant" or len(message.content) <= len(STUB) + 20:
        return message
    return replace(message, content=STUB.format(size=len(message.content)))


def tokens(messages: tuple[Message, ...]) -> int:
    """A cautious count: a quarter of the bytes, calls included."""
    texts = (
        len(message.content.encode("utf-8", "replace"))
        + sum(len(call.arguments.encode("utf-8", "replace")) for call in message.tool_calls)
        for message in messages
    )
    return sum(texts) // 4
