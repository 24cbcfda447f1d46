"""Any OpenAI-compatible endpoint as a Model: native tool calls, usage as counted, errors classified once."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import openai

from builds.adapters.model_openai_answer import read_body, reply_of
from builds.adapters.model_prices import priced
from builds.ports import Message, Refused, Reply, Request, ToolSpec, Unavailable
from builds.request_ids import request_header

REASONING = re.compile(r"(^|/)(o\d|gpt-5)")
"""Families that take `max_completion_tokens` and only their own temperature."""

# Not `X-Request-Id`: there are servers that want it to be different for each call that is under way.
CLIENT_REQUEST_ID = "X-Client-Request-Id"
OPENAI_HOST = "api.openai.com"
QUOTA_WAIT = timedelta(hours=1)
LIMITED_WAIT = timedelta(minutes=1)  # where a provider says "too many requests" and not for how long
LEAST_WAIT = timedelta(seconds=1)
REFUSING_A_STREAM = {400, 404, 405, 415, 422, 501}
TOO_LONG = re.compile(
    r"context.{0,20}(length|window|limit)|maximum context|prompt is too long|too many tokens", re.IGNORECASE
)
NO_TOOLS = re.compile(
    r"support (tool|function)|(tools?|tool.?choice|functions?|function calling)\W.{0,20}not supported|"
    r"enable-auto-tool-choice",
    re.IGNORECASE,
)
CONTENT = re.compile(r"content.?(policy|filter|management)|moderation|safety system|flagged", re.IGNORECASE)


class NotStreamed(Exception):
    """The endpoint takes the request, but not as a stream."""


class OpenAIModel:
    """Chat completions at one endpoint. It never tries again by itself: each call has its own reservation.

    Answers are streamed, so that a silent provider is told from a slow one. Where an endpoint refuses that,
    which it does before any work, the same call is made without; the model is remembered.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str = "https://api.openai.com/v1",
        *,
        timeout: float = 900,
        silence: float = 120,
    ) -> None:
        """`timeout` in seconds for one call, `silence` without a byte of a stream; connecting gets ten."""
        self._host = urlsplit(base_url).hostname or ""
        self._base_url = base_url
        self._timeout = timeout
        self._silence = min(silence, timeout)
        self._unstreamed: set[str] = set()  # models that do not stream, or do not count when they do
        self._client = openai.OpenAI(api_key=api_key, base_url=base_url, max_retries=0)

    def complete(self, request: Request) -> Reply:
        """One call. Raises Unavailable, or Refused: `auth_or_config`, `context_too_long`, `content`,
        `tools_unsupported`."""
        reply = self._answer(request)
        if reply.usage is None or reply.usage.cost is not None:
            return reply
        usd = priced(self._base_url, request.model, reply.usage)
        if usd is None:
            return reply
        return replace(reply, usage=replace(reply.usage, cost=usd, priced_by="genai-prices"))

    def _answer(self, request: Request) -> Reply:
        """With a stream where the endpoint takes one."""
        if request.model in self._unstreamed:
            return self._call(self._body(request), silence=self._timeout)
        streamed = {"stream": True, "stream_options": {"include_usage": True}}
        try:
            reply = self._call(self._body(request) | streamed, silence=self._silence)
        except NotStreamed:
            self._unstreamed.add(request.model)
            return self._call(self._body(request), silence=self._timeout)
        if reply.usage is None:
            self._unstreamed.add(request.model)  # without a count the ledger books the worst case
        return reply

    def _call(self, body: dict[str, Any], *, silence: float) -> Reply:
        end = time.monotonic() + self._timeout
        limits = openai.Timeout(silence, connect=min(10.0, silence))
        create = self._client.chat.completions.with_streaming_response.create
        headers = request_header(CLIENT_REQUEST_ID)
        with classified(self._host), create(**body, timeout=limits, extra_headers=headers) as raw:
            data = b"".join(self._arriving(raw.iter_bytes(), end))
            answered = raw.headers
            answer = read_body(data)
        if not isinstance(answer, dict) or not answer.get("choices"):
            raise _without_choices(answer, self._host)
        return reply_of(answer, answered.get("x-request-id") or answered.get("request-id") or "")

    def _arriving(self, pieces: Iterator[bytes], end: float) -> Iterator[bytes]:
        """The answer's bytes, within both deadlines."""
        while (piece := self._next(pieces)) is not None:
            if time.monotonic() > end:
                raise Unavailable(f"{self._host} did not finish its answer within {self._timeout:g} s.")
            yield piece

    def _next(self, pieces: Iterator[bytes]) -> bytes | None:
        try:
            return next(pieces, None)
        except Exception as error:  # the library lets its transport's own errors through here
            silent = "Timeout" in type(error).__name__
            why = "fell silent" if silent else f"broke off its answer ({type(error).__name__})"
            raise Unavailable(f"{self._host} {why}.") from error

    def _body(self, request: Request) -> dict[str, Any]:
        reasoning = REASONING.search(request.model) is not None
        limit = "max_completion_tokens" if reasoning or self._host == OPENAI_HOST else "max_tokens"
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [_message(message) for message in request.messages],
            limit: request.max_tokens,
        }
        if not reasoning:
            body["temperature"] = request.temperature
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
        return body


