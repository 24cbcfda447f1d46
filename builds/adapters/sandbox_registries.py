"""Where pip and npm look for packages by themselves: asked of pip and npm, so that no host is kept here."""

import shutil
import subprocess
import sys
from functools import cache
from urllib.parse import urlsplit

ASK_PIP = "from pip._internal.models.index import PyPI; print(PyPI.netloc, PyPI.file_storage_domain)"
SECONDS = 30


@cache
def usual_hosts() -> tuple[str, ...]:
    """Host names; without those of a tool that is not installed, or that does not answer."""
    return (*said([sys.executable, "-I", "-c", ASK_PIP]).split(), *npm_hosts())


def npm_hosts() -> tuple[str, ...]:
    """The host of npm's registry, whatever this user's own settings say."""
    npm = shutil.which("npm")
    host = urlsplit(said([npm, "config", "get", "registry"])).netloc if npm else ""
    return (host,) if host else ()


def said(command: list[str]) -> str:
    """What a command prints, or nothing."""
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/nonexistent"}
    try:
        ran = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=SECONDS, env=environment, cwd="/"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout.strip()
