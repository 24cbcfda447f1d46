"""How much memory a process and all its descendants hold together: rlimits count each process alone."""

from collections import defaultdict
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


def resident_bytes(root: int) -> int:
    """Anonymous and shared memory in RAM of `root` and everything it started, in bytes.

    Pages that processes share after a fork are counted for each of them, so read it as a ceiling.
    """
    children = _children()
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        waiting += children.get(pid, [])
        total += _resident(pid)
    return total


def _children() -> dict[int, list[int]]:
    children: dict[int, list[int]] = defaultdict(list)
    for process in PROC.iterdir():
        if process.name.isdigit():
            with suppress(OSError):  # it may be gone by now
                # The name of the program, in brackets, may hold spaces and brackets of its own.
                after_name = (process / "stat").read_bytes().rpartition(b")")[2].split()
                children[int(after_name[1])].append(int(process.name))
    return children


def _resident(pid: int) -> int:
    with suppress(OSError):
        lines = (PROC / str(pid) / "status").read_bytes().splitlines()
        return 1024 * sum(
            int(line.split()[1]) for line in lines if line.startswith((b"RssAnon", b"RssShmem"))
        )
    return 0
