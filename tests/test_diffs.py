"""A git diff becomes values that hold both whole sides, whatever the files are called and hold."""

import time
from pathlib import Path

import pytest

from builds.coding.git import Git
from builds.diffs import ChangeSet, FileDiff

Files = dict[str, bytes]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git.init(tmp_path / "git")


def tree_of(git: Git, files: Files, *, executable: str = "") -> str:
    aside = git.using(GIT_INDEX_FILE=str(git.git_dir / "test.index"))
    aside.run("read-tree", "--empty")
    for path, content in files.items():
        sha = git.text("hash-object", "-w", "--stdin", stdin=content)
        mode = "100755" if path == executable else "100644"
        aside.run("update-index", "--add", "--cacheinfo", f"{mode},{sha},{path}")
    return aside.text("write-tree")


def change_set(git: Git, old: Files, new: Files, *options: str) -> ChangeSet:
    trees = [tree_of(git, old), tree_of(git, new)]
    renames = () if options else ("--no-renames",)
    patch = git.run(
        "diff-tree", "-r", "-p", "--binary", "--full-index", "-U100000000", *renames, *options, *trees
    )
    return ChangeSet.parse(patch)


def only_file(git: Git, old: bytes, new: bytes) -> FileDiff:
    (file,) = change_set(git, {"a.txt": old}, {"a.txt": new}).files
    return file


def test_an_empty_patch_is_an_empty_change_set() -> None:
    assert ChangeSet.parse(b"") == ChangeSet()
    assert ChangeSet().paths == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"one\ntwo\nthree\n", b"one\n2\nthree\n"),
        (b"one\n", b"one"),
        (b"one", b"one\n"),
        (b"one\ntwo", b"zero\none\ntwo"),
        (b"one\r\ntwo\r\n", b"one\ntwo\r\n"),
        (b"form\x0cfeed\x0b\x1c\xc2\x85\n", b"form\x0cfeed\x0b\x1c\xc2\x85\xe2\x80\xa8more\n"),
        (b"a lone\rcarriage return\n", b"a lone\r\rcarriage return\n"),
        (b"-- a comment\n", b"++ not a header\n--- a/x\n+++ b/x\n@@ -1 +1 @@\ndiff --git a/x b/x\n"),
        ("čaj ☕\n".encode(), "káva ☕\n".encode()),
        (b"\n\n\n", b"\n\n"),
        (b"", b"now it holds something\n"),
        (b"now it holds nothing\n", b""),
    ],
)
def test_both_whole_sides_can_be_read(git: Git, old: bytes, new: bytes) -> None:
    file = only_file(git, old, new)
    assert file.kind == "modified"
    assert (file.old_text.encode(), file.new_text.encode()) == (old, new)


def test_lines_that_came_and_went_carry_their_numbers(git: Git) -> None:
    file = only_file(git, b"a\nb\nc\nd\n", b"a\nB\nd\ne\n")
    assert [(line.number, line.text) for line in file.removed] == [(2, "b"), (3, "c")]
    assert [(line.number, line.text) for line in file.added] == [(2, "B"), (4, "e")]
    assert [line.number for line in file.new_lines] == [1, 2, 3, 4]


def test_removed_and_added_lines_stand_side_by_side(git: Git) -> None:
    file = only_file(git, b"a\nb\nc\nd\n", b"a\nB\nd\ne\n")
    rows = [(row.old and row.old.text, row.new and row.new.text, row.changed) for row in file.rows]
    assert rows == [
        ("a", "a", False),
        ("b", "B", True),
        ("c", None, True),
        ("d", "d", False),
        (None, "e", True),
    ]


def test_a_lost_last_newline_is_a_change_though_the_texts_are_equal(git: Git) -> None:
    file = only_file(git, b"a\nb\n", b"a\nb")
    assert [row.changed for row in file.rows] == [False, True]
    assert "+b\n\\ No newline at end of file\n" in file.unified()


@pytest.mark.parametrize(
    "path",
    [
        "with space.txt",
        "x b/y",
        'quo"te.txt',
        "back\\slash.txt",
        "tab\there.txt",
        "line\nend.txt",
        "žluťoučký/kůň.txt",
        "-dash",
        "a/b/c",
    ],
)
def test_a_path_of_any_spelling_is_read_back(git: Git, path: str) -> None:
    changes = change_set(git, {path: b"old\n"}, {path: b"new\n"})
    assert changes.paths == (path,)
    assert changes.files[0].new_text == "new\n"


