"""Nothing in a workspace leads out of it, whatever the repository, a patch or a path says."""

import os
from pathlib import Path

import pytest

from builds.coding.git import Git
from builds.coding.paths import PathRefused
from builds.ports import Refused
from tests.coding.places import Place


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def place(made: Place, tmp_path: Path) -> Place:
    return made.copy(tmp_path)


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


def test_a_path_below_a_file_and_a_folder_itself_cannot_be_written(place: Place) -> None:
    workspace = place.open()
    with pytest.raises(PathRefused, match=r"README\.md is a file"):
        workspace.write("README.md/x", b"x")
    with pytest.raises(PathRefused, match="it is a folder"):
        workspace.write("src", b"x")
    with pytest.raises(PathRefused, match="no such file"):
        workspace.remove("src")
