"""A map of the repository for the planner: every path, the outlines of its sources, its own instructions."""

from pathlib import PurePosixPath

from builds.coding.grammars import GRAMMARS
from builds.coding.outlines import outline_text
from builds.coding.secret_files import looks_secret
from builds.coding.untrusted import block, clean, trim
from builds.coding.workspace import TreeFile, Workspace

MOST_PATHS = 600
MOST_OUTLINES = 60
OUTLINED_BYTES = 60_000
MAP_CHARACTERS = 40_000
INSTRUCTION_CHARACTERS = 6_000


def repo_map(workspace: Workspace, instructions: tuple[str, ...]) -> str:
    """Paths with sizes, outlines of source files, and what the repository tells its engineers."""
    files = [file for file in workspace.files(workspace.base_tree) if not looks_secret(file.path)]
    paths = [f"{file.path}  {file.size} bytes" for file in files[:MOST_PATHS]]
    if len(files) > MOST_PATHS:
        paths.append(f"[{len(files) - MOST_PATHS} more files left out]")
    outlines = [outline(workspace, file) for file in files if outlined(file)][:MOST_OUTLINES]
    told = [
        block("instructions", f"{path}\n\n{trim(clean(text(workspace, path)), INSTRUCTION_CHARACTERS)}")
        for path in instructions[:2]
    ]
    return trim("\n\n".join(["\n".join(paths), *outlines, *told]), MAP_CHARACTERS)


def outlined(file: TreeFile) -> bool:
    """Whether a file's symbols are worth the room."""
    return PurePosixPath(file.path).suffix.lower() in GRAMMARS and 0 < file.size <= OUTLINED_BYTES


def outline(workspace: Workspace, file: TreeFile) -> str:
    """The outline of one file."""
    return outline_text(file.path, text(workspace, file.path))


def text(workspace: Workspace, path: str) -> str:
    """A file of the base commit as text."""
    return (workspace.read_blob(workspace.base_tree, path) or b"").decode("utf-8", "replace")
