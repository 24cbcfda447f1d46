"""Streamed answers over real HTTP: put together, given up when silent, and done without where refused."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request as WebRequest
from werkzeug import Response

from builds.adapters.model_openai import OpenAIModel
from builds.ports import Message, Refused, Reply, Request, ToolCall, ToolSpec, Unavailable, Usage

PATH = "/v1/chat/completions"
TOOL = ToolSpec(name="read", description="Read.", parameters={"type": "object", "properties": {}})
ASK = Request(
    purpose="implement",
    model="vendor/model",
    messages=(Message(role="user", content="Do it."),),
    tools=(TOOL,),
)
USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 50,
    "prompt_tokens_details": {"cached_tokens": 800},
    "cost": 0.00123,
}
WHOLE = {
    "id": "gen-7",
    "model": "vendor/model",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Well."}, "finish_reason": "stop"}],
    "usage": USAGE,
}


def event(delta: Any = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    """One event of a stream."""
    choices = [] if delta is None and finish is None else [{"index": 0, "delta": delta or {}}]
    if finish:
        choices[0]["finish_reason"] = finish
    return {
        "id": "gen-7",
        "object": "chat.completion.chunk",
        "model": "vendor/model",
        "choices": choices,
        **more,
    }


def call(arguments: Any, **more: Any) -> dict[str, Any]:
    """A piece of a tool call."""
    name = more.pop("name", None)
    function = {"arguments": arguments, **({"name": name} if name else {})}
    return {"tool_calls": [{**more, "function": function}]}


def sse(*found: Any, done: bool = True) -> str:
    """Events on the wire."""
    return "".join(f"data: {json.dumps(each)}\n\n" for each in found) + ("data: [DONE]\n\n" if done else "")


@pytest.fixture
def model(httpserver: HTTPServer) -> OpenAIModel:
    """The adapter on a loopback server."""
    return OpenAIModel("key", httpserver.url_for("/v1"), timeout=5)


def test_a_stream_is_put_together_with_calls_usage_and_cost(
    httpserver: HTTPServer, model: OpenAIModel
) -> None:
    stream = ": a comment keeps the line open\n\n" + sse(
        event({"role": "assistant", "content": "We"}),
        event({"content": "ll."}),
        event(call("", index=0, id="c1", name="read")),
        event(call('{"a"', index=0)),
        event(call(": 1}", index=0)),
        event(call("{}", index=1, id="c2", name="search")),
        event({}, "tool_calls"),
        event(usage=USAGE),
    )
    httpserver.expect_request(PATH).respond_with_data(
        stream, content_type="text/event-stream", headers={"x-request-id": "req-9"}
    )
    assert model.complete(ASK) == Reply(
        text="Well.",
        tool_calls=(
            ToolCall(id="c1", name="read", arguments='{"a": 1}'),
            ToolCall(id="c2", name="search", arguments="{}"),
        ),
        usage=Usage(
            input_tokens=1000,
            output_tokens=50,
            cached_tokens=800,
            cost=Decimal("0.00123"),
            priced_by="provider",
        ),
        finish="tool_calls",
        model="vendor/model",
        request_id="req-9",
    )


TWO = (("c1", "read", '{"a": 1}'), ("c2", "search", '{"b": 2}'))
FORMS: dict[str, tuple[list[Any], tuple[tuple[str, str, str], ...]]] = {
    "two calls under one index": (
        [call('{"a": 1}', index=0, id="c1", name="read"), call('{"b": 2}', index=0, id="c2", name="search")],
        TWO,
    ),
    "no index at all": (
        [call('{"a"', id="c1", name="read"), call(": 1}"), call('{"b": 2}', id="c2", name="search")],
        TWO,
    ),
    "the name with each piece": (
        [call('{"a"', index=0, id="c1", name="read"), call(": 1}", index=0, id="c1", name="read")],
        TWO[:1],
    ),
    "arguments as an object": ([call({"a": 1}, index=0, id="c1", name="read")], TWO[:1]),
    "calls in an order of their own": (
        [call('{"a": 1}', index=1, id="c1", name="read"), call('{"b": 2}', index=0, id="c2", name="search")],
        TWO,
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_calls_are_read_in_whatever_pieces_they_come(
    httpserver: HTTPServer, model: OpenAIModel, form: str
) -> None:
    pieces, expected = FORMS[form]
    stream = sse(*(event(piece) for piece in pieces), event({}, "tool_calls", usage=USAGE))
    httpserver.expect_request(PATH).respond_with_data(stream.replace("\n", "\r\n"))
    reply = model.complete(ASK)
    assert tuple((each.id, each.name, each.arguments) for each in reply.tool_calls) == expected


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (sse(event({"content": "Half of"}), done=False), Unavailable),
        (sse(event({"content": "x"}), {"error": {"message": "upstream", "code": 502}}), Unavailable),
        (sse(event({"content": "x"}), event({}, "error")), Unavailable),
        (sse({"error": {"message": "maximum context length is 10"}}), Refused),
        (sse({"error": {"message": "blocked by content policy"}}), Refused),
        ("data: {not json\n\n", Unavailable),
        ("data: 5\n\n", Unavailable),
    ],
)
def test_a_stream_that_holds_no_answer_is_an_error(
    httpserver: HTTPServer, model: OpenAIModel, stream: str, error: type[Exception]
) -> None:
    httpserver.expect_request(PATH).respond_with_data(stream, content_type="text/event-stream")
    with pytest.raises(error):
        model.complete(ASK)


def test_an_endpoint_that_refuses_a_stream_is_asked_without_and_remembered(
    httpserver: HTTPServer, model: OpenAIModel
) -> None:
    seen: list[bool] = []

    def answer(request: WebRequest) -> Response:
        seen.append("stream" in json.loads(request.data))
        if seen[-1]:
            return Response(json.dumps({"error": {"message": "stream is not supported"}}), status=400)
        return Response(json.dumps(WHOLE), content_type="application/json")

    httpserver.expect_request(PATH).respond_with_handler(answer)
    assert [model.complete(ASK).text for _ in range(2)] == ["Well.", "Well."]
    assert seen == [True, False, False]


def test_an_endpoint_that_does_not_count_when_it_streams_is_not_streamed_again(
    httpserver: HTTPServer, model: OpenAIModel
) -> None:
    seen: list[bool] = []

    def answer(request: WebRequest) -> Response:
        seen.append("stream" in json.loads(request.data))
        return Response(sse(event({"content": "Well."}, "stop")) if seen[-1] else json.dumps(WHOLE))

    httpserver.expect_request(PATH).respond_with_handler(answer)
    assert [model.complete(ASK).usage is None for _ in range(2)] == [True, False]
    assert seen == [True, False]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "registry/gemma:latest does not support tools"),
        (404, "No endpoints found that support tool use."),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'),
        (422, "Function calling is not supported by this model"),
    ],
)
def test_a_model_without_tool_calls_is_told_from_a_wrong_name(
    httpserver: HTTPServer, model: OpenAIModel, status: int, said: str
) -> None:
    httpserver.expect_request(PATH).respond_with_json({"error": {"message": said}}, status=status)
    with pytest.raises(Refused) as refusal:
        model.complete(ASK)
    assert refusal.value.code == "tools_unsupported"


def test_too_many_requests_without_a_time_waits_and_burns_no_try(
    httpserver: HTTPServer, model: OpenAIModel
) -> None:
    httpserver.expect_request(PATH).respond_with_data("", status=429)
    with pytest.raises(Unavailable) as failure:
        model.complete(ASK)
    assert failure.value.retry_after is not None
    assert (failure.value.retry_after.total_seconds(), failure.value.charged) == (60, False)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"
Talk = Callable[[socket.socket], None]


@pytest.fixture
def endpoint() -> Iterator[Callable[[Talk], str]]:
    """An endpoint that talks as a test says; returns its base URL."""
    servers: list[socket.socket] = []

    def start(talk: Talk) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        servers.append(server)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(HEAD)
                talk(connection)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/v1"

    yield start
    for server in servers:
        server.close()


def test_a_stream_that_falls_silent_is_given_up(endpoint: Callable[[Talk], str]) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(sse(event({"content": "We"}), done=False).encode())
        time.sleep(3)

    began = time.monotonic()
    with pytest.raises(Unavailable, match="fell silent") as failure:
        OpenAIModel("key", endpoint(talk), timeout=30, silence=0.3).complete(ASK)
    assert time.monotonic() - began < 2
    assert failure.value.charged is True


def test_a_stream_that_only_keeps_the_line_open_ends_at_the_total_deadline(
    endpoint: Callable[[Talk], str],
) -> None:
    def talk(connection: socket.socket) -> None:
        try:
            for _ in range(100):
                connection.sendall(b": PROCESSING\n\n")
                time.sleep(0.05)
        except OSError:
            return

    began = time.monotonic()
    with pytest.raises(Unavailable, match=r"did not finish its answer within 0\.5 s"):
        OpenAIModel("key", endpoint(talk), timeout=0.5, silence=0.3).complete(ASK)
    assert time.monotonic() - began < 2


def test_a_connection_that_breaks_in_the_middle_is_unavailable_and_may_have_cost(
    endpoint: Callable[[Talk], str],
) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b'data: {"choices": [{"delta": {"cont')

    with pytest.raises(Unavailable) as failure:
        OpenAIModel("key", endpoint(talk), timeout=5).complete(ASK)
    assert failure.value.charged is True
