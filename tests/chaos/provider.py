"""A model provider over HTTP that answers from the examples' scripted sessions, and fails when told to."""

import json
import re
import time
from collections.abc import Callable
from typing import Any, ClassVar

from builds.coding.prompts import load_prompt
from builds.sessions import ScriptedTurn, Session
from tests.chaos.faults import MODEL, At, Fault
from tests.chaos.listening import Quiet
from tests.chaos.run import Answered, Run, Runs, number_in
from tests.relay.endpoint import counted, events
from tests.world import EXAMPLES

WRITER, REVIEWER = "relay/writer", "relay/reviewer"
INPUT, OUTPUT, CACHED = 3.0, 15.0, 0.3  # dollars for a million tokens
PRICES = {name: {"input": INPUT, "output": OUTPUT, "cached_input": CACHED} for name in (WRITER, REVIEWER)}
SILENCE = 4.0  # seconds; the campaign's workers give a provider up after less
ITEM = re.compile(r"^# Your item: (\S+)$", re.MULTILINE)
SESSIONS = {name: Session.read(EXAMPLES / f"{name}.toml") for name in ("csv-export", "drop-fax")}

Strike = Callable[[Run, Fault, int], None]


def key_of(messages: list[dict[str, Any]]) -> tuple[str, str, int]:
    """Purpose, item and turn of a request, read from nothing but the request."""
    system = str(messages[0]["content"])
    begins = {name: load_prompt(name).text[:80] for name in ("plan", "implement", "review")}
    purpose = next((name for name, text in begins.items() if system.startswith(text)), "")
    found = ITEM.search(str(messages[1]["content"])) if purpose == "implement" else None
    turn = 1 + sum(message["role"] == "assistant" for message in messages)
    return (purpose, found[1] if found else "", turn)


def latest(messages: list[dict[str, Any]]) -> str:
    """What came since the model's last answer."""
    last = max((n for n, message in enumerate(messages) if message["role"] == "assistant"), default=-1)
    return "\n".join(str(message.get("content") or "") for message in messages[last + 1 :])


def turn_of(run: Run, messages: list[dict[str, Any]]) -> ScriptedTurn | None:
    """The answer that was written for a request; a request that nobody foresaw is a complaint."""
    key = key_of(messages)
    found = next((turn for turn in SESSIONS[run.script.spec].turn if turn.key == key), None)
    came = latest(messages)
    if found is None:
        run.complaints.append(f"the provider was asked for {key}: {came[-500:]}")
    elif missing := [text for text in found.expect if text not in came]:
        run.complaints.append(f"the provider expected {missing} at {key}; what came: {came[-500:]}")
    return found


def dollars(usage: dict[str, Any]) -> float:
    """What a provider asks for that many tokens."""
    cached = usage["prompt_tokens_details"]["cached_tokens"]
    paid = (usage["prompt_tokens"] - cached) * INPUT + cached * CACHED
    return float(paid + usage["completion_tokens"] * OUTPUT) / 1_000_000


class Provider(Quiet):
    """POST /v1/chat/completions."""

    runs: ClassVar[Runs]
    strike: ClassVar[Strike]
    asked: ClassVar[dict[int, list[dict[str, Any]]]]

    def do_POST(self) -> None:  # noqa: N802  the base class names it
        """One request: what is to go wrong goes wrong, then the answer."""
        body = json.loads(self.body())
        run = self.runs.get(number_in(json.dumps(body["messages"], ensure_ascii=False)) or 0)
        if run is None:
            return self.say(400, b'{"error": {"message": "This prompt belongs to no run."}}')
        number = run.count("model")
        faults = run.due(At("model", number))
        for fault in faults:
            type(self).strike(run, fault, self.client_address[1])
        mine = next((fault.kind for fault in faults if fault.kind in MODEL), "")
        return self.answer(run, body, number, mine)

    def answer(self, run: Run, body: dict[str, Any], number: int, kind: str) -> None:
        """The scripted answer, or what goes wrong instead."""
        match kind:
            case "model_429":
                return self.say(429, b'{"error": {"message": "Too many requests"}}', Retry_After="1")
            case "model_500":
                return self.say(500, b'{"error": {"message": "Something broke"}}')
            case "model_silent":
                time.sleep(SILENCE)
                return self.drop()
            case _:
                return self.speak(run, body, number, kind)

    def speak(self, run: Run, body: dict[str, Any], number: int, kind: str) -> None:
        """The answer that was written for the request, counted as a provider counts it."""
        turn = turn_of(run, body["messages"])
        if turn is None:
            return self.say(400, b'{"error": {"message": "Nothing is written for this request."}}')
        earlier = [each for each in self.asked.setdefault(run.number, []) if each["model"] == body["model"]]
        usage = counted(body, earlier, turn)
        self.asked[run.number].append(body)
        tokens = usage["prompt_tokens"] + usage["completion_tokens"]
        with run.lock:
            run.answered.append(Answered(key_of(body["messages"]), tokens, dollars(usage)))
        if kind == "model_garbage":
            return self.say(200, b"\x1f\x8b<html>Bad gateway, or so", "text/event-stream")
        return self.stream(list(events(number, body["model"], turn, usage)), dropped=kind == "model_dropped")

    def stream(self, pieces: list[str], *, dropped: bool) -> None:
        """The answer as it is spoken; a dropped one ends in the middle."""
        self.send_response_only(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for piece in pieces[: len(pieces) // 2] if dropped else pieces:
            self.wfile.write(piece.encode())
        self.drop()


def provider(runs: Runs, strike: Strike) -> type[Provider]:
    """A provider for these runs."""
    return type("TheProvider", (Provider,), {"runs": runs, "strike": staticmethod(strike), "asked": {}})
