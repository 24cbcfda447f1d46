"""A forge with one repository of every sort of file, and workspaces of it."""

import shutil
from pathlib import Path
from typing import Self

from builds.adapters.forge_local import LocalForge
from builds.coding.git import Git
from builds.coding.workspace import Workspace
from builds.ports import RepoName

REPO = RepoName("acme", "shop")
FILES = {
    "README.md": b"# Shop\n",
    "src/app.py": b"def total(items):\n    return sum(items)\n",
    "src/windows.txt": b"one\r\ntwo\r\n",
    "data/logo.bin": bytes(range(256)),
    "no-newline": b"no newline",
    "\u017elu\u0165ou\u010dk\u00fd k\u016f\u0148.txt": "\u010daj\n".encode(),
    ".gitignore": b"*.log\nbuild/\n",
    ".gitattributes": b"* text=auto eol=crlf filter=evil ident working-tree-encoding=UTF-16\n",
}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


class Place:
    """A forge in `folder / "forge"`, and workspaces beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.forge = LocalForge(folder / "forge")
        self.base_sha = str(self.forge.branch_head(REPO, "main"))

    @classmethod
    def make(cls, folder: Path) -> Self:
        """Make the repository from files."""
        source = write(folder / "source", FILES)
        (source / "run.sh").write_text("true\n")
        (source / "run.sh").chmod(0o755)
        (source / "passwd").symlink_to("/etc/passwd")
        (source / "up").symlink_to("../..")
        LocalForge(folder / "forge").create(REPO, source)
        return cls(folder)

    def copy(self, folder: Path) -> Self:
        """The same in another folder, for one test to spoil."""
        shutil.copytree(self.forge.root, folder / "forge")
        return type(self)(folder)

    def open(self, name: str = "one", *patches: bytes) -> Workspace:
        return self.open_at(self.base_sha, name, *patches)

    def open_at(self, sha: str, name: str = "one", *patches: bytes) -> Workspace:
        return Workspace.open(self.folder / name, forge=self.forge, repo=REPO, base_sha=sha, patches=patches)

    def commit(self, *entries: tuple[str, str, str]) -> str:
        """A commit of hand-made tree entries (mode, sha, name): what no honest git would write."""
        bare = Git(git_dir=self.forge.root / "acme" / "shop.git")
        lines = []
        for mode, sha, name in entries:
            kind = {"040000": "tree", "160000": "commit"}.get(mode, "blob")
            lines.append(f"{mode} {kind} {sha}\t{name}\n")
        tree = bare.text("mktree", "--missing", stdin="".join(lines).encode())
        who = "A <a@example.org> 0 +0000"
        content = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nx\n"
        return bare.text("hash-object", "-w", "-t", "commit", "--stdin", stdin=content.encode())

    def blob(self, content: bytes) -> str:
        bare = Git(git_dir=self.forge.root / "acme" / "shop.git")
        return bare.text("hash-object", "-w", "--stdin", stdin=content)
