"""Answers of OpenAI-compatible endpoints, in one piece or as a stream of events, read as replies."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from builds.ports import Reply, ToolCall, Unavailable, Usage

Finish = Literal["stop", "tool_calls", "length", "content_filter"]
FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "length": "length",
    "content_filter": "content_filter",
}
END = "[DONE]"


def read_body(data: bytes) -> object:
    """The answer as one JSON value, in whichever form it came. Raises Unavailable, ValueError."""
    if _is_stream(data):
        return assemble(events(data.decode("utf-8", "replace")))
    return json.loads(data)


def _is_stream(data: bytes) -> bool:
    """Whether these are events; some endpoints label them wrongly, so the first line decides."""
    return data.lstrip().startswith((b"data:", b"event:", b"id:", b":"))


def reply_of(body: Mapping[str, Any], request_id: str) -> Reply:
    """Read leniently: endpoints leave out what they do not know. Raises Unavailable for what is no answer."""
    try:
        choice = body["choices"][0]
        message = choice.get("message") or {}
        calls = tuple(_call(call) for call in message.get("tool_calls") or () if call.get("function"))
        finish = FINISHES.get(str(choice.get("finish_reason")), "tool_calls" if calls else "stop")
        return Reply(
            text=_text(message.get("content")) or _text(message.get("refusal")),
            tool_calls=calls,
            usage=_usage(body.get("usage")),
            finish=finish,
            model=str(body.get("model") or ""),
            request_id=request_id or str(body.get("id") or ""),
        )
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise Unavailable(
            f"The model's answer has a form that cannot be read: {type(error).__name__}"
        ) from error


def _text(content: object) -> str:
    """Plain text, also where an endpoint sends it as a list of parts; without what no database takes."""
    if isinstance(content, list):
        content = "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content.replace("\0", "").encode("utf-8", "replace").decode() if isinstance(content, str) else ""


def _call(call: Mapping[str, Any]) -> ToolCall:
    arguments = call["function"].get("arguments")
    return ToolCall(
        id=_text(call.get("id")),
        name=_text(call["function"].get("name")),
        arguments=_text(arguments) if isinstance(arguments, str) else json.dumps(arguments or {}),
    )


def _usage(counted: object) -> Usage | None:
    """What the provider counted; None where it says nothing, which the ledger books at the worst case."""
    if not isinstance(counted, dict) or "prompt_tokens" not in counted or "completion_tokens" not in counted:
        return None
    details = counted.get("prompt_tokens_details") or {}
    cached = details.get("cached_tokens") or counted.get("prompt_cache_hit_tokens")  # the latter: DeepSeek
    cost = counted.get("cost")
    said = isinstance(cost, int | float | str) and cost != ""
    return Usage(
        input_tokens=int(counted["prompt_tokens"]),
        output_tokens=int(counted["completion_tokens"]),
        cached_tokens=int(cached or 0),
        cost=Decimal(str(cost)) if said else None,
        priced_by="provider" if said else "",
    )


# --- a stream of events --------------------------------------------------------------------------


def events(text: str) -> Iterator[str]:
    """The data of each server-sent event; comments, which keep a line open, are nothing."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    data: list[str] = []
    for line in [*lines, ""]:
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []


@dataclass
class Assembly:
    """An answer as it grows, piece by piece."""

    text: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    finish: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)  # index in the stream: index in `calls`

    def add(self, event: Mapping[str, Any]) -> None:
        """One event. The last usage holds: some endpoints count as they go."""
        self.facts |= {name: event[name] for name in ("id", "model", "usage", "error") if event.get(name)}
        for choice in event.get("choices") or ():
            delta = choice.get("delta") or choice.get("message") or {}
            self.text.append(_text(delta.get("content")) or _text(delta.get("refusal")))
            self.finish = str(choice.get("finish_reason") or self.finish)
            for call in delta.get("tool_calls") or ():
                self._add_call(call)

    def _add_call(self, piece: Mapping[str, Any]) -> None:
        """A piece of a call. Some endpoints leave out the index, or give several calls the same one."""
        function, name = piece.get("function") or {}, _text(piece.get("id"))
        index = piece.get("index")
        place = self.places.get(index, -1) if isinstance(index, int) else len(self.calls) - 1
        known = self.calls[place] if 0 <= place < len(self.calls) else None
        if known is None or (name and known["id"] and name != known["id"]):
            known = {"id": name, "function": {"name": "", "arguments": ""}}
            self.calls.append(known)
            if isinstance(index, int):
                self.places[index] = len(self.calls) - 1
        known["function"]["name"] = known["function"]["name"] or _text(function.get("name"))
        arguments = function.get("arguments")
        known["function"]["arguments"] += (
            json.dumps(arguments) if isinstance(arguments, dict) else _text(arguments)
        )

    def body(self) -> dict[str, Any]:
        """The same answer in one piece."""
        message = {"content": "".join(self.text), "tool_calls": self.calls}
        return {**self.facts, "choices": [{"message": message, "finish_reason": self.finish}]}


def assemble(found: Iterator[str]) -> dict[str, Any]:
    """All events as one answer. Raises Unavailable when they broke off, ValueError for what is no JSON."""
    made, ended = Assembly(), False
    for data in found:
        if data.strip() == END:
            ended = True
            break
        event = json.loads(data)
        if not isinstance(event, dict):
            raise Unavailable("The model's answer has a form that cannot be read: an event is no object")
        made.add(event)
    if made.facts.get("error") or made.finish == "error":
        return {"error": made.facts.get("error") or "the provider stopped with an error"}
    if not made.finish and not ended:
        raise Unavailable("The model's answer broke off in the middle.")
    return made.body()
