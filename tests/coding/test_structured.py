"""Structured answers: read out of prose, continued once when cut off, repaired once when wrong."""

from collections.abc import Sequence
from typing import Literal

import pytest

from builds.coding.structured import CONTINUE, Loose, Unusable, ask_structured
from builds.ports import Message, Reply, Request

ASK = Request(purpose="plan", model="writer", messages=(Message(role="user", content="Plan."),))


class Answer(Loose):
    """What is asked for."""

    name: str


class Saying:
    """A model that says these things in turn; `|` at the end means that the output limit cut it off."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.requests: list[Request] = []

    def complete(self, request: Request) -> Reply:
        """The next one."""
        self.requests.append(request)
        text = self.texts[len(self.requests) - 1]
        finish: Literal["stop", "length"] = "length" if text.endswith("|") else "stop"
        return Reply(text=text.removesuffix("|"), finish=finish)


def objections(answer: Answer) -> list[str]:
    """What is wrong with a name."""
    return ["It must not be x."] if answer.name == "x" else []


@pytest.mark.parametrize(
    "texts",
    [
        ['{"name": "a"}'],
        ['Sure!\n```json\n{"name": "a", "more": 1}\n```\nDone.'],
        ['{"na|', 'me": "a"}'],
        ['{"name": "a"} and then|', ""],
        ["nothing", '{"name": "a"}'],
        ['{"name": "x"}', '{"name": "a"}'],
        ["|", '{"name": "a"}'],
        ['{"na|', 'me": "x"}', '{"name": "a"}'],
        ['{"na|', 'me": |', '{"name": "a"}'],
    ],
)
def test_an_answer_of_any_form_is_used(texts: list[str]) -> None:
    model = Saying(texts)
    assert ask_structured(model, ASK, Answer, objections) == Answer(name="a")
    assert [request.turn for request in model.requests] == list(range(1, len(texts) + 1))
    assert all(request.messages[:1] == ASK.messages for request in model.requests)


def test_what_is_cut_off_is_continued_where_it_stopped() -> None:
    model = Saying(['{"na|', 'me": "a"}'])
    ask_structured(model, ASK, Answer, objections)
    assert [message.content for message in model.requests[1].messages[1:]] == ['{"na', CONTINUE]


@pytest.mark.parametrize("texts", [["no", "no"], ['{"name": "x"}'] * 2, ["a|", "b|", "c|", "d|"]])
def test_a_model_that_does_not_learn_is_given_up(texts: list[str]) -> None:
    model = Saying(texts)
    with pytest.raises(Unusable):
        ask_structured(model, ASK, Answer, objections)
    assert len(model.requests) <= 4
