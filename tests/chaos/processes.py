"""Processes as the kernel shows them: who descends from whom, and who holds the other end of a connection."""

import ctypes
import os
import signal
from contextlib import suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """From now on every orphan among our descendants becomes our child, so that none is lost from sight."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "this kernel knows no subreaper")


def parents() -> dict[int, int]:
    """Every process of this machine with its parent; one that has ended and waits to be reaped is none."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(") ")[2].split()[:2]
            if state not in "ZX":
                found[int(folder.name)] = int(parent)
    return found


def descendants(pid: int) -> set[int]:
    """All processes below one."""
    known = parents()
    found: set[int] = set()
    new = {pid}
    while new:
        new = {child for child, parent in known.items() if parent in new} - found
        found |= new
    return found


def lineage(pid: int) -> list[int]:
    """A process, its parent, and so on."""
    known = parents()
    found = []
    while pid in known and pid not in found:
        found.append(pid)
        pid = known[pid]
    return found


def command(pid: int) -> str:
    """The command line of a process; empty when it is gone."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def environment(pid: int) -> list[bytes]:
    """The variables that a process was started with; none when it is gone or somebody else's."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    return []


def holder(port: int, among: set[int]) -> int | None:
    """Which of some processes holds the client's end of a loopback connection with this port."""
    wanted = f"socket:[{inode_of(port)}]"
    for pid in sorted(among):
        with suppress(OSError):
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    if str(entry.readlink()) == wanted:
                        return pid
    return None


def inode_of(port: int) -> str:
    """The inode of the socket that is bound to a local port of 127.0.0.1 and connected."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        words = line.split()
        if words[1] == f"0100007F:{port:04X}" and words[2] != "00000000:0000":
            return words[9]
    return ""


def send(pids: list[int], number: signal.Signals) -> None:
    """A signal to each that is still there."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
