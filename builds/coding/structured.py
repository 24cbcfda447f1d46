"""Asks a model for a JSON object of a known shape, with one repair round for what it got wrong."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from builds.ports import Message, Model, Reply, Request

Shape = TypeVar("Shape", bound=BaseModel)
ROUNDS = 2
CONTINUE = "Your answer was cut off at the output limit. Go on exactly where it stopped; repeat nothing."


class Loose(BaseModel):
    """Base of answers: models add keys of their own, and write numbers where text is asked for."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Unusable(Exception):
    """The model did not give an answer of the shape that was asked for."""


def ask_structured(
    model: Model, request: Request, shape: type[Shape], objections: Callable[[Shape], list[str]]
) -> Shape:
    """The answer as `shape`, after at most one repair round. Raises Unusable with what was wrong.

    An answer that was cut off is continued once. `objections` says in sentences what is wrong with an answer
    whose shape is right.
    """
    wrong: list[str] = []
    whole, rounds, turn = "", 0, 0
    while rounds < ROUNDS:
        turn += 1
        reply = model.complete(replace(request, turn=turn))
        if reply.finish == "length" and not whole and reply.text.strip():
            whole = reply.text
            request = _told(request, reply, CONTINUE)
            continue
        rounds, whole = rounds + 1, whole + reply.text
        found, wrong = read(whole, shape)
        if found is not None and not (wrong := objections(found)):
            return found
        if reply.finish == "length":
            wrong = ["The answer was cut off at the output limit; answer more briefly."]
        whole = ""
        again = "This cannot be used:\n- " + "\n- ".join(wrong) + "\nAnswer again with the whole JSON object."
        request = _told(request, reply, again)
    raise Unusable("; ".join(wrong))


def _told(request: Request, reply: Reply, text: str) -> Request:
    """The request with the answer and what we say to it."""
    said = Message(role="assistant", content=reply.text or "(nothing)")
    return replace(request, messages=(*request.messages, said, Message(role="user", content=text)))


def read(text: str, shape: type[Shape]) -> tuple[Shape | None, list[str]]:
    """The first JSON object of a text that has the shape, else what is wrong with the best one."""
    wrong = ["There is no JSON object in the answer."]
    for candidate in objects(text):
        try:
            return shape.model_validate(candidate), []
        except ValidationError as error:
            wrong = [
                f"{'.'.join(map(str, e['loc'])) or 'the object'}: {e['msg']}" for e in error.errors()[:8]
            ]
    return None, wrong


def objects(text: str) -> Iterator[object]:
    """Every JSON object in a text, outermost first, whatever prose or fences stand around it."""
    decoder = json.JSONDecoder(strict=False)
    start = text.find("{")
    while start >= 0:
        try:
            found, end = decoder.raw_decode(text, start)
        except (json.JSONDecodeError, RecursionError):
            end = start + 1
        else:
            if isinstance(found, dict):
                yield found
        start = text.find("{", end)
