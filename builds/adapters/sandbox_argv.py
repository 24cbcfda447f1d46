"""The bubblewrap command line: everything taken away first, then as little as possible given back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from builds.adapters.sandbox_privileges import Launch
from builds.adapters.sandbox_system import PYTHON_INSIDE, covers, library_path, search_path, system_binds
from builds.sandboxed import Limits

SHARED_MEMORY = 64 << 20  # /dev/shm, Docker's size
OPEN_FILES = 1024

READY, START = b"\0ready\n", b"\0start\n"

# A process namespace around the sandbox's own. Code inside can take over its pid 1 with ptrace and undo that
# one's --die-with-parent; it cannot even see the pid 1 out here, whose death ends everything below it.
KEEPER = (
    *("--unshare-user", "--unshare-pid", "--die-with-parent"),
    *("--dev-bind", "/", "/", "--proc", "/proc", "--"),
)

# Runs before the command and talks with us over its standard streams. It waits for `go`, so that nothing
# starts when the worker died before bubblewrap had bound its own life to the worker's. Nothing untrusted
# has run before `start`.
PREPARE = """
printf '\\000ready\\n'
read -r go || exit 1
tar -xf - || exit 1
prlimit --pid $$ "$1" "$2" "$3" "$4" "$5" "$6" || exit 1
shift 6
printf '\\000start\\n'
exec "$@" </dev/null 2>&1
"""


@dataclass(frozen=True, kw_only=True)
class View:
    """What this one run sees beyond the system.

    `files` maps paths inside to open descriptors that hold their content; `folders` are empty ones to write
    to; `binds` names, for each path of `launch.shown`, where it lies inside; `scratch` are empty folders
    within those.
    """

    files: Mapping[str, int]
    folders: Sequence[str] = ()
    binds: Sequence[str] = ()
    scratch: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)


def sandbox_argv(
    command: Sequence[str], launch: Launch, limits: Limits, *, view: View, seccomp: int | None
) -> list[str]:
    """The whole command line."""
    return [
        *launch.prefix,
        *(str(launch.bwrap), *KEEPER),
        *("env", "-i"),  # the outer one adds PWD, and pid 1 inside would show it
        str(launch.bwrap),
        *_namespaces(),
        *_environment(launch, view),
        *_system(launch),
        *_file_system(limits, launch, view),
        *(["--seccomp", str(seccomp)] if seccomp is not None else []),
        "--",
        "sh",
        "-c",
        PREPARE,
        "sh",
        *resource_limits(limits),
        *command,
    ]


def resource_limits(limits: Limits) -> list[str]:
    """Six options of prlimit. DATA and not AS: node reserves far more addresses than it uses."""
    return [
        f"--cpu={limits.cpu_seconds}:{limits.cpu_seconds + 1}",  # SIGXCPU first, SIGKILL for who ignores it
        f"--data={limits.memory_bytes}",
        f"--nproc={limits.processes}",
        f"--nofile={OPEN_FILES}",
        f"--fsize={limits.disk_bytes}",
        "--core=0",
    ]


def _namespaces() -> list[str]:
    return [
        "--unshare-all",
        "--unshare-user",
        "--disable-userns",
        "--die-with-parent",
        "--new-session",
        *("--cap-drop", "ALL"),
        *("--uid", "1000", "--gid", "1000"),
        *("--hostname", "sandbox"),
    ]


def _environment(launch: Launch, view: View) -> list[str]:
    variables = {"PATH": search_path(python=launch.python is not None), "HOME": "/tmp"}  # noqa: S108  inside it is private
    # Unbuffered: what a program says on its two streams comes back in the order in which it was said.
    variables |= {"LANG": "C.UTF-8", "CI": "1", "PYTHONUNBUFFERED": "1"}
    if launch.python and library_path():
        variables["LD_LIBRARY_PATH"] = library_path()
    variables |= view.variables
    return ["--clearenv", *(word for name, value in variables.items() for word in ("--setenv", name, value))]


def _system(launch: Launch) -> list[str]:
    binds = system_binds()
    if launch.python:
        binds += ["--ro-bind", str(launch.python), str(PYTHON_INSIDE)]
    for folder in covers(launch.python_origin):
        binds += ["--size", "4096", "--tmpfs", str(folder), "--remount-ro", str(folder)]
    return binds


def _file_system(limits: Limits, launch: Launch, view: View) -> list[str]:
    made_up = [
        word
        for path, descriptor in view.files.items()
        for word in ("--perms", "0444", "--file", str(descriptor), path)
    ]
    disk = str(limits.disk_bytes)
    binds = [
        word
        for source, inside in zip(launch.shown, view.binds, strict=True)
        for word in ("--ro-bind", str(source), inside)
    ]
    empty = [word for path in (*view.folders, *view.scratch) for word in ("--size", disk, "--tmpfs", path)]
    return [
        *made_up,
        *("--proc", "/proc"),
        *("--dev", "/dev"),
        # bubblewrap's /dev is a tmpfs without a bound: half of the machine's memory for the taking.
        *("--size", str(SHARED_MEMORY), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),  # noqa: S108
        *("--size", disk, "--tmpfs", "/tmp"),  # noqa: S108
        *("--size", disk, "--tmpfs", "/checkout"),
        *binds,
        *empty,
        *("--chdir", "/checkout"),
        *("--remount-ro", "/"),
    ]
