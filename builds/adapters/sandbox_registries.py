"""Where pip, npm and yarn look for packages by themselves: asked of them, so that no host is kept here."""

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
    return (*said([sys.executable, "-I", "-c", ASK_PIP]).split(), *hosts_of("npm"), *hosts_of("yarn"))


def hosts_of(tool: str) -> tuple[str, ...]:
    """The host of a Node tool's registry, whatever this user's own settings say."""
    found = shutil.which(tool)
    host = urlsplit(said([found, "config", "get", "registry"])).netloc if found else ""
    return (host,) if host else ()


def said(command: list[str]) -> str:
    """What a command prints, or nothing."""
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/nonexistent",
        "COREPACK_ENABLE_NETWORK": "0",
    }
    try:
        ran = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=SECONDS, env=environment, cwd="/"
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return ran.stdout.strip()
