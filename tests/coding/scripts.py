"""What a scripted model does in the tests of the loop, turn after turn."""

from collections.abc import Mapping
from typing import Any

from builds.adapters.model_scripted import ScriptedModel
from builds.sessions import ScriptedCall, ScriptedTurn, Session
from tests.coding.world import ITEM, SUBTRACT

Calls = list[tuple[str, dict[str, Any]]]
EDIT: Calls = [("edit", {"path": "money.py", "old": "    return a + b\n", "new": SUBTRACT})]
WRONG: Calls = [("edit", {"path": "money.py", "old": "return a + b", "new": "return a * b"})]
DONE: Calls = [("finish", {"status": "done", "summary": "Adds subtract()."})]


def script(*turns: Calls, expect: Mapping[int, tuple[str, ...]] | None = None) -> ScriptedModel:
    """A model that makes these calls, turn after turn."""
    written = tuple(
        ScriptedTurn(
            purpose="implement",
            item=ITEM.key,
            turn=number,
            expect=(expect or {}).get(number, ()),
            calls=tuple(ScriptedCall(tool=tool, arguments=arguments) for tool, arguments in calls),
        )
        for number, calls in enumerate(turns, start=1)
    )
    return ScriptedModel([Session(turn=written)])
