"""What real models answer, over HTTP: the loop comes to a correct change whatever the form."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request as WebRequest
from werkzeug import Response

from builds.adapters.model_openai import OpenAIModel
from builds.coding.fenced import parse_blocks
from builds.evidence import Item
from tests.coding.world import MONEY, SUBTRACT, build, make_context, make_workspace

Answer = dict[str, Any]
Ask = Callable[[list[Answer], str], tuple[Item, list[Answer]]]
GOOD = {"path": "money.py", "old": "    return a + b\n", "new": SUBTRACT}
FENCED_EDIT = f"""```tool edit
path: money.py
old <<END
    return a + b
END
new <<END
{SUBTRACT}END
```"""
FENCED_DONE = "```tool finish\nstatus: done\nsummary: Adds subtract().\n```"


def says(text: str | None = None, *calls: tuple[str, Any], finish: str = "") -> Answer:
    """One answer as endpoints send it; arguments that are text go out as they are."""
    message: Answer = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = [
            {
                "id": f"call_{index}",
                "type": "function",
                "function": {
                    "name": name,
                    "arguments": given if isinstance(given, str) else json.dumps(given),
                },
            }
            for index, (name, given) in enumerate(calls)
        ]
    return {
        "id": "gen-1",
        "object": "chat.completion",
        "created": 1,
        "model": "some/model",
        "choices": [
            {"index": 0, "message": message, "finish_reason": finish or ("tool_calls" if calls else "stop")}
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


EDIT = says("I add the function.", ("edit", GOOD))
DONE = says(None, ("finish", {"status": "done", "summary": "Adds subtract()."}))
RAW_LINE_ENDS = '{"path": "money.py", "old": "    return a + b\n", "new": "' + SUBTRACT + '"}'

ANSWERS: dict[str, list[Answer]] = {
    "a plain one": [EDIT, DONE],
    "arguments that are broken JSON": [
        says("", ("edit", '{"path": "money.py", "old": "    return')),
        EDIT,
        DONE,
    ],
    "arguments with raw line ends": [says("", ("edit", RAW_LINE_ENDS)), DONE],
    "arguments within prose and a fence": [
        says("", ("edit", f"Here you go:\n```json\n{json.dumps(GOOD)}\n```")),
        DONE,
    ],
    "arguments that are a list": [says("", ("edit", "[1]")), EDIT, DONE],
    "arguments of the wrong names": [says("", ("edit", {"file": "money.py", "search": "a"})), EDIT, DONE],
    "numbers as text": [says("", ("read", {"path": "money.py", "start": "1", "end": "3"})), EDIT, DONE],
    "an unknown tool": [says("", ("bash", {"command": "ls -la"})), EDIT, DONE],
    "a tool's name that no provider takes back": [says("", ("edit file!", GOOD)), EDIT, DONE],
    "no arguments at all": [says("", ("list_files", "")), EDIT, DONE],
    "an empty answer": [says(""), EDIT, DONE],
    "an answer of nothing": [says(None), EDIT, DONE],
    "prose alone": [
        says("Sure! I would add a function:\n```python\ndef subtract(): ...\n```\nShall I?"),
        EDIT,
        DONE,
    ],
    "two calls at once": [
        says(
            "Both.",
            (
                "edit",
                {"path": "money.py", "old": "    return a + b\n", "new": SUBTRACT.replace("a - b", "b - a")},
            ),
            ("edit", {"path": "money.py", "old": "return b - a", "new": "return a - b"}),
        ),
        DONE,
    ],
    "the change and the finish at once": [
        says("", ("edit", GOOD), ("finish", {"status": "done", "summary": "x"}))
    ],
    "a call that was cut off": [
        says("", ("write", '{"path": "docs/long.md", "content": "# Lo'), finish="length"),
        EDIT,
        DONE,
    ],
    "text that was cut off before any call": [says("First I think about", finish="length"), EDIT, DONE],
    "text that was cut off twice": [
        says("I think", finish="length"),
        says("and think", finish="length"),
        EDIT,
        DONE,
    ],
    "fenced text from a model with native calls": [
        says(f"I edit.\n\n{FENCED_EDIT}\n\nThen:\n"),
        says(FENCED_DONE),
    ],
    "characters that no file takes": [
        says("a\0b\ud800", ("search", '{"pattern": "a\\u0000\\ud800b"}')),
        says("", ("write", '{"path": "docs/a.md", "content": "half \\udc00 and \\u0000"}'), ("edit", GOOD)),
        DONE,
    ],
    "a wrong finish word": [EDIT, says("", ("finish", {"status": "complete", "summary": "x"})), DONE],
    "criteria as text": [
        EDIT,
        says("", ("finish", {"status": "done", "summary": "x", "criteria": "[1]"})),
    ],
    "one criterion as a number": [
        EDIT,
        says("", ("finish", {"status": "done", "summary": "x", "criteria": 1})),
    ],
    "a refusal by the content filter": [says("", finish="content_filter"), EDIT, DONE],
}
FENCED: dict[str, list[Answer]] = {
    "one block": [says(FENCED_EDIT), says(FENCED_DONE)],
    "criteria in a line": [
        says(FENCED_EDIT),
        says(FENCED_DONE.replace("status: done", "status: done\ncriteria: 1, 2")),
    ],
    "two blocks and prose around": [says(f"Sure!\n\n{FENCED_EDIT}\n\nand I am done:\n{FENCED_DONE}\nCheers")],
    "another code fence first": [
        says(f"It would be\n```python\ndef subtract(): ...\n```\nso:\n{FENCED_EDIT}"),
        says(FENCED_DONE),
    ],
    "JSON inside the block": [says(f"```tool edit\n{json.dumps(GOOD)}\n```"), says(FENCED_DONE)],
    "JSON that names the tool": [
        says("```tool\n" + json.dumps({"tool": "edit", "arguments": GOOD}, indent=1) + "\n```"),
        says(FENCED_DONE),
    ],
    "the tool's name on the next line": [
        says(FENCED_EDIT.replace("```tool edit", "```tool\nedit")),
        says(FENCED_DONE),
    ],
    "an answer that was cut off": [
        says(FENCED_EDIT[:70], finish="length"),
        says(FENCED_EDIT[70:]),
        says(FENCED_DONE),
    ],
    "a text that never ends": [
        says(FENCED_EDIT.replace("END\n```", "```")),
        says(FENCED_EDIT),
        says(FENCED_DONE),
    ],
    "a block that never closes": [says(FENCED_EDIT[:-3]), says(FENCED_EDIT), says(FENCED_DONE)],
    "a line that is nothing": [says("```tool read\nplease\n```"), says(FENCED_EDIT), says(FENCED_DONE)],
    "Windows line ends": [says(FENCED_EDIT.replace("\n", "\r\n")), says(FENCED_DONE)],
    "native calls after all": [EDIT, DONE],
}


@pytest.fixture(scope="module")
def model(make_httpserver: HTTPServer) -> OpenAIModel:
    """One client for all tests, on the one server that `httpserver` clears between them."""
    return OpenAIModel("test-key", make_httpserver.url_for("/v1"), timeout=10)


@pytest.fixture
def ask(httpserver: HTTPServer, model: OpenAIModel, tmp_path: Path) -> Ask:
    """Build the item with an endpoint that gives these answers; returns the item and the requests it got."""

    def run(answers: list[Answer], writer: str) -> tuple[Item, list[Answer]]:
        seen: list[Answer] = []

        def answer(request: WebRequest) -> Response:
            seen.append(json.loads(request.data))
            return Response(json.dumps(answers[len(seen) - 1]), content_type="application/json")

        httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_handler(answer)
        item = build(make_context(tmp_path, model, writer=writer), make_workspace(tmp_path))
        httpserver.check_assertions()
        return item, seen

    return run


def check_conversation(request: Answer) -> None:
    """What strict providers insist on: each call is answered once, in valid JSON, and nothing is empty."""
    open_calls: list[str] = []
    for message in request["messages"]:
        if message["role"] == "tool":
            assert message["tool_call_id"] == open_calls.pop(0)
            assert message["content"]
            continue
        assert not open_calls
        calls = message.get("tool_calls", [])
        assert message["content"] or calls
        assert all(isinstance(json.loads(call["function"]["arguments"]), dict) for call in calls)
        assert all(call["function"]["name"].replace("_", "").isalnum() for call in calls)
        open_calls = [call["id"] for call in calls]
    assert not open_calls


@pytest.mark.parametrize("form", ANSWERS)
def test_native_answers_of_any_form_end_in_the_change(ask: Ask, form: str) -> None:
    item, requests = ask(ANSWERS[form], "openai/gpt-4.1")
    assert (item.status, item.failure) == ("done", "")
    assert item.patch.decode().count("+def subtract(a, b):\n+    return a - b\n") == 1
    assert len(requests) == len(ANSWERS[form])
    assert all(len(request["tools"]) == 9 for request in requests)
    for request in requests:
        check_conversation(request)


@pytest.mark.parametrize("form", FENCED)
def test_models_without_tool_calls_use_the_same_tools_as_text(ask: Ask, form: str) -> None:
    item, requests = ask(FENCED[form], "google/gemma-3-27b-it")
    assert (item.status, item.failure) == ("done", "")
    assert item.patch.decode().count("+def subtract(a, b):\n+    return a - b\n") == 1
    assert len(requests) == len(FENCED[form])
    assert all("tools" not in request for request in requests)
    assert "\nedit: Replace one piece of a file." in requests[0]["messages"][0]["content"]
    for request in requests:
        check_conversation(request)


def test_after_one_unreadable_call_a_weaker_family_goes_on_in_fenced_text(ask: Ask) -> None:
    broken = says("I edit.", ("edit", '{"path": "money.py", "old": "    return'))
    item, requests = ask([broken, says(FENCED_EDIT), says(FENCED_DONE)], "qwen/qwen3-coder")
    assert (item.status, len(requests)) == ("done", 3)
    assert ["tools" in request for request in requests] == [True, False, False]
    assert "\nedit: Replace one piece of a file." in requests[1]["messages"][0]["content"]
    assert requests[1]["messages"][1] == requests[0]["messages"][1]
    assert "are not a JSON object" in requests[1]["messages"][-1]["content"]
    for request in requests:
        check_conversation(request)


def test_an_endpoint_that_takes_no_tools_is_asked_in_fenced_text(ask: Ask) -> None:
    refusal = {"error": {"message": "vendor/model does not support tools", "code": 400}}
    item, requests = ask([refusal, says(FENCED_EDIT), says(FENCED_DONE)], "vendor/model")
    assert (item.status, len(requests)) == ("done", 3)
    assert ["tools" in request for request in requests] == [True, False, False]


def test_a_model_that_never_makes_sense_is_stopped_at_the_third_answer(
    ask: Ask,
) -> None:
    item, requests = ask([says("Hm."), says(""), says("", ("edit", "{"))], "openai/gpt-4.1")
    assert (item.status, item.failure, len(requests)) == ("failed", "format_errors", 3)
    assert item.patch == b""


def test_a_liar_who_says_done_is_not_believed(
    ask: Ask,
) -> None:
    lie = says("", ("edit", {"path": "money.py", "old": "return a + b", "new": "return 3 if a == 9 else a"}))
    item, requests = ask([lie, DONE, DONE], "openai/gpt-4.1")
    assert (item.status, item.failure) == ("failed", "check_red_again")
    told = requests[-1]["messages"][-1]["content"]
    assert "- test_money.MoneyTest.test_add" in told
    assert "AssertionError: 1 != 3" in told
    assert MONEY not in told


def test_a_heredoc_holds_what_it_holds() -> None:
    text = (
        "````tool write\npath: a.md\ncontent <<'TEXT'\n# A\n\n```tool edit\nend\n```\n  TEXT2\nTEXT\n````\n"
    )
    (block,) = parse_blocks(text)
    assert (block.name, block.problem) == ("write", "")
    assert block.arguments == {"path": "a.md", "content": "# A\n\n```tool edit\nend\n```\n  TEXT2\n"}
