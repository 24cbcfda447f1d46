"""A workspace is the same anywhere, and nothing in it leads out of it."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds.adapters.forge_local import LocalForge
from builds.coding.git import Git
from builds.coding.paths import PathRefused, check_path, is_git_name
from builds.coding.workspace import Workspace
from builds.diffs import ChangeSet
from builds.ports import FileChange, Refused, RepoName

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
    """A forge with one repository, and workspaces of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.forge = LocalForge(folder / "forge")
        source = write(folder / "source", FILES)
        (source / "run.sh").write_text("true\n")
        (source / "run.sh").chmod(0o755)
        (source / "passwd").symlink_to("/etc/passwd")
        (source / "up").symlink_to("../..")
        self.base_sha = self.forge.create(REPO, source)

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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Place(tmp_path_factory.mktemp("made")).folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Place:
    copy = Place.__new__(Place)
    copy.folder = tmp_path
    shutil.copytree(made / "forge", tmp_path / "forge", symlinks=True)
    copy.forge = LocalForge(tmp_path / "forge")
    head = copy.forge.branch_head(REPO, "main")
    assert head
    copy.base_sha = head
    return copy


def test_the_files_are_those_of_the_commit_to_the_byte(place: Place) -> None:
    workspace = place.open()
    assert {path: (workspace.root / path).read_bytes() for path in FILES} == FILES
    assert (workspace.root / "run.sh").stat().st_mode & stat.S_IXUSR
    assert workspace.tree() == workspace.base_tree


def test_the_repository_of_a_workspace_is_not_in_its_files(place: Place) -> None:
    workspace = place.open()
    assert not list(workspace.root.rglob(".git"))
    assert not [file for file in workspace.files() if ".git/" in file.path]


def test_two_workspaces_with_the_same_patches_hold_the_same_tree(place: Place) -> None:
    first = place.open("first")
    first.write("src/new.py", b"x = 1\n")
    one = first.diff(first.base_tree)
    middle = first.tree()
    first.write("src/windows.txt", b"one\r\n2\r\n")
    first.remove("data/logo.bin")
    two = first.diff(middle)
    second = place.open("second", one, two)
    assert second.tree() == first.tree()
    assert second.read("src/windows.txt") == b"one\r\n2\r\n"
    assert not (second.root / "data").exists()


def test_opening_again_in_the_same_folder_starts_afresh(place: Place) -> None:
    place.open().write("src/app.py", b"lost\n")
    again = place.open()
    assert again.tree() == again.base_tree


def test_ignored_files_are_part_of_the_tree(place: Place) -> None:
    workspace = place.open()
    workspace.write("build/out.log", b"x\n")
    assert "build/out.log" in [file.path for file in workspace.files()]


def test_files_are_listed_with_their_sizes_and_modes(place: Place) -> None:
    listed = {file.path: (file.mode, file.size) for file in place.open().files()}
    assert listed["run.sh"] == ("100755", 5)
    assert listed["data/logo.bin"] == ("100644", 256)
    assert listed["passwd"] == ("120000", len("/etc/passwd"))
    assert "src" not in listed


def test_reset_brings_back_a_tree_and_nothing_else(place: Place) -> None:
    workspace = place.open()
    workspace.write("src/app.py", b"broken(\n")
    workspace.write("a/b/c.log", b"junk\n")
    workspace.remove("run.sh")
    workspace.reset_to(workspace.base_tree)
    assert workspace.tree() == workspace.base_tree
    assert sorted(path.name for path in workspace.root.iterdir()) == sorted(
        {path.partition("/")[0] for path in FILES} | {"run.sh", "passwd", "up"}
    )


def test_writing_keeps_the_mode_and_removing_leaves_no_empty_folder(place: Place) -> None:
    workspace = place.open()
    workspace.write("run.sh", b"false\n")
    workspace.write("deep/er/file", b"x")
    workspace.remove("deep/er/file")
    assert not (workspace.root / "deep").exists()
    assert workspace.changes(workspace.base_tree, workspace.tree()) == (
        FileChange(path="run.sh", content=b"false\n", mode="100755"),
    )


def test_changes_say_what_a_commit_has_to_say(place: Place) -> None:
    workspace = place.open()
    workspace.remove("README.md")
    workspace.write("README.md/now a folder", b"x\n")
    workspace.write("empty", b"")
    assert workspace.changes(workspace.base_tree, workspace.tree()) == (
        FileChange(path="README.md", content=None),
        FileChange(path="README.md/now a folder", content=b"x\n"),
        FileChange(path="empty", content=b""),
    )


