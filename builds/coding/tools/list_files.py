"""list_files: which files are there, with sizes."""

from collections import Counter

from pathspec import GitIgnoreSpec
from pydantic import Field

from builds.coding import limits
from builds.coding.desk import Arguments, Desk, Tool
from builds.coding.secret_files import looks_secret
from builds.coding.text_files import is_text


class ListFilesArguments(Arguments):
    """What to list."""

    glob: str = Field(default="**", description="gitignore-style pattern, such as src/** or *.py")
    depth: int = Field(
        default=0, ge=0, le=50, description="Fold deeper folders into one line; 0 folds nothing."
    )


def list_files(desk: Desk, arguments: ListFilesArguments) -> str:
    """Text files that fit the glob, at most 200 entries."""
    wanted = GitIgnoreSpec.from_lines([arguments.glob or "**"])
    sizes: dict[str, int] = {
        file.path: file.size
        for file in desk.workspace.files()
        if wanted.match_file(file.path) and file.mode.startswith("100")
    }
    if not sizes:
        return f"No file fits {arguments.glob}."
    entries = _entries(desk, sizes, arguments.depth)
    shown = entries[: limits.LIST_ENTRIES]
    if len(entries) > len(shown):
        shown.append(f"[{len(entries) - len(shown)} more entries: use a narrower glob or a depth]")
    return "\n".join(shown)


def _entries(desk: Desk, sizes: dict[str, int], depth: int) -> list[str]:
    folded: Counter[str] = Counter()
    entries: list[str] = []
    for path, size in sizes.items():
        folders = path.split("/")[:-1]
        if depth and len(folders) >= depth:
            folded["/".join(folders[:depth])] += 1
        elif looks_secret(path):
            entries.append(f"{path}  (looks secret, not readable)")
        elif len(entries) > limits.LIST_ENTRIES or is_text(desk.workspace.resolve(path)):
            entries.append(f"{path}  {size} bytes")
    return entries + [f"{folder}/  {count} files" for folder, count in folded.items()]


LIST_FILES = Tool(
    name="list_files",
    description="List the repository's text files with their sizes, at most 200 entries.",
    arguments=ListFilesArguments,
    run=list_files,
)