# --- what we send --------------------------------------------------------------------------------


def _message(message: Message) -> dict[str, Any]:
    sent: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.tool_calls:
        sent["content"] = message.content or None
        sent["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.role == "tool":
        sent["tool_call_id"] = message.tool_call_id
    return sent


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


# --- errors --------------------------------------------------------------------------------------


@contextmanager
def classified(host: str) -> Iterator[None]:
    """Turn the library's errors into the port's two, once. Keys never stand in a message."""
    try:
        yield
    except openai.APITimeoutError as error:
        raise Unavailable(f"{host} did not answer in time.") from error
    except openai.APIConnectionError as error:
        connected = "connect" not in type(error.__cause__).__name__.lower()
        raise Unavailable(f"{host} could not be reached.", charged=connected) from error
    except openai.APIStatusError as error:
        raise _by_status(error, host) from error
    except (openai.OpenAIError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise Unavailable(f"{host} sent an answer that cannot be read: {type(error).__name__}.") from error


def _by_status(error: openai.APIStatusError, host: str) -> Exception:
    status, said = error.status_code, _said(error)
    if status in REFUSING_A_STREAM and _was_streamed(error) and "stream" in said.lower():
        return NotStreamed(said)
    if status == 402 or (status == 429 and "insufficient_quota" in said):
        return Unavailable(
            f"{host} says that the account's quota is used up.",
            retry_after=QUOTA_WAIT,
            charged=False,
            kind="quota",
        )
    if status in {408, 409, 425, 429} or status >= 500:
        wait = retry_after(error.response.headers)
        if wait is None and status == 429:
            wait = LIMITED_WAIT
        return Unavailable(
            f"{host} answered {status}.",
            retry_after=wait,
            charged=status not in {425, 429, 503},
            kind="quota" if status == 429 else "transient",
        )
    return _by_words(said, host, status)


def _by_words(said: str, host: str, status: int) -> Refused:
    """A refusal, by what it says."""
    if status == 413 or TOO_LONG.search(said):
        return Refused("context_too_long", f"{host} says that the request is too long for this model.")
    if status not in {401, 404} and CONTENT.search(said):
        return Refused("content", f"{host} refused this content.")
    if status != 401 and NO_TOOLS.search(said):
        return Refused("tools_unsupported", f"{host} says that this model takes no tool calls.")
    return Refused(
        "auth_or_config", f"{host} answered {status}. Check the key, the base URL and the model's name."
    )


def _was_streamed(error: openai.APIStatusError) -> bool:
    return b'"stream":true' in error.request.content.replace(b" ", b"")


def _said(error: openai.APIStatusError) -> str:
    return f"{error.code or ''} {error.type or ''} {error.message}"


def _without_choices(body: object, host: str) -> Unavailable | Refused:
    """Some routers answer 200 with an error inside, and a stream can only say it so."""
    error = body.get("error") if isinstance(body, dict) else None
    said = json.dumps(error) if error else ""
    refused = _by_words(said, host, 200)
    if refused.code != "auth_or_config":
        return refused
    number = error.get("code") if isinstance(error, dict) else None
    if number in {402, 429} or "insufficient_quota" in said:
        wait = LIMITED_WAIT if number == 429 and "insufficient_quota" not in said else QUOTA_WAIT
        return Unavailable(f"{host} answered with the error {number}.", retry_after=wait, kind="quota")
    if number in {401, 403, 404}:
        return Refused(
            "auth_or_config", f"{host} answered with the error {number}. Check key, URL and model."
        )
    return Unavailable(f"{host} sent no answer.")


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait a provider asks for: milliseconds, seconds or a date; None where it asks for none."""
    milliseconds, value = headers.get("retry-after-ms", ""), headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", milliseconds):
        return max(LEAST_WAIT, timedelta(milliseconds=float(milliseconds)))
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return max(LEAST_WAIT, timedelta(seconds=float(value)))
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(LEAST_WAIT, at - datetime.now(UTC))