def test_the_diff_of_whole_files_shows_both_sides(place: Place) -> None:
    workspace = place.open()
    workspace.write("src/app.py", FILES["src/app.py"].replace(b"sum(items)", b"sum(items, 0)"))
    changes = ChangeSet.parse(workspace.diff(workspace.base_tree, context=None))
    (file,) = changes.files
    assert file.old_text.encode() == FILES["src/app.py"]
    assert [line.text for line in file.added] == ["    return sum(items, 0)"]


def test_the_base_version_of_a_file_can_be_read_after_a_change(place: Place) -> None:
    workspace = place.open()
    workspace.write("README.md", b"changed\n")
    assert workspace.read_blob(workspace.base_tree, "README.md") == b"# Shop\n"
    assert workspace.read_blob(workspace.base_tree, "none.md") is None
    assert workspace.read_blob(workspace.base_tree, "src") is None
    assert workspace.read("none.md") is None


def test_a_missing_base_commit_is_refused(place: Place) -> None:
    for sha in ("1" * 40, "main", "--help", place.blob(b"not a commit")):
        with pytest.raises(Refused) as caught:
            place.open_at(sha)
        assert caught.value.code == "base_commit_missing"


def new_file(path: str) -> bytes:
    head = f"diff --git a/{path} b/{path}\nnew file mode 100644\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1 @@\n+x\n".encode()


@pytest.mark.parametrize(
    "patch",
    [
        b"rubbish\n",
        b"diff --git a/src/app.py b/src/app.py\n--- a/src/app.py\n+++ b/src/app.py\n@@ -1 +1 @@\n-no\n+yes\n",
        *map(new_file, ["../out", ".git/x", ".GIT/x", "git~1/x", "up/x", "README.md"]),
    ],
)
def test_a_patch_that_does_not_fit_or_leads_out_changes_nothing(place: Place, patch: bytes) -> None:
    workspace = place.open()
    with pytest.raises(Refused) as caught:
        workspace.apply(patch)
    assert caught.value.code == "patch_refused"
    assert workspace.tree() == workspace.base_tree
    assert not (place.folder / "one" / "out").exists()


def test_an_empty_patch_changes_nothing(place: Place) -> None:
    workspace = place.open()
    assert workspace.apply(b"") == workspace.base_tree


@pytest.mark.parametrize("name", [".git", ".GIT", ".git ", "git~1", ".g\u200cit", "..", "."])
def test_a_commit_whose_tree_leads_out_is_never_checked_out(place: Place, name: str) -> None:
    inner = Git(git_dir=place.forge.root / "acme" / "shop.git").text(
        "mktree", stdin=f"100755 blob {place.blob(b'evil')}\tconfig\n".encode()
    )
    with pytest.raises(Refused) as caught:
        place.open_at(place.commit(("040000", inner, name)))
    assert caught.value.code == "tree_unsafe"
    assert not (place.folder / "one" / "config").exists()


def test_links_are_plain_files_that_are_neither_read_nor_written(place: Place) -> None:
    workspace = place.open()
    assert not (workspace.root / "passwd").is_symlink()
    assert (workspace.root / "passwd").read_text() == "/etc/passwd"
    for path in ("passwd", "up", "up/x"):
        for act in (workspace.read, workspace.remove, workspace.resolve):
            with pytest.raises(PathRefused, match="never followed"):
                act(path)
        with pytest.raises(PathRefused, match="never followed"):
            workspace.write(path, b"/etc/shadow")
    assert workspace.tree() == workspace.base_tree


def test_links_and_devices_that_appear_on_disk_are_not_followed(place: Place) -> None:
    workspace = place.open()
    outside = place.folder / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    (workspace.root / "door").symlink_to(outside)
    (workspace.root / "window").symlink_to(outside / "secret")
    os.mkfifo(workspace.root / "pipe")
    for path in ("door/secret", "door/new", "window", "pipe"):
        with pytest.raises(PathRefused, match="never followed"):
            workspace.write(path, b"x")
        with pytest.raises(PathRefused, match="never followed"):
            workspace.read(path)
    assert (outside / "secret").read_text() == "secret"
    assert [path.name for path in outside.iterdir()] == ["secret"]


def test_a_submodule_stays_as_it_was_and_its_files_are_not_ours(place: Place) -> None:
    sha = place.commit(("160000", "1" * 40, "vendor"), ("100644", place.blob(b"x\n"), "x"))
    workspace = place.open_at(sha)
    assert workspace.tree() == workspace.base_tree
    with pytest.raises(PathRefused, match="submodule"):
        workspace.write("vendor/x", b"y\n")
    workspace.write("x", b"y\n")
    assert [change.path for change in workspace.changes(workspace.base_tree, workspace.tree())] == ["x"]


def test_a_changed_submodule_is_refused_in_a_commit(place: Place) -> None:
    sha = place.commit(("160000", "1" * 40, "vendor"))
    workspace = place.open_at(sha)
    (workspace.root / "vendor").rmdir()
    with pytest.raises(Refused) as caught:
        workspace.changes(workspace.base_tree, workspace.tree())
    assert caught.value.code == "submodule_changed"


