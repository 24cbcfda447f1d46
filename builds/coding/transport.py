"""How a model's answer becomes calls and how results go back: native tool calls, or fenced text."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from builds.coding.fenced import load_object, parse_blocks
from builds.coding.profiles import profile_of
from builds.coding.tools import TOOLS
from builds.coding.untrusted import block
from builds.evidence import ToolResult
from builds.ports import Message, Reply, ToolCall, ToolSpec

CUT_OFF = (
    "Your answer was cut off at the output limit, so nothing of this call was done. "
    "Send less at once: write a first part of the file, then add to it with edit."
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One call as understood; `problem` teaches why it could not be."""

    id: str
    name: str
    arguments: Mapping[str, Any]
    problem: str = ""


class Transport(Protocol):
    """A way to call tools."""

    name: str

    def tools(self) -> tuple[ToolSpec, ...]:
        """What the request offers."""

    def remember(
        self, reply: Reply, asked: Sequence[Asked], results: Sequence[ToolResult]
    ) -> tuple[Message, ...]:
        """What the conversation keeps of a turn."""


def transport_for(model: str) -> Transport:
    """The transport that this model's profile names."""
    return Fenced() if profile_of(model).transport == "fenced" else Native()


class Native:
    """The provider's own tool calls."""

    name = "native"

    def tools(self) -> tuple[ToolSpec, ...]:
        """The nine tools as JSON Schema."""
        return tuple(
            ToolSpec(name=tool.name, description=tool.description, parameters=tool.schema) for tool in TOOLS
        )

    def remember(
        self, reply: Reply, asked: Sequence[Asked], results: Sequence[ToolResult]
    ) -> tuple[Message, ...]:
        """The answer with its calls as valid JSON, which providers insist on, and one tool message each."""
        if not reply.tool_calls:
            return Fenced().remember(reply, asked, results)
        calls = tuple(
            ToolCall(id=call.id, name=_safe_name(call.name), arguments=json.dumps(call.arguments))
            for call in asked
        )
        answers = (
            Message(role="tool", content=result.text, tool_call_id=result.call_id) for result in results
        )
        return (Message(role="assistant", content=reply.text, tool_calls=calls), *answers)


class Fenced:
    """The same tools as blocks of text."""

    name = "fenced"

    def tools(self) -> tuple[ToolSpec, ...]:
        """None: the prompt explains them."""
        return ()

    def remember(
        self, reply: Reply, asked: Sequence[Asked], results: Sequence[ToolResult]
    ) -> tuple[Message, ...]:
        """The answer as it was, and all results in one message."""
        told = "\n\n".join(
            block(f"result {index}: {result.tool}", result.text) if result.call_id else result.text
            for index, result in enumerate(results, start=1)
        )
        said = "\n\n".join(
            [reply.text.strip(), *(_as_text(call) for call in asked if reply.tool_calls)]
        ).strip()
        answer = Message(role="assistant", content=said or "(empty answer)")
        return (answer, Message(role="user", content=told))


def read_calls(reply: Reply, turn: int) -> tuple[Asked, ...]:
    """The calls of an answer, in order. What was offered does not matter: some models use the other form."""
    if reply.tool_calls:
        cut = reply.finish == "length"
        return tuple(
            _native_call(call, turn, index, cut=cut) for index, call in enumerate(reply.tool_calls, 1)
        )
    return tuple(
        Asked(id=_call_id(turn, index), name=found.name, arguments=found.arguments, problem=found.problem)
        for index, found in enumerate(parse_blocks(reply.text), start=1)
    )


def unreadable(asked: Sequence[Asked]) -> bool:
    """Whether a call came in a form that cannot be read, for another reason than the output limit."""
    return any(call.problem and call.problem != CUT_OFF for call in asked)


def _as_text(call: Asked) -> str:
    return f"```tool {_safe_name(call.name)}\n{json.dumps(call.arguments)}\n```"


def _native_call(call: ToolCall, turn: int, index: int, *, cut: bool) -> Asked:
    name, known = call.name.strip(), load_object(call.arguments or "{}")
    if known is not None:
        return Asked(id=_call_id(turn, index), name=name, arguments=known)
    problem = (
        CUT_OFF if cut else f"The arguments of {name} are not a JSON object: {_json_error(call.arguments)}."
    )
    return Asked(
        id=_call_id(turn, index), name=name, arguments={"unreadable": call.arguments[:500]}, problem=problem
    )


def _json_error(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError as error:
        return str(error)
    return f"it is a {type(value).__name__}"


def _call_id(turn: int, index: int) -> str:
    """Our own ids, so that equal transcripts are equal requests; nine characters suit every provider."""
    return f"t{turn:04d}c{index:03d}"


def _safe_name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) else "unknown"
