"""The OpenAI adapter over real HTTP: what it sends, what it reads, and which of two errors it raises."""

import json
import socket
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter
from pytest_httpserver import HTTPServer
from werkzeug import Request as WebRequest
from werkzeug import Response

from builds.adapters.model_openai import OpenAIModel, retry_after
from builds.ports import Message, Refused, Reply, Request, ToolCall, ToolSpec, Unavailable, Usage

PATH = "/v1/chat/completions"
KEY = "sk-test-very-secret"
TOOL = ToolSpec(name="read", description="Read.", parameters={"type": "object", "properties": {}})
CONVERSATION = (
    Message(role="system", content="Rules."),
    Message(role="user", content="Do it."),
    Message(
        role="assistant", content="", tool_calls=(ToolCall(id="t0001c001", name="read", arguments="{}"),)
    ),
    Message(role="tool", content="It says so.", tool_call_id="t0001c001"),
)


def ask(model: str = "vendor/model") -> Request:
    """A request in the middle of a conversation."""
    return Request(purpose="implement", model=model, messages=CONVERSATION, tools=(TOOL,), max_tokens=500)


def completion(**changes: Any) -> dict[str, Any]:
    """A whole answer, with some parts changed."""
    message = {
        "role": "assistant",
        "content": "Well.",
        "tool_calls": [
            {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{"a": 1}'}}
        ],
    }
    return {
        "id": "gen-7",
        "object": "chat.completion",
        "created": 1,
        "model": "vendor/model-2026",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": {
            "prompt_tokens": 1000,
            "completion_tokens": 50,
            "total_tokens": 1050,
            "prompt_tokens_details": {"cached_tokens": 800},
            "cost": 0.00123,
        },
        **changes,
    }


def choice(message: Any, finish: str = "stop") -> list[dict[str, Any]]:
    """The one choice of an answer."""
    return [{"index": 0, "message": message, "finish_reason": finish}]


@pytest.fixture
def model(httpserver: HTTPServer) -> OpenAIModel:
    """The adapter on a loopback server."""
    return OpenAIModel(KEY, httpserver.url_for("/v1"), timeout=5)


