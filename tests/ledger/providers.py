"""Providers for simulated runs: each counts and charges in its own way, some of them not as agreed."""

import random
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache

from builds.budgets import Worst, cost
from builds.canonical import canonical_json
from builds.ports import Message, Price, Request, ToolCall, ToolSpec, Usage

WAYS = (
    "honest",
    "honest, names its own cost",
    "ignores the output limit",
    "counts more than bytes",
    "charges above its list",
    "reports too little, then the truth",
)
HONEST = WAYS[:2]
WORDS = ("return", "def", "the", "漢字", "🦎", "=", "    ", "amount")


@lru_cache(maxsize=5_000)
def size_of(message: Message) -> int:
    """Bytes of a message with all that is in it."""
    return len(canonical_json(message))


@dataclass
class Provider:
    """One tokenizer for a conversation: `piece` bytes make a token, `frame` tokens stand around a message."""

    chance: random.Random
    way: str
    price: Price
    piece: int = field(init=False)
    frame: int = field(init=False)
    calls: int = 0
    turns_at: int = field(init=False)  # the call from which on it does not keep to what was agreed

    def __post_init__(self) -> None:
        """Drawn once."""
        self.piece = self.chance.choice((1, 2, 3, 4, 4, 6))
        self.frame = self.chance.choice((0, 3, 7, 20))
        self.turns_at = self.chance.randrange(2, 9)

    def count(self, request: Request) -> int:
        """The true input tokens."""
        sizes = [*map(size_of, request.messages), *(len(canonical_json(tool)) for tool in request.tools)]
        return sum(self.frame + -(-size // self.piece) for size in sizes)

    def answer(self, request: Request, worst: Worst) -> Usage:
        """What it says that the call took."""
        self.calls += 1
        true = self.count(request)
        long = self.chance.random() < 0.3
        out = request.max_tokens if long else self.chance.randrange(1, request.max_tokens + 1)
        cached = self.chance.randrange(true) if self.chance.random() < 0.5 else 0
        usage = Usage(input_tokens=true, output_tokens=out, cached_tokens=cached)
        if self.calls >= self.turns_at:
            usage = self.not_as_agreed(usage, request, worst)
        if self.way == "honest, names its own cost":
            share = Decimal(self.chance.randrange(50, 101)) / 100
            usage = replace(usage, cost=cost(self.price, usage) * share, priced_by="provider")
        return usage

    def not_as_agreed(self, usage: Usage, request: Request, worst: Worst) -> Usage:
        """Each way of taking more than was reserved."""
        match self.way:
            case "ignores the output limit":
                return replace(usage, output_tokens=request.max_tokens * 3 + worst.tokens)
            case "counts more than bytes":
                return replace(usage, input_tokens=worst.tokens + 1 + self.chance.randrange(5_000))
            case "charges above its list":
                return replace(usage, cost=worst.usd * Decimal("1.5") + 1)
            case "reports too little, then the truth" if self.calls == self.turns_at:
                return replace(usage, input_tokens=max(1, usage.input_tokens // 4), cached_tokens=0)
            case _:
                return usage


def drawn_price(chance: random.Random) -> Price:
    """From a free model to a dear one."""
    rate = Decimal(chance.choice((0, 15, 300, 1500))) / 100
    cached = chance.choice((None, rate / 10, rate))
    return Price(input=rate, output=rate * chance.choice((1, 4, 5)), cached_input=cached)


def text(chance: random.Random, most: int) -> str:
    """A few words of code and prose."""
    return " ".join(chance.choices(WORDS, k=chance.randrange(1, most)))


def first_request(chance: random.Random) -> Request:
    """The beginning of a conversation."""
    messages = (
        Message(role="system", content=text(chance, 30)),
        Message(role="user", content=text(chance, 50)),
    )
    tools = tuple(
        ToolSpec(name=f"tool{number}", description=text(chance, 8), parameters={"type": "object"})
        for number in range(chance.randrange(4))
    )
    most = chance.choice((64, 500, 2_000))
    return Request(purpose="implement", model="writer", messages=messages, tools=tools, max_tokens=most)


def longer(chance: random.Random, request: Request) -> Request:
    """The conversation with an answer and what we say to it."""
    call = ToolCall(id=f"t{request.turn}", name="edit", arguments=text(chance, 12))
    said = Message(role="assistant", content=text(chance, 20), tool_calls=(call,))
    told = Message(role="tool", content=text(chance, 20), tool_call_id=call.id)
    return replace(request, messages=(*request.messages, said, told), turn=request.turn + 1)
