"""check: run one of the repository's named checks in the sandbox."""

from pydantic import Field

from builds.coding.desk import Arguments, Desk, Tool


class CheckArguments(Arguments):
    """Which check."""

    name: str = Field(description="The name of a check, as the task lists them.")


def check(desk: Desk, arguments: CheckArguments) -> str:
    """What the check says of the files as they are now, compared with before any change."""
    return desk.run_check(arguments.name)


CHECK = Tool(
    name="check",
    description="Run one of the repository's named checks on the files as they are. Nothing else can be run.",
    arguments=CheckArguments,
    run=check,
    kind="check",
)
