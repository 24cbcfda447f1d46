"""Repositories and patches that want git to run something, or to write where it must not."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builds.coding.git import Git
from builds.ports import Commit, Refused
from tests.coding.places import FILES, REPO, Place

MARK = "PWNED"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)
Set = Callable[[Path, str], None]  # the bare repository, and a command that leaves a mark


def configured(*settings: tuple[str, str]) -> Set:
    """Settings in the repository's own configuration; `{}` is the command."""

    def set_them(bare: Path, command: str) -> None:
        git = Git(git_dir=bare)
        for key, value in settings:
            git.run("config", "--add", key, value.format(command))

    return set_them


def hooked(*names: str) -> Set:
    """Hooks that leave the mark."""

    def set_them(bare: Path, command: str) -> None:
        (bare / "hooks").mkdir(exist_ok=True)
        for name in names:
            hook = bare / "hooks" / name
            hook.write_text(f"#!/bin/sh\n{command}\n")
            hook.chmod(0o755)

    return set_them


def attributes(bare: Path, command: str) -> None:
    """Attributes beside the repository, with a filter that is configured there."""
    (bare / "info").mkdir(exist_ok=True)
    (bare / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
    configured(
        ("filter.evil.smudge", "{}"),
        ("filter.evil.clean", "{}"),
        ("filter.evil.process", "{}"),
        ("filter.evil.required", "true"),
        ("diff.evil.textconv", "{}"),
        ("diff.evil.command", "{}"),
        ("merge.evil.driver", "{}"),
    )(bare, command)


TRAPS: dict[str, Set] = {
    "hooks of a checkout": hooked("post-checkout", "post-merge", "post-index-change"),
    "hooks of a push": hooked(
        "pre-receive", "update", "post-receive", "post-update", "reference-transaction"
    ),
    "hooks of a commit": hooked("pre-commit", "commit-msg", "post-commit", "pre-push", "sendemail-validate"),
    "a filter for every file": attributes,
    "a file system monitor": configured(("core.fsmonitor", "{}"), ("core.fsmonitorHookVersion", "1")),
    "a pager and an editor": configured(("core.pager", "{}"), ("core.editor", "{}"), ("pager.diff", "true")),
    "an external diff": configured(("diff.external", "{}")),
    "hooks elsewhere": configured(("core.hooksPath", "/tmp")),
    "an alias": configured(("alias.fetch", "!{}"), ("alias.diff-tree", "!{}"), ("alias.add", "!{}")),
    "a helper of credentials": configured(("credential.helper", "!{}"), ("core.askPass", "{}")),
    "a protocol that runs commands": configured(
        ("protocol.ext.allow", "always"), ("remote.origin.url", "ext::sh -c {}"), ("core.sshCommand", "{}")
    ),
    "another configuration": configured(("include.path", "/tmp/evil"), ("core.worktree", "/tmp")),
    "a program that signs": configured(("commit.gpgSign", "true"), ("gpg.program", "{}")),
    "a hook of an upload": configured(("uploadpack.packObjectsHook", "{}"), ("receive.fsckObjects", "false")),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return Place.make(tmp_path_factory.mktemp("made"))


def use_everything(place: Place) -> None:
    """Check out, change, compare, apply, and put a commit on a branch."""
    workspace = place.open()
    workspace.write("src/app.py", b"changed\n")
    patch = workspace.diff(workspace.base_tree)
    tree = workspace.tree()
    changes = workspace.changes(workspace.base_tree, tree)
    again = place.open("again", patch)
    assert again.tree() == tree
    again.reset_to(again.base_tree)
    before = workspace.base_tree
    commit = Commit(message="Change", changes=changes, tree_before=before, tree_sha=tree, at=WHEN)
    place.forge.publish(REPO, "dream/x", place.base_sha, [commit])
    assert (again.root / ".gitattributes").read_bytes() == FILES[".gitattributes"]


@pytest.mark.parametrize("name", TRAPS)
def test_git_runs_nothing_that_a_repository_wants(made: Place, tmp_path: Path, name: str) -> None:
    place = made.copy(tmp_path)
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/{MARK}\ncat\n")
    script.chmod(0o755)
    TRAPS[name](place.forge.root / "acme" / "shop.git", str(script))
    use_everything(place)
    assert not (tmp_path / MARK).exists()


VARIABLES = {
    "GIT_EXTERNAL_DIFF": "{}",
    "GIT_SSH_COMMAND": "{}",
    "GIT_ASKPASS": "{}",
    "GIT_PAGER": "{}",
    "GIT_CONFIG_PARAMETERS": "'core.fsmonitor={}'",
    "GIT_CONFIG_GLOBAL": "{}",
    "GIT_DIR": "/nonexistent/elsewhere",
    "GIT_WORK_TREE": "/nonexistent/elsewhere",
    "GIT_INDEX_FILE": "/nonexistent/elsewhere",
    "GIT_EXEC_PATH": "/nonexistent/elsewhere",
    "GIT_TEMPLATE_DIR": "/nonexistent/elsewhere",
    "GIT_TRACE": "/nonexistent/elsewhere",
    "LD_PRELOAD_OF_GIT": "{}",
}


def test_git_hears_nothing_that_the_environment_wants(
    made: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "evil"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/{MARK}\n")
    script.chmod(0o755)
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value.format(script))
    use_everything(made.copy(tmp_path))
    assert not (tmp_path / MARK).exists()


def added(path: str, text: str, *, mode: str = "100644") -> str:
    """A patch that adds a file."""
    head = f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
    return f"{head}@@ -0,0 +1 @@\n+{text}\n\\ No newline at end of file\n"


def moved(old: str, new: str) -> str:
    """A patch that renames."""
    return f"diff --git a/{old} b/{new}\nsimilarity index 100%\nrename from {old}\nrename to {new}\n"


PATCHES = {
    "through a link of its own": added("door", "..", mode="120000") + added(f"door/{MARK}", "x"),
    "through a link of the repository": added(f"up/{MARK}", "x"),
    "to the folder above": added(f"../{MARK}", "x"),
    "to the folder above, in the middle": added(f"src/../../{MARK}", "x"),
    "to an absolute path": added(f"/tmp/{MARK}", "x"),
    "to the hooks": added(".git/hooks/post-checkout", "x", mode="100755"),
    "to the configuration": added(".git/config", "x"),
    "to the configuration in capitals": added(".GIT/config", "x"),
    "to the short name of the configuration": added("git~1/config", "x"),
    "to the configuration behind an invisible letter": added(".g\u200cit/config", "x"),
    "of a name that is moved out": moved("README.md", f"../{MARK}"),
    "of a name that is moved into git": moved("README.md", ".git/config"),
}


@pytest.mark.parametrize("name", PATCHES)
def test_a_stored_patch_writes_nowhere_else(made: Place, tmp_path: Path, name: str) -> None:
    place = made.copy(tmp_path)
    workspace = place.open()
    with pytest.raises(Refused) as refusal:
        workspace.apply(PATCHES[name].encode())
    assert refusal.value.code == "patch_refused"
    assert workspace.tree() == workspace.base_tree
    assert not [path for path in tmp_path.rglob(f"*{MARK}*") if path.is_file()]
    assert not (Path("/tmp") / MARK).exists()


def test_submodules_and_their_addresses_are_never_followed(tmp_path: Path) -> None:
    modules = f'[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch {tmp_path}/{MARK}"\n\tupdate = !true\n'
    place = Place.make(tmp_path)
    blob = place.blob(modules.encode())
    sha = place.commit(("100644", blob, ".gitmodules"), ("160000", "1" * 40, "x"))
    workspace = place.open_at(sha)
    assert list((workspace.root / "x").iterdir()) == []
    assert not list(tmp_path.rglob(MARK))
