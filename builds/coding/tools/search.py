"""search: where something is written, as files with counts or as lines."""

from collections.abc import Iterator
from typing import Literal

from pathspec import GitIgnoreSpec
from pydantic import Field

from builds.coding import limits
from builds.coding.desk import Arguments, Desk, Tool, ToolError
from builds.coding.git import Git, GitFailed
from builds.coding.secret_files import looks_secret


class SearchArguments(Arguments):
    """What to look for, and where."""

    pattern: str = Field(min_length=1, max_length=300, description="Text, or an extended regular expression.")
    glob: str = Field(default="**", description="gitignore-style pattern of files to look in.")
    mode: Literal["files", "lines"] = Field(
        default="files", description="files: paths with counts. lines: the lines."
    )
    regex: bool = Field(default=False, description="Whether the pattern is a regular expression.")


def search(desk: Desk, arguments: SearchArguments) -> str:
    """At most 50 files, or 40 lines of 200 characters."""
    found = list(_matches(desk, arguments))
    if not found:
        return f"Nothing matches {arguments.pattern!r} in {arguments.glob}."
    if arguments.mode == "files":
        return _cut([f"{path}  {count}" for path, count in found], limits.SEARCH_FILES, "files")
    lines = []
    for path, rest in found:
        number, _, text = rest.partition("\0")
        lines.append(f"{path}:{number}: {text.strip()[: limits.SEARCH_WIDTH]}")
    return _cut(lines, limits.SEARCH_LINES, "lines")


def _matches(desk: Desk, arguments: SearchArguments) -> Iterator[tuple[str, str]]:
    wanted = GitIgnoreSpec.from_lines([arguments.glob or "**"])
    for line in _grep(desk, arguments).decode("utf-8", "replace").split("\n"):
        path, _, rest = line.partition("\0")
        if rest and wanted.match_file(path) and not looks_secret(path):
            yield path, rest


def _grep(desk: Desk, arguments: SearchArguments) -> bytes:
    """Search with git: a hostile pattern ends with its process; Python's `re` would hold the worker."""
    kind = "--extended-regexp" if arguments.regex else "--fixed-strings"
    case = () if arguments.pattern != arguments.pattern.lower() else ("--ignore-case",)
    form = (
        ("--count",) if arguments.mode == "files" else ("--line-number", f"--max-count={limits.SEARCH_LINES}")
    )
    pattern = arguments.pattern.replace("\\d", "[0-9]") if arguments.regex else arguments.pattern
    root = desk.workspace.root
    git = Git(git_dir=root, work_tree=root, timeout=limits.SEARCH_SECONDS)
    try:
        return git.run("grep", "--no-index", "-I", "--null", "--no-color", kind, *case, *form, "-e", pattern)
    except GitFailed as failure:
        if failure.exit_code == 1:  # git's word for: nothing matches
            return b""
        raise ToolError(f"The search did not work: {failure.why}. Try a simpler pattern.") from failure


def _cut(entries: list[str], limit: int, what: str) -> str:
    shown = entries[:limit]
    if len(entries) > limit:
        shown.append(f"[{len(entries) - limit} more {what}: use a narrower pattern or glob]")
    return "\n".join(shown)


SEARCH = Tool(
    name="search",
    description=(
        "Find text in the repository. mode files (default) gives paths with counts, at most 50; "
        "mode lines gives at most 40 lines. A pattern in lower case ignores case."
    ),
    arguments=SearchArguments,
    run=search,
)
