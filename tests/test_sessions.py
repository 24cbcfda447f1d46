"""Sessions as files: whatever a model says is written down and read back the same."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds.ports import Refused, Reply, ToolCall
from builds.sessions import ScriptedCall, ScriptedTurn, Session

HARD = (
    "one line",
    "two\nlines\n",
    "quotes ''' and \"\"\" in\nlines",
    "ends with '\n'",
    "back\\slash\\n\nand \\\n",
    "\r\nWindows\r\n",
    "tab\tand \x7f and \x01\n",
    "\n\nstarts with ends",
    "ünïcode ✓ \u2028 \U0001f98e\n",
    "[[turn]]\npurpose = 'plan'\n",
)


def again(session: Session) -> Session:
    """Written and read."""
    return Session.parse(session.as_toml(), "again")


@pytest.mark.parametrize("text", HARD)
def test_a_text_survives_being_written(text: str) -> None:
    calls = (
        ScriptedCall(tool="write", arguments={"path": "a", "content": text, "odd key": [1, {"b": text}]}),
    )
    turn = ScriptedTurn(purpose="implement", item="1", turn=2, text=text, calls=calls, expect=(text,))
    session = Session(match=text, turn=(turn,))
    assert again(session) == session


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30) | st.sampled_from(HARD)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, database=None)
@given(text=texts, arguments=st.dictionaries(texts, values, max_size=3), broken=texts)
def test_any_answer_can_be_recorded(text: str, arguments: dict[str, Any], broken: str) -> None:
    calls = (
        ToolCall(id="a", name="edit", arguments=json.dumps(arguments)),
        ToolCall(id="b", name="edit", arguments=broken),
    )
    reply = Reply(text=text, tool_calls=calls, finish="length")
    turn = ScriptedTurn.of(reply, purpose="implement", item="1", turn=3)
    (read,) = again(Session(turn=(turn,))).turn
    assert (read.text, read.finish, read.key) == (text, "length", ("implement", "1", 3))
    first, second = read.calls
    if second.raw is not None:
        assert second.text == broken
    assert json.dumps(json.loads(first.text)) == json.dumps(arguments)


def test_long_texts_are_lines_that_people_read() -> None:
    call = ScriptedCall(tool="write", arguments={"path": "a.py", "content": "def a():\n    return 'x'\n"})
    turn = ScriptedTurn(purpose="implement", item="1", calls=(call,))
    assert "\ncontent = '''\ndef a():\n    return 'x'\n'''\n" in Session(turn=(turn,)).as_toml()


@pytest.mark.parametrize("text", ["[[turn]]", "rubbish", "[[turn]]\npurpose = 'a'\n[[turn]]\npurpose = 'a'"])
def test_a_file_that_is_no_session_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        Session.parse(text, "a.toml")
    assert refusal.value.code == "script_invalid"
