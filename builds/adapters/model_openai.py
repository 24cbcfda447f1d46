"""Any OpenAI-compatible endpoint as a Model: native tool calls, usage as counted, errors classified once."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import urlsplit

import openai

from builds.ports import Message, Refused, Reply, Request, ToolCall, ToolSpec, Unavailable, Usage

Finish = Literal["stop", "tool_calls", "length", "content_filter"]
FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "length": "length",
    "content_filter": "content_filter",
}
REASONING = re.compile(r"(^|/)(o\d|gpt-5)")
"""Families that take `max_completion_tokens` and only their own temperature."""

OPENAI_HOST = "api.openai.com"
QUOTA_WAIT = timedelta(hours=1)
TOO_LONG = re.compile(
    r"context.{0,20}(length|window|limit)|maximum context|prompt is too long|too many tokens", re.IGNORECASE
)
CONTENT = re.compile(r"content.?(policy|filter|management)|moderation|safety system|flagged", re.IGNORECASE)


class OpenAIModel:
    """Chat completions at one endpoint. It never tries again by itself: each call has its own reservation."""

    def __init__(
        self, api_key: str, base_url: str = "https://api.openai.com/v1", *, timeout: float = 900
    ) -> None:
        """`timeout` in seconds for one call; connecting gets ten of them at most."""
        self._host = urlsplit(base_url).hostname or ""
        self._client = openai.OpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=openai.Timeout(timeout, connect=min(10.0, timeout)),
        )

    def complete(self, request: Request) -> Reply:
        """One call. Raises Unavailable, or Refused: `auth_or_config`, `context_too_long`, `content`."""
        with classified(self._host):
            raw = self._client.chat.completions.with_raw_response.create(**self._body(request))
            body = json.loads(raw.content)
        if not isinstance(body, dict) or not body.get("choices"):
            raise _without_choices(body, self._host)
        return _reply(body, raw.headers.get("x-request-id", ""))

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


# --- what comes back -----------------------------------------------------------------------------


def _reply(body: Mapping[str, Any], request_id: str) -> Reply:
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
    cost = counted.get("cost")
    return Usage(
        input_tokens=int(counted["prompt_tokens"]),
        output_tokens=int(counted["completion_tokens"]),
        cached_tokens=int(details.get("cached_tokens") or 0),
        cost=Decimal(str(cost)) if isinstance(cost, int | float | str) and cost != "" else None,
    )


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


def _by_status(error: openai.APIStatusError, host: str) -> Unavailable | Refused:
    status, said = error.status_code, _said(error)
    if status == 402 or (status == 429 and "insufficient_quota" in said):
        return Unavailable(
            f"{host} says that the account's quota is used up.", retry_after=QUOTA_WAIT, charged=False
        )
    if status in {408, 409, 425, 429} or status >= 500:
        wait = retry_after(error.response.headers)
        return Unavailable(
            f"{host} answered {status}.", retry_after=wait, charged=status not in {425, 429, 503}
        )
    if status == 413 or TOO_LONG.search(said):
        return Refused("context_too_long", f"{host} says that the request is too long for this model.")
    if status not in {401, 404} and CONTENT.search(said):
        return Refused("content", f"{host} refused this content.")
    return Refused(
        "auth_or_config", f"{host} answered {status}. Check the key, the base URL and the model's name."
    )


def _said(error: openai.APIStatusError) -> str:
    return f"{error.code or ''} {error.type or ''} {error.message}"


def _without_choices(body: object, host: str) -> Unavailable | Refused:
    """Some routers answer 200 with an error inside."""
    error = body.get("error") if isinstance(body, dict) else None
    said = json.dumps(error) if error else ""
    if TOO_LONG.search(said):
        return Refused("context_too_long", f"{host} says that the request is too long for this model.")
    if CONTENT.search(said):
        return Refused("content", f"{host} refused this content.")
    return Unavailable(f"{host} sent no answer.")


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait a provider asks for: milliseconds, seconds or a date; None where it asks for none."""
    milliseconds, value = headers.get("retry-after-ms", ""), headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", milliseconds):
        return timedelta(milliseconds=float(milliseconds))
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return timedelta(seconds=float(value))
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(timedelta(0), at - datetime.now(UTC))
