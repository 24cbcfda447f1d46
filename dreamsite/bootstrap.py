"""Makes .venv from the pinned, hashed locks and goes on in it; nothing but the standard library."""

import errno
import fcntl
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from dreamsite.env import BadSetting, Environment

ROOT = Path(__file__).resolve().parent.parent
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
# Wheels only: to build a package is to run code, and to fetch more of it, that no hash of the lock covers.
PIP_OPTIONS = ("-q", "--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes")
FULL = (errno.ENOSPC, errno.EDQUOT)


class CannotInstall(Exception):
    """The environment could not be made; the message is one line with the mend."""


@dataclass(frozen=True)
class Installation:
    """One checkout and its `.venv`, which holds a stamp for each lock that was installed whole."""

    root: Path

    @property
    def folder(self) -> Path:
        """Where the environment is."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    def stamp(self, lock: str) -> str:
        """Changes when the lock does, and when the interpreter behind `.venv` becomes another one."""
        content = hashlib.sha256((self.root / lock).read_bytes()).hexdigest()
        return f"{content} {self.python.resolve()}\n"

    def stamp_file(self, lock: str) -> Path:
        """Written last, so that an interrupted installation is made again."""
        return self.folder / f"{lock}.installed"

    def has(self, lock: str) -> bool:
        """Whether a lock is installed as it is now."""
        file = self.stamp_file(lock)
        return self.python.exists() and file.exists() and file.read_text(encoding="utf-8") == self.stamp(lock)

    def bring_up_to_date(self, *, development: bool) -> None:
        """Install what the locks ask for. Raises CannotInstall."""
        wanted = [RUNTIME, DEVELOPMENT] if development else [RUNTIME]
        try:
            if all(self.has(lock) for lock in wanted):
                return
            with self.alone():
                development = development or self.stamp_file(DEVELOPMENT).exists()
                self.install([RUNTIME, DEVELOPMENT] if development else [RUNTIME])
        except OSError as error:
            if error.errno in FULL:
                raise self.disk_full() from error
            raise CannotInstall(
                f"cannot write {error.filename or self.root}: {error.strerror}; copy the project to a folder "
                "of yours, or install requirements.txt yourself and set DREAM_NO_BOOTSTRAP=1"
            ) from error

    def install(self, locks: list[str]) -> None:
        """Make the environment anew when the runtime lock changed; the last lock holds the ones before it."""
        if all(self.has(lock) for lock in locks):
            return  # somebody else did it while we waited
        lock = locks[-1]
        pinned = re.findall(
            r"^[\w.-]+==[^;\n]*$", (self.root / lock).read_text(encoding="utf-8"), re.MULTILINE
        )
        say(f"Installing {len(pinned)} packages into .venv (once) …")
        if not self.has(RUNTIME):
            self.make()
        self.pip(lock)
        for each in locks:
            self.stamp_file(each).write_text(self.stamp(each), encoding="utf-8")

    def make(self) -> None:
        """An empty environment with pip; never through a link, whose target belongs to another checkout."""
        if self.folder.is_symlink():
            raise CannotInstall(
                f"{self.folder} is a link; remove the link, or set DREAM_NO_BOOTSTRAP=1 to use it"
            )
        if not find_spec("venv") or not find_spec("ensurepip"):
            raise CannotInstall(f"{sys.executable} lacks venv; on Debian or Ubuntu: apt install python3-venv")
        made = output([sys.executable, "-m", "venv", "--clear", str(self.folder)])
        if made is not None:
            raise self.failure("could not make .venv", made)

    def pip(self, lock: str) -> None:
        """Install a lock. Where packages come from is the business of pip's own settings on this machine."""
        said = output(
            [str(self.python), "-I", "-m", "pip", "install", *PIP_OPTIONS, "-r", str(self.root / lock)]
        )
        if said is not None:
            raise self.failure(f"pip could not install {lock}", said)

    def failure(self, what: str, said: str) -> CannotInstall:
        """One line out of many."""
        if any(os.strerror(number) in said for number in FULL):
            return self.disk_full()
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        errors = [line.partition("ERROR:")[2].strip() for line in lines if line.startswith("ERROR:")]
        reason = (errors or lines or ["no reason given"])[-1]
        if "No matching distribution" in reason:
            reason += "; check the network, or where pip looks (pip config list)"
        return CannotInstall(f"{what}: {reason}")

    def disk_full(self) -> CannotInstall:
        """Said wherever it is noticed."""
        return CannotInstall(f"the disk is full: {self.folder} and pip's work need about 1 GB; make room")

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One installation at a time. Pip inherits the lock: should we be killed, it still works on."""
        with (self.root / ".venv.lock").open("a") as lock:
            os.set_inheritable(lock.fileno(), True)  # noqa: FBT003
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("Another manage.py is installing into .venv; waiting for it …")
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def output(command: list[str]) -> str | None:
    """Run a command; what it said when it failed, None when it did not."""
    ran = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        close_fds=False,
    )
    return ran.stdout if ran.returncode else None


def say(line: str) -> None:
    """To stderr: what a command prints on stdout may be read by a program."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def enter(arguments: list[str]) -> None:
    """Go on in `.venv` with the same arguments, those of sys.argv; returns only inside."""
    here = Installation(ROOT)
    try:
        if Environment().flag("DREAM_NO_BOOTSTRAP") or Path(sys.prefix).resolve() == here.folder.resolve():
            return
        here.bring_up_to_date(development=arguments[1:2] == ["test"])
    except (BadSetting, CannotInstall) as error:
        sys.exit(f"manage.py: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    os.execv(here.python, [str(here.python), *sys.orig_argv[1:]])  # noqa: S606 - a shell has no part in it
