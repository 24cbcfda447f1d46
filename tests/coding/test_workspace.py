"""A workspace is the same anywhere: the files of a commit, and patches that carry every change."""

import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds.coding.paths import PathRefused
from builds.coding.workspace import Workspace
from builds.diffs import ChangeSet
from builds.ports import FileChange, Refused, Unavailable
from tests.coding.places import FILES, Place


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def place(made: Place, tmp_path: Path) -> Place:
    return made.copy(tmp_path)


@pytest.fixture(scope="module")
def pair(made: Place, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Workspace]:
    """Two workspaces of one commit, for many examples: each brings them back to their base first."""
    place = made.copy(tmp_path_factory.mktemp("pair"))
    return place.open("one"), place.open("two")


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


names = st.sampled_from(["a", "b.py", "d/e", "d/f.txt", "g h/\u0161.md", "d"])
contents = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"\0", b"\0\n\xff", b"text\r\n\0"]),  # git takes a file with a zero byte for binary
    st.lists(st.sampled_from([b"x", b"yy", b"", b"z\r"]), max_size=8).map(b"\n".join),
)
edits = st.lists(st.tuples(names, st.none() | contents), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None, database=None)
@given(rounds=st.lists(edits, min_size=1, max_size=3))
def test_any_edits_survive_as_patches(
    pair: tuple[Workspace, Workspace], rounds: list[list[tuple[str, bytes | None]]]
) -> None:
    one, two = pair
    for workspace in pair:
        workspace.reset_to(workspace.base_tree)
    before = one.base_tree
    for edits_of_a_round in rounds:
        for path, content in edits_of_a_round:
            try:
                one.remove(path) if content is None else one.write(path, content)
            except PathRefused:
                continue
        after = one.tree()
        two.apply(one.diff(before, after))
        before = after
    assert two.tree() == before
    sides = ChangeSet.parse(one.diff(one.base_tree, before, context=None)).files
    for file in sides:
        if not file.binary:
            shown = (one.read(file.path) or b"").decode("utf-8", "replace").replace("\0", "\ufffd")
            assert file.new_text == shown


@contextmanager
def no_room_for(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: what git cannot write ends it, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_patch_that_cannot_be_written_is_not_taken_for_one_that_does_not_apply(place: Place) -> None:
    first = place.open("first")
    first.write("large.bin", os.urandom(200_000))
    patch = first.diff(first.base_tree)
    second = place.open("second")
    with no_room_for(50_000), pytest.raises(Unavailable):
        second.apply(patch)
    assert place.open("third", patch).tree() == first.tree()  # the next try, in a folder of its own
