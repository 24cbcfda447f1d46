"""remove: delete a file, or move it."""

from pydantic import Field

from builds.coding.desk import Arguments, Desk, Tool, ToolError


class RemoveArguments(Arguments):
    """Which file, and where it moves to, if it does."""

    path: str = Field(description="Path of a file, from the repository's root.")
    new_path: str = Field(default="", description="Where to move the file; empty deletes it.")


def remove(desk: Desk, arguments: RemoveArguments) -> str:
    """Delete or move one file within the item's paths."""
    path, new_path = arguments.path, arguments.new_path
    desk.check_writable(path)
    place = desk.readable(path)
    if new_path:
        _move(desk, path, new_path, executable=bool(place.stat().st_mode & 0o100))
    desk.workspace.remove(path)
    desk.changed(path)
    desk.memory.whole.discard(path)
    return f"Done: {path} moved to {new_path}." if new_path else f"Done: {path} removed."


def _move(desk: Desk, path: str, new_path: str, *, executable: bool) -> None:
    desk.check_writable(new_path)
    target = desk.workspace.resolve(new_path)
    if target.exists():
        raise ToolError(f"{new_path} is there already. Remove it first, or choose another name.")
    desk.workspace.write(new_path, desk.workspace.read(path) or b"")
    if executable:
        target.chmod(0o755)
    if path in desk.memory.whole:
        desk.memory.whole.add(new_path)
    desk.changed(new_path)


REMOVE = Tool(
    name="remove",
    description="Delete a file, or move it to new_path.",
    arguments=RemoveArguments,
    run=remove,
    kind="change",
)
