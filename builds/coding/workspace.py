"""A checkout of one commit plus ordered patches: rebuilt anywhere, the same to the byte, deleted freely."""

import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from builds.coding.git import Git, GitFailed
from builds.coding.paths import PathRefused, check_path
from builds.ports import FileChange, Forge, Refused, RepoName

LINK, SUBMODULE = "120000", "160000"
WHOLE_FILES = 100_000_000
DIFF = (
    "diff-tree",
    "-r",
    "--patch",
    "--binary",
    "--full-index",
    "--no-renames",  # a renamed file is one that went and one that came, so that both are seen whole
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=none",
    "--submodule=short",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
# A patch without context applies to the very tree it was made from, which is where ours are applied.
APPLY = ("apply", "--cached", "--binary", "--whitespace=nowarn", "--unidiff-zero", "-")


@dataclass(frozen=True, kw_only=True)
class TreeFile:
    """One file of a tree. `size` in bytes; `mode` is git's (120000: a link, 160000: a submodule)."""

    path: str
    mode: str
    sha: str
    size: int


class Workspace:
    """The files in `root`, and a private repository beside it that knows their trees.

    Links are plain files that hold their target, and are neither followed nor written; submodules are empty
    folders. What a .gitignore says does not count: the tree holds exactly the files that are there.
    """

    def __init__(self, git: Git, *, root: Path, base_tree: str) -> None:
        self.root = root
        self.base_tree = base_tree
        self._git = replace(git, work_tree=root)
        self._special: dict[str, str] = {}  # path: mode, of links and submodules

    @classmethod
    def open(
        cls, folder: Path, *, forge: Forge, repo: RepoName, base_sha: str, patches: Sequence[bytes] = ()
    ) -> Self:
        """Build it afresh in `folder`. Raises Unavailable, or Refused: `base_commit_missing`, `tree_unsafe`,
        `patch_refused`."""
        git_dir, root = folder.absolute() / "git", folder.absolute() / "tree"
        for old in (git_dir, root):
            if old.exists():
                shutil.rmtree(old)
        root.mkdir(parents=True)
        git = Git.init(git_dir)
        forge.fetch(repo, base_sha, git_dir)
        base_tree = git.tree_of(base_sha) if re.fullmatch(r"[0-9a-f]{40}", base_sha) else None
        if base_tree is None:
            raise Refused("base_commit_missing", f"{repo} does not hold the commit {base_sha}.")
        workspace = cls(git, root=root, base_tree=base_tree)
        workspace._check_out(base_tree)  # the index is empty and so is the folder
        for patch in patches:
            workspace.apply(patch)
        return workspace

    def tree(self) -> str:
        """The git tree of exactly the files that are there now."""
        self._git.run("add", "--all", "--force")
        return self._git.text("write-tree")

    def diff(self, from_tree: str, to_tree: str | None = None, *, context: int | None = 3) -> bytes:
        """A binary patch that `apply` takes. `to_tree` None: the files now; `context` None: whole files."""
        lines = WHOLE_FILES if context is None else context
        return self._git.run(*DIFF, f"--unified={lines}", from_tree, to_tree or self.tree())

    def apply(self, patch: bytes) -> str:
        """Apply a patch, whole or not at all; returns the new tree. Raises Refused("patch_refused")."""
        tree = self.tree()
        if not patch.strip():
            return tree
        index = self._git.git_dir / "apply.index"
        aside = self._git.using(GIT_INDEX_FILE=str(index))
        try:
            aside.run("read-tree", tree)
            self._apply(aside, patch)
            patched = aside.text("write-tree")
        finally:
            index.unlink(missing_ok=True)
        self._check_out(patched)
        return patched

    @staticmethod
    def _apply(aside: Git, patch: bytes) -> None:
        """Into the index. A patch that would apply if only something could be written is not at fault."""
        try:
            aside.run(*APPLY, stdin=patch)
        except GitFailed as failure:
            if failure.exit_code is None or aside.find(*APPLY, "--check", stdin=patch) is not None:
                raise
            raise Refused("patch_refused", f"The patch does not apply: {failure.why}") from failure

    def reset_to(self, tree: str) -> None:
        """Make the files exactly those of a tree; everything else goes."""
        self.tree()  # git removes only what its index knows
        self._check_out(tree)

    def files(self, tree: str | None = None) -> tuple[TreeFile, ...]:
        """Every file of a tree (None: the files now) that a path can name, in git's order."""
        return tuple(file for file in self._entries(tree or self.tree()) if _can_be_named(file.path))

    def changes(self, from_tree: str, to_tree: str) -> tuple[FileChange, ...]:
        """What a commit between two trees has to say. Raises Refused("submodule_changed")."""
        fields = self._git.run("diff-tree", "-r", "-z", "--no-renames", from_tree, to_tree).split(b"\0")
        return tuple(
            self._change(raw.decode(), os.fsdecode(path))
            for raw, path in zip(fields[:-1:2], fields[1::2], strict=True)
        )

    def read_blob(self, tree: str, path: str) -> bytes | None:
        """A file as it is in a tree; None where there is none. Raises PathRefused."""
        if self._git.find("cat-file", "-t", f"{tree}:{check_path(path)}") != "blob":
            return None
        return self._git.run("cat-file", "blob", f"{tree}:{path}")

    def resolve(self, path: str) -> Path:
        """Where a path of the repository is on disk; nothing needs to be there yet. Raises PathRefused."""
        names = check_path(path).split("/")
        place = self.root
        for depth, name in enumerate(names, start=1):
            here = "/".join(names[:depth])
            self._check_special(path, here)
            place /= name
            mode = _mode(place)
            if mode is None:
                continue
            if stat.S_ISREG(mode) and depth < len(names):
                raise PathRefused(path, f"{here} is a file, not a folder.")
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise PathRefused(path, f"{here} is a link or a device, which are never followed.")
        return place

    def read(self, path: str) -> bytes | None:
        """The file now; None where there is none. Raises PathRefused."""
        place = self.resolve(path)
        return place.read_bytes() if place.is_file() else None

    def write(self, path: str, content: bytes) -> None:
        """Write a file, making its folders; one that is there keeps its mode. Raises PathRefused."""
        place = self.resolve(path)
        if place.is_dir():
            raise PathRefused(path, "it is a folder.")
        place.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(
            os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o666), "wb"
        ) as file:
            file.write(content)

    def remove(self, path: str) -> None:
        """Remove a file and the folders that this leaves empty. Raises PathRefused."""
        place = self.resolve(path)
        if not place.is_file():
            raise PathRefused(path, "there is no such file.")
        place.unlink()
        for folder in place.parents:
            if folder == self.root or any(folder.iterdir()):
                break
            folder.rmdir()

    def _check_out(self, tree: str) -> None:
        try:
            self._git.run("read-tree", "--reset", "-u", tree)
        except GitFailed as failure:
            if "invalid path" in failure.stderr:
                raise Refused("tree_unsafe", f"This tree cannot be checked out: {failure.why}") from failure
            raise
        self._special = {
            file.path: file.mode for file in self._entries(tree) if file.mode in {LINK, SUBMODULE}
        }

    def _entries(self, tree: str) -> Iterator[TreeFile]:
        for line in self._git.run("ls-tree", "-r", "-l", "-z", "--full-tree", tree).split(b"\0")[:-1]:
            facts, _, path = line.partition(b"\t")
            mode, _, sha, size = facts.decode().split()
            yield TreeFile(path=os.fsdecode(path), mode=mode, sha=sha, size=0 if size == "-" else int(size))

    def _change(self, raw: str, path: str) -> FileChange:
        old_mode, mode, _, sha, status = raw.removeprefix(":").split()
        if SUBMODULE in {old_mode, mode}:
            raise Refused("submodule_changed", f"{path} is a submodule; a commit cannot change it here.")
        if status == "D":
            return FileChange(path=path, content=None, mode=old_mode)
        return FileChange(path=path, content=self._git.run("cat-file", "blob", sha), mode=mode)

    def _check_special(self, path: str, here: str) -> None:
        match self._special.get(here):
            case "120000":
                raise PathRefused(path, f"{here} is a symbolic link; links are never followed or written.")
            case "160000":
                raise PathRefused(
                    path, f"{here} is a submodule, whose files are not part of this repository."
                )
            case _:
                return


def _mode(place: Path) -> int | None:
    try:
        return place.lstat().st_mode
    except FileNotFoundError:
        return None


def _can_be_named(path: str) -> bool:
    try:
        check_path(path)
    except PathRefused:
        return False
    return True
