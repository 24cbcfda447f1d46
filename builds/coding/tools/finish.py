"""finish: say that the item is done, blocked, or too big."""

import re
from typing import Any, Literal

from pydantic import Field, field_validator

from builds.coding.desk import Arguments, Desk, Tool


class FinishArguments(Arguments):
    """How the item ends, in the model's words. What it claims is checked."""

    status: Literal["done", "blocked", "needs_split"] = Field(
        description="done: the change is made. blocked: it cannot be. needs_split: it needs other paths."
    )
    summary: str = Field(
        max_length=2000, description="What changed and why, or what is in the way; one to three sentences."
    )
    criteria: tuple[int, ...] = Field(
        default=(), description="Numbers of the criteria that this item now serves."
    )

    @field_validator("criteria", mode="before")
    @classmethod
    def _numbers(cls, given: Any) -> Any:
        """Fenced text has no lists, and some models write them as text in native calls too."""
        return re.findall(r"\d+", str(given)) if isinstance(given, str | int) else given


def finish(desk: Desk, arguments: FinishArguments) -> str:
    """What the service makes of it: nothing is done because a model says so."""
    return desk.close(arguments.status)


FINISH = Tool(
    name="finish",
    description="End the item. With status done its check is run; when that is red you get the new failures.",
    arguments=FinishArguments,
    run=finish,
    kind="finish",
)
