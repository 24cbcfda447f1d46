"""The one place that runs git outside the sandbox: neither machine nor repository has a say in how."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from builds.ports import Unavailable

ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "file",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
}
# Stronger than anything a repository's own configuration says.
SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.attributesFile": os.devnull,
    "core.excludesFile": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",  # a link is a plain file on disk and keeps its mode in the index
    "core.fileMode": "true",
    "core.ignoreCase": "false",
    "core.autocrlf": "false",
    "core.quotePath": "false",
    "core.protectHFS": "true",
    "core.protectNTFS": "true",
    "core.filesRefLockTimeout": "5000",
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "safe.directory": "*",
}
# Stronger than any .gitattributes: no filter, no conversion, and no way to hide a file from the diff.
ATTRIBUTES = "* -text -ident !eol !crlf !filter !working-tree-encoding !diff !merge !whitespace\n"


class GitFailed(Unavailable):
    """git did not do what it was asked. `why` is its last line, `exit_code` None if it never ended."""

    def __init__(self, command: str, stderr: str, *, exit_code: int | None = None) -> None:
        self.stderr = stderr
        self.exit_code = exit_code
        self.why = stderr.strip().rpartition("\n")[2] or "it said nothing"
        super().__init__(f"git {command} failed: {self.why}")


@dataclass(frozen=True, kw_only=True)
class Git:
    """git on one repository. Every method raises GitFailed; `timeout` is in seconds, for one command.

    `credential` is what git tells a server that asks who we are (`username=…` and `password=…` lines). It
    reaches git through a pipe, so that it is in no argument, no variable and no file.
    """

    git_dir: Path
    work_tree: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    credential: str = field(default="", repr=False)
    timeout: float = 120

    @classmethod
    def init(cls, git_dir: Path, *, branch: str = "main") -> Self:
        """Make a bare repository without hooks, whose attributes are ours."""
        git_dir.mkdir(parents=True)
        git = cls(git_dir=git_dir.absolute())
        git.run(
            "init", "--quiet", "--bare", "--template=", "--object-format=sha1", f"--initial-branch={branch}"
        )
        (git_dir / "info").mkdir(exist_ok=True)
        (git_dir / "info" / "attributes").write_text(ATTRIBUTES)
        return git

    def using(self, **variables: str) -> Self:
        """The same with more variables in git's environment."""
        return replace(self, variables={**self.variables, **variables})

    def run(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run one command and return what it printed."""
        command = arguments[0]
        process = self._start(arguments)
        try:
            out, err = process.communicate(stdin, timeout=self.timeout)
        except subprocess.TimeoutExpired as error:
            raise GitFailed(command, f"it took longer than {self.timeout:g} s") from error
        finally:
            _end(process)
        if process.returncode:
            raise GitFailed(command, err.decode("utf-8", "replace"), exit_code=process.returncode)
        return out

    def text(self, *arguments: str, stdin: bytes = b"") -> str:
        """Run one command and return the line it printed."""
        return self.run(*arguments, stdin=stdin).decode("utf-8", "replace").strip()

    def find(self, *arguments: str, stdin: bytes = b"") -> str | None:
        """Like `text`; None where git says that there is no such thing."""
        try:
            return self.text(*arguments, stdin=stdin)
        except GitFailed as failure:
            if failure.exit_code is None:
                raise
            return None

    def tree_of(self, commit: str) -> str | None:
        """The tree of a commit; None where this repository does not hold it."""
        return self.find(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}^{{tree}}"
        )

    def _start(self, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
        with _handed_over(self.credential) as pipes:
            try:
                return subprocess.Popen(
                    ["git", *arguments],
                    cwd=self.work_tree or self.git_dir,
                    env=self._environment(pipes),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                    pass_fds=pipes,
                )
            except FileNotFoundError as error:
                why = f"{error.filename} is not there (is git installed?)"
                raise GitFailed(arguments[0], why) from error

    def _environment(self, pipes: tuple[int, ...]) -> dict[str, str]:
        environment = {**ENVIRONMENT, "GIT_DIR": str(self.git_dir)}
        if self.work_tree:
            environment["GIT_WORK_TREE"] = str(self.work_tree)
        settings = {**SETTINGS, **self.settings}
        if pipes:
            # git adds a word to the command, which the # hides from the shell.
            settings["credential.helper"] = f"!cat /dev/fd/{pipes[0]} #"
        environment["GIT_CONFIG_COUNT"] = str(len(settings))
        for number, (key, value) in enumerate(settings.items()):
            environment[f"GIT_CONFIG_KEY_{number}"] = key
            environment[f"GIT_CONFIG_VALUE_{number}"] = value
        return {**environment, **self.variables}


@contextmanager
def _handed_over(secret: str) -> Iterator[tuple[int, ...]]:
    """The reading end of a pipe that holds the secret; no pipe where there is none."""
    if not secret:
        yield ()
        return
    reading, writing = os.pipe()
    try:
        os.write(writing, secret.encode())
        os.close(writing)
        yield (reading,)
    finally:
        os.close(reading)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing running: git may have started others, which hold the pipes open."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
