"""An endpoint that speaks /v1/chat/completions and relays answers that somebody wrote, one by one."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from werkzeug import Request as WebRequest
from werkzeug import Response

from builds.sessions import ScriptedTurn

Write = Callable[[int, dict[str, Any]], ScriptedTurn]
PIECE = 40  # characters of a streamed piece


class Relay:
    """Serves the answer that `write(number, request body)` gives, streamed where that is asked for.

    `requests` keeps each body. Tokens are counted as a quarter of the bytes; cached are those of the longest
    beginning that a request has in common with an earlier one to the same model.
    """

    def __init__(self, write: Write) -> None:
        self.write = write
        self.requests: list[dict[str, Any]] = []

    def __call__(self, request: WebRequest) -> Response:
        """One request."""
        body = json.loads(request.data)
        earlier = [each for each in self.requests if each["model"] == body["model"]]
        self.requests.append(body)
        number = len(self.requests)
        turn = self.write(number, body)
        usage = counted(body, earlier, turn)
        if body.get("stream"):
            return Response(events(number, body["model"], turn, usage), content_type="text/event-stream")
        whole = {**frame(number, body["model"]), "usage": usage}
        message = {"role": "assistant", "content": turn.text, "tool_calls": calls(turn)}
        whole["choices"] = [{"index": 0, "message": message, "finish_reason": finish(turn)}]
        return Response(json.dumps(whole), content_type="application/json")


def counted(body: dict[str, Any], earlier: list[dict[str, Any]], turn: ScriptedTurn) -> dict[str, Any]:
    """What a provider with a prompt cache counts."""
    prompt = prompt_of(body)
    cached = max((shared(prompt, prompt_of(each)) for each in earlier), default=0)
    answer = turn.text + "".join(call.tool + call.text for call in turn.calls)
    return {
        "prompt_tokens": -(-len(prompt) // 4),
        "completion_tokens": -(-len(answer.encode()) // 4) or 1,
        "prompt_tokens_details": {"cached_tokens": cached // 4},
    }


def prompt_of(body: dict[str, Any]) -> bytes:
    """Tools and messages in the order in which providers put them before the model."""
    return json.dumps([body.get("tools", []), *body["messages"]], ensure_ascii=False).encode()


def shared(one: bytes, other: bytes) -> int:
    """How many bytes two prompts have in common from the start."""
    most = min(len(one), len(other))
    low = 0
    while low < most:  # halving: comparing slices is fast, comparing bytes is not
        middle = (low + most + 1) // 2
        low, most = (middle, most) if one[:middle] == other[:middle] else (low, middle - 1)
    return low


def finish(turn: ScriptedTurn) -> str:
    """Why the answer ended."""
    return turn.finish or ("tool_calls" if turn.calls else "stop")


def calls(turn: ScriptedTurn) -> list[dict[str, Any]]:
    """The calls as endpoints send them."""
    return [
        {
            "index": index,
            "id": f"call_{index}",
            "type": "function",
            "function": {"name": call.tool, "arguments": call.text},
        }
        for index, call in enumerate(turn.calls)
    ]


def frame(number: int, model: str) -> dict[str, Any]:
    """What stands around every answer."""
    return {"id": f"relay-{number}", "object": "chat.completion", "created": number, "model": model}


def events(number: int, model: str, turn: ScriptedTurn, usage: dict[str, Any]) -> Iterator[str]:
    """The answer as server-sent events, its texts in pieces."""
    for delta in deltas(turn):
        yield event(number, model, choices=[{"index": 0, "delta": delta}])
    yield event(number, model, choices=[{"index": 0, "delta": {}, "finish_reason": finish(turn)}])
    yield event(number, model, choices=[], usage=usage)
    yield "data: [DONE]\n\n"


def event(number: int, model: str, **more: Any) -> str:
    """One event on the wire."""
    return f"data: {json.dumps({**frame(number, model), 'object': 'chat.completion.chunk', **more})}\n\n"


def deltas(turn: ScriptedTurn) -> Iterator[dict[str, Any]]:
    """The pieces of an answer, in order."""
    yield {"role": "assistant", "content": ""}
    for start in range(0, len(turn.text), PIECE):
        yield {"content": turn.text[start : start + PIECE]}
    for call in calls(turn):
        arguments = call["function"]["arguments"]
        yield {"tool_calls": [{**call, "function": {**call["function"], "arguments": ""}}]}
        for start in range(0, len(arguments), PIECE):
            piece = {"arguments": arguments[start : start + PIECE]}
            yield {"tool_calls": [{"index": call["index"], "function": piece}]}