def test_an_answer_is_read_with_calls_usage_and_cost(httpserver: HTTPServer, model: OpenAIModel) -> None:
    httpserver.expect_request(PATH).respond_with_json(completion(), headers={"x-request-id": "req-9"})
    assert model.complete(ask()) == Reply(
        text="Well.",
        tool_calls=(ToolCall(id="c1", name="read", arguments='{"a": 1}'),),
        usage=Usage(
            input_tokens=1000,
            output_tokens=50,
            cached_tokens=800,
            cost=Decimal("0.00123"),
            priced_by="provider",
        ),
        finish="tool_calls",
        model="vendor/model-2026",
        request_id="req-9",
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"choices": choice({"content": None})}, {"text": "", "finish": "stop", "tool_calls": ()}),
        (
            {"choices": choice({"content": "cut", "tool_calls": None}, "length")},
            {"text": "cut", "finish": "length"},
        ),
        (
            {"choices": choice({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]})},
            {"text": "ab"},
        ),
        (
            {"choices": choice({"content": None, "refusal": "No."}, "content_filter")},
            {"text": "No.", "finish": "content_filter"},
        ),
        ({"choices": choice({"content": "x"}, "eos")}, {"finish": "stop"}),
        (
            {
                "choices": choice(
                    {"tool_calls": [{"function": {"name": "read", "arguments": {"a": 1}}}]}, "stop"
                )
            },
            {"tool_calls": (ToolCall(id="", name="read", arguments='{"a": 1}'),)},
        ),
        (
            {"choices": choice({"tool_calls": [{"function": {"name": "read", "arguments": None}}]}, "")},
            {"finish": "tool_calls"},
        ),
        ({"usage": None}, {"usage": None}),
        ({"usage": {"total_tokens": 5}}, {"usage": None}),
        (
            {"usage": {"prompt_tokens": 5, "completion_tokens": 1}},
            {"usage": Usage(input_tokens=5, output_tokens=1)},
        ),
        (
            {
                "usage": {
                    "prompt_tokens": 5,
                    "completion_tokens": 1,
                    "prompt_tokens_details": None,
                    "cost": None,
                }
            },
            {"usage": Usage(input_tokens=5, output_tokens=1)},
        ),
        ({}, {"request_id": "gen-7"}),
    ],
)
def test_answers_of_many_endpoints_are_read(
    httpserver: HTTPServer, model: OpenAIModel, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    httpserver.expect_request(PATH).respond_with_json(completion(**changes))
    reply = model.complete(ask())
    assert {name: getattr(reply, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("name", "limit", "temperature"),
    [
        ("vendor/model", "max_tokens", True),
        ("openai/gpt-5-mini", "max_completion_tokens", False),
        ("o3", "max_completion_tokens", False),
        ("openai/gpt-4o", "max_tokens", True),
    ],
)
def test_what_is_sent_is_what_the_api_takes(
    httpserver: HTTPServer, model: OpenAIModel, name: str, limit: str, temperature: bool
) -> None:
    seen: list[WebRequest] = []

    def answer(request: WebRequest) -> Response:
        seen.append(request)
        return Response(json.dumps(completion()), content_type="application/json")

    httpserver.expect_request(PATH).respond_with_handler(answer)
    model.complete(ask(name))
    body = json.loads(seen[0].data)
    valid = TypeAdapter(CompletionCreateParamsStreaming).validate_python(body)
    assert len(list(valid["messages"])) == len(CONVERSATION)
    assert body[limit] == 500
    assert ("temperature" in body) is temperature
    assert body["messages"][2]["tool_calls"][0]["id"] == body["messages"][3]["tool_call_id"]
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"


def failing(message: str = "no", code: str | None = None) -> dict[str, Any]:
    """An error as providers send it."""
    return {"error": {"message": message, "type": "some_error", "code": code}}


@pytest.mark.parametrize(
    ("answer", "wait", "charged"),
    [
        (Response(status=429, headers={"retry-after": "7"}), timedelta(seconds=7), False),
        (Response(status=429, headers={"retry-after-ms": "1500"}), timedelta(milliseconds=1500), False),
        (Response(json.dumps(failing("quota", "insufficient_quota")), status=429), timedelta(hours=1), False),
        (Response(json.dumps(failing("Insufficient credits")), status=402), timedelta(hours=1), False),
        (Response(status=503), None, False),
        (Response(json.dumps(failing()), status=500), None, True),
        (Response("<html>bad gateway</html>", status=502), None, True),
        (Response(status=408), None, True),
    ],
)
def test_what_may_pass_is_unavailable_and_not_tried_again(
    httpserver: HTTPServer, model: OpenAIModel, answer: Response, wait: timedelta | None, charged: bool
) -> None:
    httpserver.expect_request(PATH).respond_with_response(answer)
    with pytest.raises(Unavailable) as failure:
        model.complete(ask())
    assert (failure.value.retry_after, failure.value.charged) == (wait, charged)
    assert len(httpserver.log) == 1


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, failing(f"Incorrect API key provided: {KEY}"), "auth_or_config"),
        (403, failing("Country not supported"), "auth_or_config"),
        (404, failing("The model `x` does not exist", "model_not_found"), "auth_or_config"),
        (400, failing("Unknown parameter", "unknown_parameter"), "auth_or_config"),
        (400, failing("too big", "context_length_exceeded"), "context_too_long"),
        (400, failing("This model's maximum context length is 8192 tokens."), "context_too_long"),
        (413, failing(), "context_too_long"),
        (400, failing("rejected", "content_policy_violation"), "content"),
        (403, failing("Your input was flagged by moderation"), "content"),
        (200, failing("prompt is too long: 9 tokens"), "context_too_long"),
        (200, failing("blocked by content policy"), "content"),
    ],
)
def test_what_will_not_pass_is_refused_and_names_no_key(
    httpserver: HTTPServer, model: OpenAIModel, status: int, body: Any, code: str
) -> None:
    httpserver.expect_request(PATH).respond_with_json(body, status=status)
    with pytest.raises(Refused) as refusal:
        model.complete(ask())
    assert refusal.value.code == code
    assert KEY not in str(refusal.value)


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "<html>",
        "[]",
        "null",
        "{}",
        '{"choices": []}',
        '{"choices": [null]}',
        '{"choices": [{"message": 5}]}',
    ],
)
def test_an_answer_that_is_none_is_unavailable(
    httpserver: HTTPServer, model: OpenAIModel, answer: str
) -> None:
    httpserver.expect_request(PATH).respond_with_data(answer, content_type="application/json")
    with pytest.raises(Unavailable):
        model.complete(ask())


def test_nobody_at_home_costs_nothing() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable, match="could not be reached") as failure:
        OpenAIModel(KEY, f"http://127.0.0.1:{port}/v1", timeout=2).complete(ask())
    assert failure.value.charged is False


def test_a_provider_that_hangs_is_given_up_and_may_have_cost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        model = OpenAIModel(KEY, f"http://127.0.0.1:{silent.getsockname()[1]}/v1", timeout=0.2)
        with pytest.raises(Unavailable, match="did not answer in time") as failure:
            model.complete(ask())
    assert failure.value.charged is True


def test_a_wait_can_be_a_date() -> None:
    later = retry_after({"retry-after": format_datetime(datetime.now(UTC) + timedelta(seconds=90))})
    assert later is not None
    assert timedelta(seconds=80) < later <= timedelta(seconds=90)
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == timedelta(seconds=1)
