"""The scripted model: what it answers, what it counts, and how loudly it fails."""

import time
from pathlib import Path

import pytest

from builds.adapters.model_scripted import ScriptedModel
from builds.ports import Message, Refused, Reply, Request, ToolCall, Usage
from builds.sessions import Session

SESSION = """
match = "Subtract"

[[turn]]
purpose = "plan"
text = "A plan."

[[turn]]
purpose = "implement"
item = "1-subtract"
expect = ["money.py", "Subtract"]
text = "I edit."

[[turn.calls]]
tool = "edit"
[turn.calls.arguments]
path = "money.py"
old = '''
    return a + b
'''
new = '''
    return "ä"
'''

[[turn]]
purpose = "implement"
item = "1-subtract"
turn = 2
expect = ["Done: money.py"]

[[turn.calls]]
tool = "finish"
raw = '{"status": '
"""


def ask(
    *contents: str, purpose: str = "plan", item: str = "", turn: int = 1, max_tokens: int = 8000
) -> Request:
    """A request with these messages, by turns from the user and the model."""
    roles = ("user", "assistant")
    messages = tuple(Message(role=roles[n % 2], content=content) for n, content in enumerate(contents))  # type: ignore[arg-type]
    return Request(
        purpose=purpose, item=item, turn=turn, model="scripted", messages=messages, max_tokens=max_tokens
    )


@pytest.fixture
def model(tmp_path: Path) -> ScriptedModel:
    """The session above, from a file."""
    (tmp_path / "session.toml").write_text(SESSION)
    return ScriptedModel(tmp_path / "session.toml")


def test_a_turn_is_answered_by_purpose_item_and_number(model: ScriptedModel) -> None:
    reply = model.complete(ask("Subtract in money.py", purpose="implement", item="1-subtract"))
    arguments = '{"path": "money.py", "old": "    return a + b\\n", "new": "    return \\"ä\\"\\n"}'
    assert reply == Reply(
        text="I edit.",
        tool_calls=(ToolCall(id="scripted-1-1", name="edit", arguments=arguments),),
        usage=reply.usage,
        finish="tool_calls",
        model="scripted",
        request_id="scripted-implement-1-subtract-1",
    )
    assert [request.purpose for request in model.requests] == ["implement"]


def test_broken_arguments_are_sent_as_they_are(model: ScriptedModel) -> None:
    reply = model.complete(
        ask("Subtract", "I edit.", "Done: money.py", purpose="implement", item="1-subtract", turn=2)
    )
    assert reply.tool_calls[0].arguments == '{"status": '


def test_usage_is_counted_the_same_way_every_time(model: ScriptedModel) -> None:
    first, second = (model.complete(ask("Subtract")) for _ in range(2))
    assert first == second
    assert first.usage is not None
    assert first.usage.output_tokens == 2
    assert model.complete(ask("Subtract" + "x" * 400)).usage == Usage(
        input_tokens=first.usage.input_tokens + 100, output_tokens=2
    )


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (
            ask("Subtract", purpose="review"),
            "Turn 1 of review: none of 1 fitting sessions answers it. The last message: Subtract",
        ),
        (ask("Subtract", turn=2), "Turn 2 of plan"),
        (ask("Subtract", purpose="implement", item="1-subtract"), "expects 'money.py'; what came: Subtract"),
        (
            ask(
                "Subtract. Done: money.py",
                "I edit.",
                "Not done",
                purpose="implement",
                item="1-subtract",
                turn=2,
            ),
            "Turn 2 of implement of item 1-subtract expects 'Done: money.py'; what came: Not done",
        ),
    ],
)
def test_what_is_not_expected_fails_loudly(model: ScriptedModel, request_: Request, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        model.complete(request_)
    assert refusal.value.code == "script_mismatch"
    assert said in str(refusal.value)


def test_two_sessions_that_fit_are_a_mistake(tmp_path: Path) -> None:
    session = Session.model_validate({"turn": [{"purpose": "plan", "text": "A"}]})
    with pytest.raises(Refused, match="2 sessions answer it"):
        ScriptedModel([session, session]).complete(ask("x"))


def test_a_folder_of_examples_holds_several_sessions(tmp_path: Path) -> None:
    for name in ("Subtract", "Multiply"):
        (tmp_path / name / "repo").mkdir(parents=True)
        (tmp_path / name / "session.toml").write_text(
            f'match = "{name}"\n[[turn]]\npurpose = "plan"\ntext = "{name}!"\n'
        )
        (tmp_path / name / "pyproject.toml").write_text("[project]\n")
    model = ScriptedModel(tmp_path)
    assert [model.complete(ask(name)).text for name in ("Multiply", "Subtract")] == ["Multiply!", "Subtract!"]


def test_it_keeps_the_output_limit(tmp_path: Path) -> None:
    long = {"purpose": "plan", "text": "word " * 100, "calls": [{"tool": "finish"}]}
    reply = ScriptedModel([Session.model_validate({"turn": [long]})]).complete(ask("x", max_tokens=10))
    assert (reply.finish, len(reply.text), reply.tool_calls) == ("length", 40, ())
    assert reply.usage is not None
    assert reply.usage.output_tokens == 10


def test_an_answer_can_take_its_time() -> None:
    model = ScriptedModel([Session.model_validate({"turn": [{"purpose": "plan", "text": "A"}]})], delay=0.05)
    began = time.monotonic()
    model.complete(ask("x"))
    assert time.monotonic() - began >= 0.05


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[turn", "session.toml cannot be used"),
        ("[[turn]]\ntext = 'x'", "purpose"),
        ("[[turn]]\npurpose = 'plan'\nanswer = 'x'", "answer"),
        ("[[turn]]\npurpose = 'plan'\n[[turn]]\npurpose = 'plan'", "twice"),
    ],
)
def test_a_session_that_is_written_wrong_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "session.toml").write_text(text)
    with pytest.raises(Refused, match=said) as refusal:
        ScriptedModel(tmp_path / "session.toml")
    assert refusal.value.code == "script_invalid"


def test_a_spec_that_no_session_is_for_is_told_how_to_have_a_model(model: ScriptedModel) -> None:
    with pytest.raises(Refused, match="set OPENAI_API_KEY, DREAM_MODEL") as refusal:
        model.complete(ask("Multiply"))
    assert refusal.value.code == "script_missing"
