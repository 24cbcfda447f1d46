"""edit: replace one exact, unique piece of a file. Nothing is guessed."""

import re

from pydantic import Field

from builds.coding import limits
from builds.coding.desk import Arguments, Desk, Tool, ToolError
from builds.coding.nearest import nearest_lines
from builds.coding.syntax import added_problem
from builds.coding.text_files import TextFile, split_lines, with_newline

TELLING = 8  # characters; a shorter text is found somewhere in any file


class EditArguments(Arguments):
    """What to replace with what."""

    path: str = Field(description="Path of a file, from the repository's root.")
    old: str = Field(description="Text that is in the file exactly once, without line numbers.")
    new: str = Field(description="Text to put in its place; empty removes it.")


def edit(desk: Desk, arguments: EditArguments) -> str:
    """Exact search and replace; line ends alone are not compared."""
    path = arguments.path
    desk.check_writable(path)
    file = desk.load(path)
    _check_texts(arguments)
    matches = list(_pattern(arguments.old).finditer(file.text))
    if len(matches) != 1:
        desk.memory.failed_edits[path] += 1
        raise ToolError(_mismatch(file, arguments, matches) + _advice(desk, file, path))
    start, end = matches[0].span()
    after = file.text[:start] + with_newline(arguments.new, file.newline) + file.text[end:]
    if problem := added_problem(path, before=file.text, after=after):
        raise ToolError(
            f"Not done: it would add a syntax error to {path} at line {problem.line}: {problem.message}. "
            f"The file is as before.\n{_around(after, problem.line)}"
        )
    desk.write(path, after)
    desk.memory.edits[path] += 1
    first = file.text.count("\n", 0, start) + 1
    return f"Done: {path} changed at line {first}."


def _check_texts(arguments: EditArguments) -> None:
    if not arguments.old:
        raise ToolError("`old` is empty. Give the text to replace, or use write for a new file.")
    if arguments.old == arguments.new:
        raise ToolError("`old` and `new` are the same, so nothing would change.")


def _pattern(old: str) -> re.Pattern[str]:
    return re.compile(r"\r?\n".join(re.escape(line) for line in old.replace("\r\n", "\n").split("\n")))


def _mismatch(file: TextFile, arguments: EditArguments, matches: list[re.Match[str]]) -> str:
    path = arguments.path
    if matches:
        lines = ", ".join(str(file.text.count("\n", 0, match.start()) + 1) for match in matches[:20])
        return (
            f"Not done: `old` is {len(matches)} times in {path}, at lines {lines}. "
            "Add lines around it until it is there once."
        )
    applied = _pattern(arguments.new).search(file.text) if len(arguments.new.strip()) >= TELLING else None
    if applied:
        line = file.text.count("\n", 0, applied.start()) + 1
        return f"Not done: `old` is not in {path}, but `new` is, at line {line}. It seems applied already."
    shown, only_white_space = nearest_lines(file.lines, split_lines(arguments.old))
    why = " Only the white space differs." if only_white_space else ""
    near = f" The nearest lines are:\n{shown}" if shown else " Nothing in the file resembles it."
    return f"Not done: `old` is not in {path}.{why}{near}"


def _advice(desk: Desk, file: TextFile, path: str) -> str:
    said = []
    if done := desk.memory.edits[path]:
        said.append(f"{done} earlier edits of this file were done; do not send them again.")
    if (failed := desk.memory.failed_edits[path]) > 1:
        way = "or write the whole file" if len(file.lines) <= limits.WRITE_LINES else "then edit fewer lines"
        said.append(f"This is failed edit {failed} on {path}: read these lines again, {way}.")
    return "\n" + " ".join(said) if said else ""


def _around(text: str, line: int) -> str:
    lines = split_lines(text)
    first, last = max(1, line - 3), min(len(lines), line + 3)
    shown = "\n".join(f"{number:>5}| {lines[number - 1][:200]}" for number in range(first, last + 1))
    return f"It would read:\n{shown}" if shown else ""


EDIT = Tool(
    name="edit",
    description=(
        "Replace one piece of a file. `old` must be in the file exactly once, white space included. "
        "An edit that adds a syntax error is not done."
    ),
    arguments=EditArguments,
    run=edit,
    kind="change",
)
