"""outline: the symbols of a file with their line ranges."""

from pydantic import Field

from builds.coding.desk import Arguments, Desk, Tool
from builds.coding.outlines import outline_text


class OutlineArguments(Arguments):
    """Which file."""

    path: str = Field(description="Path of a file, from the repository's root.")


def outline(desk: Desk, arguments: OutlineArguments) -> str:
    """Classes, functions and types of one file."""
    return outline_text(arguments.path, desk.load(arguments.path).text)


OUTLINE = Tool(
    name="outline",
    description="List a file's classes, functions and types with their line ranges. Cheaper than reading it.",
    arguments=OutlineArguments,
    run=outline,
)