def test_files_that_no_path_can_name_are_kept_but_not_listed(place: Place) -> None:
    entry = (b"caf\xe9".decode("latin-1"), "back\\slash", "ok")
    blob = place.blob(b"x\n")
    workspace = place.open_at(place.commit(*(("100644", blob, name) for name in entry)))
    (workspace.root / os.fsdecode(b"raw\xff")).write_bytes(b"y\n")
    assert [file.path for file in workspace.files()] == ["caf\u00e9", "ok"]
    patch = workspace.diff(workspace.base_tree)
    assert place.open_at(place.commit(*(("100644", blob, name) for name in entry)), "two", patch).tree() == (
        workspace.tree()
    )


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "empty"),
        ("/etc/passwd", "relative"),
        ("~/x", "relative"),
        ("C:/x", "relative"),
        ("C:x", "relative"),
        ("../x", "leads out"),
        ("src/../../x", "leads out"),
        ("src/..", "leads out"),
        ("./src", "without empty or . parts"),
        ("src//x", "without empty or . parts"),
        ("src/", "without empty or . parts"),
        ("src\\x", "backslash"),
        (".git/config", "git's own folder"),
        (".git", "git's own folder"),
        ("a/.GiT/hooks/x", "git's own folder"),
        ("git~1/config", "git's own folder"),
        ("GIT~2", "git's own folder"),
        (".git./x", "git's own folder"),
        (".git /x", "git's own folder"),
        (".git::$INDEX_ALLOCATION/x", "git's own folder"),
        ("\uff0egit/x", "git's own folder"),
        (".g\u200cit/x", "invisible"),
        ("a\u202etxt.py", "invisible"),
        ("a\0b", "invisible"),
        ("a\nb", "invisible"),
        ("a\x7fb", "invisible"),
        ("raw\udcff", "invisible"),
        ("a/" * 600 + "b", "longer than 1024"),
        ("a" * 256, "longer than 255"),
    ],
)
def test_a_path_that_leads_anywhere_else_is_refused_with_a_reason(path: str, why: str) -> None:
    with pytest.raises(PathRefused, match=why) as caught:
        check_path(path)
    assert caught.value.code == "path_refused"
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "path",
    ["src/app.py", ".github/x.yml", ".gitignore", "a b.txt", "\u010daj/\u2615.md", "..x", "digit~1", "ab:c"],
)
def test_a_plain_path_is_taken_as_it_is(path: str) -> None:
    assert check_path(path) == path


def test_a_name_is_gits_only_where_a_file_system_would_say_so() -> None:
    assert not any(is_git_name(name) for name in (".github", ".gitignore", "git", "x.git", "git~x"))


def test_a_path_below_a_file_and_a_folder_itself_cannot_be_written(place: Place) -> None:
    workspace = place.open()
    with pytest.raises(PathRefused, match=r"README\.md is a file"):
        workspace.write("README.md/x", b"x")
    with pytest.raises(PathRefused, match="it is a folder"):
        workspace.write("src", b"x")
    with pytest.raises(PathRefused, match="no such file"):
        workspace.remove("src")


names = st.sampled_from(["a", "b.py", "d/e", "d/f.txt", "g h/\u0161.md", "d"])
contents = st.one_of(
    st.binary(max_size=40),
    st.lists(st.sampled_from([b"x", b"yy", b"", b"z\r"]), max_size=8).map(b"\n".join),
)
edits = st.lists(st.tuples(names, st.none() | contents), min_size=1, max_size=6)


@settings(max_examples=10, deadline=None, database=None)
@given(rounds=st.lists(edits, min_size=1, max_size=3))
def test_any_edits_survive_as_patches(made: Path, rounds: list[list[tuple[str, bytes | None]]]) -> None:
    forge = LocalForge(made / "forge")
    head = forge.branch_head(REPO, "main")
    assert head
    with tempfile.TemporaryDirectory() as folder:
        one = Workspace.open(Path(folder) / "one", forge=forge, repo=REPO, base_sha=head)
        patches, before = [], one.base_tree
        for edits_of_a_round in rounds:
            for path, content in edits_of_a_round:
                try:
                    one.remove(path) if content is None else one.write(path, content)
                except PathRefused:
                    continue
            patches.append(one.diff(before))
            before = one.tree()
        two = Workspace.open(Path(folder) / "two", forge=forge, repo=REPO, base_sha=head, patches=patches)
        assert two.tree() == one.tree()
        sides = ChangeSet.parse(one.diff(one.base_tree, context=None)).files
        for file in sides:
            if not file.binary:
                shown = (one.read(file.path) or b"").decode("utf-8", "replace").replace("\0", "\ufffd")
                assert file.new_text == shown
