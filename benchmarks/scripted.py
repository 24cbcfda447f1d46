"""An order of so many work items, and the session of a model that carries it out without a detour."""

import json
from pathlib import Path
from typing import Any

from builds.sessions import ScriptedCall, ScriptedTurn, Session


def spec(items: int) -> str:
    """As somebody approved it: a criterion for each item."""
    criteria = "".join(
        f"- [ ] `docs/part-{number}.md` says how part {number} works\n" for number in each(items)
    )
    return f"{title(items)}\n\n## Goal\n\nNewcomers ask.\n\n## Acceptance criteria\n\n{criteria}"


def title(items: int) -> str:
    """The first line; also what the session is found by."""
    return f"# Explain paperboy in {items} parts"


def session(items: int) -> Session:
    """Plan, two turns for each item, review: `2 * items + 2` calls."""
    plan = {"summary": "One page for each part.", "items": [planned(number) for number in each(items)]}
    approved = {
        "verdict": "approve", "summary": "Words only.", "risk": "low", "recommendation": "proceed",
        "findings": [],
    }  # fmt: skip
    turns = [ScriptedTurn(purpose="plan", text=json.dumps(plan))]
    for number in each(items):
        page = {
            "path": f"docs/part-{number}.md",
            "content": f"# Part {number}\n\n{'It is told here. ' * 20}\n",
        }
        done = {"status": "done", "summary": f"Part {number} is told.", "criteria": [number]}
        calls = (ScriptedCall(tool="write", arguments=page), ScriptedCall(tool="finish", arguments=done))
        for turn, call in enumerate(calls, start=1):
            turns.append(ScriptedTurn(purpose="implement", item=str(number), turn=turn, calls=(call,)))
    turns.append(ScriptedTurn(purpose="review", text=json.dumps(approved)))
    return Session(match=title(items).removeprefix("# "), turn=tuple(turns))


def planned(number: int) -> dict[str, Any]:
    """One item as the model writes it."""
    return {
        "key": str(number),
        "title": f"Explain part {number}",
        "why": "Newcomers ask.",
        "criteria": [number],
        "paths": [f"docs/part-{number}.md"],
        "read": ["README.md"],
        "check": "tests",
        "depends": [str(number - 1)] if number > 1 else [],
        "risk": "low",
    }


def each(items: int) -> range:
    """Numbers from 1."""
    return range(1, items + 1)


def write_sessions(folder: Path, sizes: tuple[int, ...]) -> Path:
    """The sessions as files, where workers read them."""
    folder.mkdir()
    for items in sizes:
        (folder / f"{items}.toml").write_text(session(items).as_toml(), encoding="utf-8")
    return folder
