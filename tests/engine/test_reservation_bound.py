"""A reservation needs no tokenizer: the bound is never below what any provider counts."""

import json
import random
import string
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from statistics import median
from threading import Thread

import pytest

from builds.adapters.model_openai import OpenAIModel
from builds.budgets import bound_after, input_bound
from builds.ports import Message, Request, ToolCall, ToolSpec

CONVERSATIONS = 1000
ALPHABET = string.printable + "äöü漢字🦎\u200b"


class OwnWay(BaseHTTPRequestHandler):
    """A provider with a tokenizer of its own: pieces of 1 to 6 bytes of all it was sent."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # a head and a body apart would wait 40 ms for each other
    chance = random.Random(20261120)

    def do_POST(self) -> None:
        """Count and answer."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        counted = {name: sent[name] for name in ("messages", "tools") if name in sent}
        size = len(json.dumps(counted, ensure_ascii=False, separators=(",", ":")).encode())
        pieces = self.chance.choice((1, 1, 2, 3, 4, 6))  # 1: a token for each byte, frames and all
        self.answer({"prompt_tokens": -(-size // pieces), "completion_tokens": 1})

    def answer(self, usage: dict[str, int]) -> None:
        """Say ok, and what it counted."""
        choice = {"finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}
        body = json.dumps({"choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def provider(request: pytest.FixtureRequest) -> Iterator[OpenAIModel]:
    """The real adapter, talking to that provider over loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), getattr(request, "param", OwnWay))
    Thread(target=server.serve_forever, daemon=True).start()
    yield OpenAIModel("not a key", f"http://127.0.0.1:{server.server_port}/v1")
    server.shutdown()
    server.server_close()


class OneWay(OwnWay):
    """A provider that keeps one tokenizer for a conversation: pieces of `max_tokens` bytes each."""

    def do_POST(self) -> None:
        """Count and answer."""
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        frames = 7 * len(sent["messages"])
        size = sum(len(json.dumps(each, ensure_ascii=False).encode()) for each in sent["messages"])
        self.answer({"prompt_tokens": frames + -(-size // sent["max_tokens"]), "completion_tokens": 1})


def text(chance: random.Random, most: int) -> str:
    """Prose, code, emoji, control characters."""
    return "".join(chance.choices(ALPHABET, k=chance.randrange(most)))


def message(chance: random.Random) -> Message:
    """One of any role, with or without calls."""
    calls = tuple(
        ToolCall(id=f"call-{number}", name="edit", arguments=text(chance, 120))
        for number in range(chance.randrange(4))
    )
    role = chance.choice(("system", "user", "assistant", "tool"))
    if role == "assistant":
        return Message(role="assistant", content=text(chance, 300), tool_calls=calls)
    if role == "tool":
        return Message(role="tool", content=text(chance, 300), tool_call_id="call-0")
    return Message(role="user" if role == "user" else "system", content=text(chance, 500))


def conversation(chance: random.Random) -> Request:
    """1 to 14 messages and up to nine tools."""
    messages = tuple(message(chance) for _ in range(chance.randrange(1, 15)))
    tools = tuple(
        ToolSpec(name=f"tool{number}", description=text(chance, 200), parameters={"type": "object"})
        for number in range(chance.randrange(10))
    )
    small = Request(purpose="plan", model="any", messages=messages, max_tokens=10)
    return replace(small, tools=tools)


@pytest.mark.campaign
def test_the_bound_is_never_below_what_a_provider_counts(
    provider: OpenAIModel, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(7)
    slack = []
    for _ in range(CONVERSATIONS):
        request = conversation(chance)
        usage = provider.complete(request).usage
        assert usage is not None
        assert input_bound(request) >= usage.input_tokens
        slack.append(input_bound(request) / usage.input_tokens)
    with capsys.disabled():
        said = f"bound / counted over {CONVERSATIONS} conversations"
        print(f"\n{said}: median {median(slack):.2f}, least {min(slack):.2f}")  # noqa: T201


@pytest.mark.parametrize("provider", [OneWay], indirect=True)
@pytest.mark.campaign
def test_what_an_earlier_call_reported_makes_the_bound_tighter_and_never_too_low(
    provider: OpenAIModel, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = random.Random(11)
    tighter = []
    for _ in range(60):
        request = replace(conversation(chance), max_tokens=chance.choice((1, 2, 3, 4, 6)), tools=())
        for _ in range(8):
            usage = provider.complete(request).usage
            assert usage is not None
            shown = len(request.messages)
            said = Message(role="assistant", content=text(chance, 300) or "ok")
            request = replace(request, messages=(*request.messages, said, message(chance)))
            bound = bound_after(request, shown, usage.input_tokens)
            after = provider.complete(request).usage
            assert after is not None
            assert input_bound(request) >= bound >= after.input_tokens
            tighter.append(bound / input_bound(request))
    with capsys.disabled():
        print(f"\nbound with a reported beginning / by bytes alone: median {median(tighter):.2f}")  # noqa: T201


def test_a_count_too_small_to_be_true_is_not_believed() -> None:
    messages = (Message(role="user", content="x" * 5000), Message(role="assistant", content="y"))
    request = Request(purpose="plan", model="any", messages=(*messages, Message(role="user", content="z")))
    assert bound_after(request, 1, 12) == input_bound(request)
    assert bound_after(request, 1, 1250) < input_bound(request)
