"""manage.py makes its own environment: in small projects whose only packages are wheels made here."""

import ast
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from dreamsite.bootstrap import DEVELOPMENT, RUNTIME, Installation
from dreamsite.env import Environment

ROOT = Path(__file__).resolve().parents[2]
PYTHON = str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}")
START = """
import sys, runtime_part
def main(arguments):
    print(sys.prefix, runtime_part.VERSION, *arguments[1:])
    return 7
"""


def wheel(folder: Path, name: str, version: str) -> str:
    """Build a wheel with one module; the line of a lock that pins it."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@dataclass(frozen=True)
class Made:
    """A project that two first starts at once installed, and how they ended."""

    root: Path
    ended: list[tuple[int, str, str]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A checkout with our manage.py, a lock for the runtime and one for development."""
    folder = tmp_path_factory.mktemp("made")
    root, wheels = folder / "project", folder / "wheels"
    (root / "dreamsite").mkdir(parents=True)
    wheels.mkdir()
    for name in ("manage.py", "dreamsite/__init__.py", "dreamsite/bootstrap.py", "dreamsite/env.py"):
        shutil.copy(ROOT / name, root / name)
    (root / "dreamsite" / "start.py").write_text(START)
    runtime = wheel(wheels, "runtime_part", "1.0")
    (root / RUNTIME).write_text(runtime)
    (root / DEVELOPMENT).write_text(runtime + wheel(wheels, "development_part", "1.0"))
    return Made(root, [finish(run) for run in [start(root, "demo", "--fast") for _ in range(2)]])


@pytest.fixture
def project(made: Made, tmp_path: Path) -> Path:
    """A copy of it, moved to another place with all that is installed."""
    shutil.copytree(made.root.parent, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy" / "project"


def environment(project: Path, **more: str) -> dict[str, str]:
    """Pip's own settings say where packages come from: here, a folder."""
    wheels = str(project.parent / "wheels")
    variables = Environment().variables.items()
    clean = {name: value for name, value in variables if not name.startswith(("PIP_", "DREAM_"))}
    return {**clean, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PIP_CONFIG_FILE": os.devnull, **more}


def start(project: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """Run manage.py with the interpreter of the system."""
    command = [PYTHON, str(project / "manage.py"), *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment(project, **more), stdout=pipe, stderr=pipe, text=True)


def finish(run: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Its exit code, stdout and stderr."""
    out, err = run.communicate(timeout=120)
    return run.returncode, out, err


def refused(project: Path, command: str, **more: str) -> str:
    """The one line of a run that could not install."""
    code, out, err = finish(start(project, command, **more))
    said = [line for line in err.splitlines() if not line.startswith("Installing ")]
    assert (code, out, len(said)) == (1, "", 1), err
    return said[0]


def test_two_at_once_install_once_and_both_go_on(made: Made) -> None:
    assert [code for code, _, _ in made.ended] == [7, 7]
    assert {out for _, out, _ in made.ended} == {f"{made.root}/.venv 1.0 demo --fast\n"}
    said = "".join(err for _, _, err in made.ended)
    assert said.count("Installing 1 packages into .venv (once)") == 1
    assert said.count("Another manage.py is installing into .venv; waiting") == 1


def test_what_is_installed_is_not_installed_again(project: Path) -> None:
    assert finish(start(project, "demo")) == (7, f"{project}/.venv 1.0 demo\n", "")


@pytest.mark.campaign
def test_a_change_of_the_lock_makes_the_environment_anew_and_keeps_what_tests_need(project: Path) -> None:
    assert finish(start(project, "test"))[0] == 7
    assert list(project.glob(".venv/lib/*/site-packages/development_part.py"))
    (project / ".venv" / "left over").touch()
    newer = wheel(project.parent / "wheels", "runtime_part", "2.0")
    (project / RUNTIME).write_text(newer)
    (project / DEVELOPMENT).write_text(newer + (project / DEVELOPMENT).read_text().splitlines()[1])
    assert finish(start(project, "demo"))[1] == f"{project}/.venv 2.0 demo\n"
    assert not (project / ".venv" / "left over").exists()
    assert list(project.glob(".venv/lib/*/site-packages/development_part.py"))


@pytest.mark.campaign
def test_an_installation_that_failed_is_made_again(project: Path) -> None:
    lock = (project / DEVELOPMENT).read_text()
    (project / DEVELOPMENT).write_text(re.sub("[0-9a-f]{64}", "0" * 64, lock))
    assert "DO NOT MATCH THE HASHES" in refused(project, "test")
    (project / DEVELOPMENT).write_text(lock)
    assert finish(start(project, "test"))[0] == 7


def test_without_a_network_one_line_says_where_to_look(project: Path) -> None:
    said = refused(project, "test", PIP_FIND_LINKS=str(project))
    assert said.startswith("manage.py: pip could not install requirements-dev.txt: No matching distribution")
    assert said.endswith("check the network, or where pip looks (pip config list)")


def test_another_interpreter_behind_the_environment_is_noticed(project: Path) -> None:
    here = Installation(project)
    assert here.has(RUNTIME)
    here.python.unlink()
    here.python.symlink_to("/bin/sh")
    assert not here.has(RUNTIME)


def test_a_python_without_ensurepip_is_told_what_to_install(project: Path, tmp_path: Path) -> None:
    library = Path(sysconfig.get_path("stdlib"))
    poor = tmp_path / "home" / "lib" / library.name
    poor.mkdir(parents=True)
    for entry in library.iterdir():
        if entry.name != "ensurepip":
            (poor / entry.name).symlink_to(entry)
    Installation(project).stamp_file(RUNTIME).unlink()
    said = refused(project, "demo", PYTHONHOME=str(tmp_path / "home"))
    assert said.endswith("lacks venv; on Debian or Ubuntu: apt install python3-venv")


def test_a_folder_that_cannot_be_written_is_said_in_one_line(project: Path) -> None:
    (project / ".venv.lock").unlink()
    (project / ".venv.lock").mkdir()
    assert refused(project, "test").startswith(
        f"manage.py: cannot write {project}/.venv.lock: Is a directory; copy"
    )


def test_the_environment_of_another_checkout_behind_a_link_is_left_alone(project: Path) -> None:
    (project / ".venv").rename(project.parent / "theirs")
    (project / ".venv").symlink_to(project.parent / "theirs")
    (project / RUNTIME).write_text("changed")
    assert "is a link; remove the link" in refused(project, "demo")
    assert (project.parent / "theirs" / "bin").is_dir()


def test_a_container_brings_its_own_environment(project: Path) -> None:
    (project / RUNTIME).write_text("changed")
    _, _, err = finish(start(project, "demo", DREAM_NO_BOOTSTRAP="1"))
    assert "No module named 'runtime_part'" in err


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("WARNING: x\nERROR: OSError: [Errno 28] No space left on device: 'a'\n", "the disk is full"),
        ("Error: [Errno 122] Disk quota exceeded\n", "the disk is full"),
        (
            "ERROR: Invalid requirement: 'x y' (from line 3)\n[notice] new pip\n",
            "pip: Invalid requirement: 'x y'",
        ),
        ("something odd\n\n", "pip: something odd"),
        ("", "pip: no reason given"),
    ],
)
def test_much_output_becomes_one_line(said: str, sentence: str, tmp_path: Path) -> None:
    assert str(Installation(tmp_path).failure("pip", said)).startswith(sentence)


def test_manage_py_can_say_no_on_a_very_old_python() -> None:
    ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 4))
