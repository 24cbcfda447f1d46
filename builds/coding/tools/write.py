"""write: a whole file, new or small."""

from pydantic import Field

from builds.coding import limits
from builds.coding.desk import Arguments, Desk, Tool, ToolError
from builds.coding.syntax import added_problem
from builds.coding.text_files import TextFile, split_lines, with_newline


class WriteArguments(Arguments):
    """Which file, and all of its content."""

    path: str = Field(description="Path of a file, from the repository's root.")
    content: str = Field(description="The whole new content.")


def write(desk: Desk, arguments: WriteArguments) -> str:
    """Make a file, or replace one of at most 200 lines that the model has read entirely."""
    path = arguments.path
    desk.check_writable(path)
    existing = _existing(desk, path)
    after = with_newline(arguments.content, existing.newline if existing else "\n")
    if after and not after.endswith("\n"):
        after += existing.newline if existing else "\n"
    if existing and existing.text == after:
        raise ToolError(f"{path} already has exactly this content, so nothing would change.")
    if problem := added_problem(path, before=existing.text if existing else None, after=after):
        raise ToolError(
            f"Not done: {path} would have a syntax error at line {problem.line}: {problem.message}. "
            f"{'The file is as before.' if existing else 'The file was not made.'}"
        )
    desk.write(path, after)
    desk.memory.whole.add(path)
    return f"Done: {path} {'replaced' if existing else 'made'}, {len(split_lines(after))} lines."


def _existing(desk: Desk, path: str) -> TextFile | None:
    place = desk.workspace.resolve(path)
    if place.is_dir():
        raise ToolError(f"{path} is a folder. Name a file in it.")
    if not place.exists():
        return None
    file = desk.load(path)
    if len(file.lines) > limits.WRITE_LINES:
        raise ToolError(
            f"{path} has {len(file.lines)} lines; one of over {limits.WRITE_LINES} is changed with edit."
        )
    if path not in desk.memory.whole:
        raise ToolError(
            f"{path} is there already and you have not read all of it. Read it first, or use edit."
        )
    return file


WRITE = Tool(
    name="write",
    description=(
        "Write a whole file: a new one, or one of at most 200 lines that you have read. "
        "Content with a syntax error is not written."
    ),
    arguments=WriteArguments,
    run=write,
    kind="change",
)