def test_new_removed_and_empty_files_have_one_side(git: Git) -> None:
    changes = change_set(git, {"gone.txt": b"x\n", "empty.old": b""}, {"new.txt": b"y\n", "empty.new": b""})
    kinds = {file.path: (file.kind, file.old_mode, file.new_mode) for file in changes.files}
    assert kinds == {
        "gone.txt": ("removed", "100644", ""),
        "empty.old": ("removed", "100644", ""),
        "new.txt": ("added", "", "100644"),
        "empty.new": ("added", "", "100644"),
    }
    assert (changes.added_count, changes.removed_count) == (1, 1)


def test_a_change_of_mode_alone_is_seen(git: Git) -> None:
    files = {"run.sh": b"true\n"}
    trees = [tree_of(git, files), tree_of(git, files, executable="run.sh")]
    (file,) = ChangeSet.parse(git.run("diff-tree", "-r", "-p", "--full-index", *trees)).files
    assert (file.kind, file.old_mode, file.new_mode, file.rows) == ("modified", "100644", "100755", ())
    assert "mode 100644 -> 100755" in file.unified()


def test_a_renamed_file_names_both_paths(git: Git) -> None:
    body = b"".join(b"line %d\n" % number for number in range(50))
    changes = change_set(git, {"old name.txt": body}, {"new name.txt": body + b"more\n"}, "-M")
    (file,) = changes.files
    assert (file.kind, file.old_path, file.path) == ("renamed", "old name.txt", "new name.txt")
    assert changes.paths == ("new name.txt", "old name.txt")
    assert file.new_text.endswith("line 49\nmore\n")


@pytest.mark.parametrize("content", [b"\0\1\2", bytes(range(256)) * 40])
def test_a_binary_file_has_no_rows(git: Git, content: bytes) -> None:
    (file,) = change_set(git, {}, {"image.png": content}).files
    assert (file.binary, file.rows, file.kind) == (True, (), "added")
    assert "Binary file, not shown" in file.unified()


def test_bytes_that_no_database_takes_are_replaced(git: Git) -> None:
    late_nul = b"line\n" * 3000 + b"caf\xe9 \0\n"  # git looks for NUL in the first 8000 bytes only
    (file,) = change_set(git, {}, {"latin.txt": late_nul}).files
    assert file.added[-1].text == "caf\ufffd \ufffd"


@pytest.mark.parametrize(
    "patch",
    [
        b"just some text\n",
        b"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n",
        b"diff --git a/x b/y\nindex 1..2 100644\n--- a/x\n+++ b/y\n@@ -1 +1 @@\n-a\n+b\n",
        b"diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\n",
    ],
)
def test_what_git_did_not_make_is_refused(patch: bytes) -> None:
    with pytest.raises(ValueError, match="diff"):
        ChangeSet.parse(patch)


def test_hunks_fold_what_did_not_change(git: Git) -> None:
    lines = [f"line {number}\n" for number in range(1, 41)]
    changed = [*lines[:9], "ten\n", *lines[10:14], "fifteen\n", *lines[15:39], "forty\n"]
    file = only_file(git, "".join(lines).encode(), "".join(changed).encode())
    assert [(hunk.skipped_before, hunk.header) for hunk in file.hunks()] == [
        (6, "@@ -7,12 +7,12 @@"),
        (18, "@@ -37,4 +37,4 @@"),
    ]
    assert file.hunks(context=0)[0].header == "@@ -10,1 +10,1 @@"


def test_the_unified_text_applies_as_a_patch(git: Git, tmp_path: Path) -> None:
    old, new = b"a\nb\nc\nd\ne\nf\ng\nh\ni\n", b"a\nB\nX\nc\nd\ne\nf\ng\nh"
    text = only_file(git, old, new).unified()
    (tmp_path / "a.txt").write_bytes(old)
    Git(git_dir=git.git_dir, work_tree=tmp_path).run("apply", "-", stdin=text.encode())
    assert (tmp_path / "a.txt").read_bytes() == new


def test_three_thousand_changed_lines_are_read_quickly(git: Git) -> None:
    lines = [b"value_%d = compute(%d)\n" % (number, number) for number in range(12000)]
    changed = [b"# " + line if number % 4 == 0 else line for number, line in enumerate(lines)]
    trees = [tree_of(git, {"a.py": b"".join(lines)}), tree_of(git, {"a.py": b"".join(changed)})]
    patch = git.run("diff-tree", "-p", "--full-index", "-U100000000", *trees)
    started = time.process_time()
    changes = ChangeSet.parse(patch)
    hunks = changes.files[0].hunks()
    assert time.process_time() - started < 0.5
    assert (changes.added_count, len(hunks)) == (3000, 1)
