"""A scripted model: sessions from files, which fail loudly in a conversation they do not expect."""

import time
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

from builds.canonical import canonical_json
from builds.ports import Message, Refused, Reply, Request, ToolCall, Usage
from builds.sessions import ScriptedTurn, Session

NO_SESSION = (
    "No scripted session is written for this spec. Scripted sessions only stand in for the examples: set "
    "OPENAI_API_KEY, DREAM_MODEL, DREAM_REVIEW_MODEL and DREAM_MODEL_PRICES to build it with a real model."
)


class ScriptedModel:
    """The Model port from sessions. Each answer takes `delay` seconds; `requests` holds what was asked."""

    def __init__(self, sessions: Path | Iterable[Session], *, delay: float = 0) -> None:
        """Sessions, or a file, or a folder of *.toml files."""
        self.sessions = tuple(load_sessions(sessions) if isinstance(sessions, Path) else sessions)
        self.delay = delay
        self.requests: list[Request] = []

    def complete(self, request: Request) -> Reply:
        """The answer that was written for this turn. Raises Refused("script_mismatch")."""
        self.requests.append(request)
        time.sleep(self.delay)
        scripted = self._turn(request)
        came = "\n".join(message.content for message in latest(request.messages))
        for expected in scripted.expect:
            if expected not in came:
                raise Refused(
                    "script_mismatch", f"{_name(request)} expects {expected!r}; what came: {came[:4000]}"
                )
        return _reply(request, scripted)

    def _turn(self, request: Request) -> ScriptedTurn:
        asked = "\n".join(message.content for message in request.messages)
        key = (request.purpose, request.item, request.turn)
        fitting = [session for session in self.sessions if session.match in asked]
        found = [turn for session in fitting for turn in session.turn if turn.key == key]
        if len(found) == 1:
            return found[0]
        if not fitting:
            raise Refused("script_missing", NO_SESSION)
        what = (
            f"{len(found)} sessions answer it"
            if found
            else f"none of {len(fitting)} fitting sessions answers it"
        )
        last = request.messages[-1].content if request.messages else ""
        raise Refused("script_mismatch", f"{_name(request)}: {what}. The last message: {last[:4000]}")


def load_sessions(path: Path) -> tuple[Session, ...]:
    """One file, or a folder's *.toml and its subfolders' session*.toml. Raises Refused("script_invalid")."""
    files = sorted({*path.glob("*.toml"), *path.glob("*/session*.toml")}) if path.is_dir() else [path]
    return tuple(Session.read(file) for file in files)


def latest(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages since the model's last answer; at the first turn all of them."""
    return tuple(takewhile(lambda message: message.role != "assistant", reversed(messages)))[::-1]


def _reply(request: Request, scripted: ScriptedTurn) -> Reply:
    calls = tuple(
        ToolCall(id=f"scripted-{request.turn}-{index}", name=call.tool, arguments=call.text)
        for index, call in enumerate(scripted.calls, start=1)
    )
    size = _tokens(scripted.text) + sum(_tokens(call.name) + _tokens(call.arguments) for call in calls)
    text, finish = scripted.text, scripted.finish or ("tool_calls" if calls else "stop")
    if size > request.max_tokens:  # it keeps the output limit, as an honest provider does
        text, calls, finish, size = (
            text.encode()[: request.max_tokens * 4].decode("utf-8", "ignore"),
            (),
            "length",
            request.max_tokens,
        )
    usage = Usage(
        input_tokens=_tokens(canonical_json([request.messages, request.tools])), output_tokens=max(1, size)
    )
    return Reply(
        text=text,
        tool_calls=calls,
        usage=usage,
        finish=finish,
        model=request.model,
        request_id=f"scripted-{request.purpose}-{request.item}-{request.turn}",
    )


def _tokens(text: str | bytes) -> int:
    """A quarter of the bytes, rounded up."""
    return -(-len(text.encode() if isinstance(text, str) else text) // 4)


def _name(request: Request) -> str:
    item = f" of item {request.item}" if request.item else ""
    return f"Turn {request.turn} of {request.purpose}{item}"
