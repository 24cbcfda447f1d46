"""A small build in three parts: each adds a comment in two short turns, and a reviewer approves."""

import json

from builds.sessions import ScriptedCall, ScriptedTurn, Session

SPEC = "# Answer with a number\n\n## Acceptance criteria\n\n- `add` says who was added\n- so does the rest\n"
FILE = "paperboy/subscribers.py"
KEYS = ("1", "2", "3")
ITEMS = [
    {
        "key": key,
        "title": f"Part {key}",
        "criteria": [1 if key == "1" else 2],
        "paths": [FILE],
        "read": [FILE],
    }
    for key in KEYS
]
PLAN = json.dumps({"summary": "Three changes.", "items": ITEMS})
APPROVED = json.dumps({"verdict": "approve", "summary": "Fine.", "risk": "low", "findings": []})


def part(key: str) -> tuple[ScriptedTurn, ...]:
    """An item that adds a comment, in two short turns."""
    old, new = "def unsubscribe", f"# part {key}\ndef unsubscribe"
    edit = ScriptedCall(tool="edit", arguments={"path": FILE, "old": old, "new": new})
    done = ScriptedCall(tool="finish", arguments={"status": "done", "summary": f"Part {key}."})
    return tuple(
        ScriptedTurn(purpose="implement", item=key, turn=turn, calls=(call,))
        for turn, call in enumerate((edit, done), start=1)
    )


def session() -> Session:
    """The whole build as it is written for the scripted model."""
    turns = [turn for key in KEYS for turn in part(key)]
    plan = ScriptedTurn(purpose="plan", text=PLAN)
    review = ScriptedTurn(purpose="review", text=APPROVED)
    return Session(match="Answer with a number", turn=(plan, *turns, review))
