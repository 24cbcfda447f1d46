"""The bubblewrap command line: everything taken away first, then as little as possible given back."""

from collections.abc import Mapping, Sequence

from builds.adapters.sandbox_privileges import Launch
from builds.adapters.sandbox_system import PYTHON_INSIDE, covers, library_path, search_path, system_binds
from builds.ports import Limits

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


def sandbox_argv(
    command: Sequence[str], launch: Launch, limits: Limits, *, files: Mapping[str, int], seccomp: int | None
) -> list[str]:
    """The whole command line. `files` maps paths inside to open descriptors that hold their content."""
    return [
        *launch.prefix,
        *(str(launch.bwrap), *KEEPER),
        *("env", "-i"),  # the outer one adds PWD, and pid 1 inside would show it
        str(launch.bwrap),
        *_namespaces(),
        *_environment(launch),
        *_system(launch),
        *_file_system(limits, files),
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


def _environment(launch: Launch) -> list[str]:
    variables = {"PATH": search_path(python=launch.python is not None), "HOME": "/tmp"}  # noqa: S108  inside it is private
    variables |= {"LANG": "C.UTF-8", "CI": "1"}
    if launch.python and library_path():
        variables["LD_LIBRARY_PATH"] = library_path()
    return ["--clearenv", *(word for name, value in variables.items() for word in ("--setenv", name, value))]


def _system(launch: Launch) -> list[str]:
    binds = system_binds()
    if launch.python:
        binds += ["--ro-bind", str(launch.python), str(PYTHON_INSIDE)]
    for folder in covers(launch.python_origin):
        binds += ["--size", "4096", "--tmpfs", str(folder), "--remount-ro", str(folder)]
    return binds


def _file_system(limits: Limits, files: Mapping[str, int]) -> list[str]:
    made_up = [
        word
        for path, descriptor in files.items()
        for word in ("--perms", "0444", "--file", str(descriptor), path)
    ]
    disk = str(limits.disk_bytes)
    return [
        *made_up,
        *("--proc", "/proc"),
        *("--dev", "/dev"),
        # bubblewrap's /dev is a tmpfs without a bound: half of the machine's memory for the taking.
        *("--size", str(SHARED_MEMORY), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),  # noqa: S108
        *("--size", disk, "--tmpfs", "/tmp"),  # noqa: S108
        *("--size", disk, "--tmpfs", "/checkout"),
        *("--chdir", "/checkout"),
        *("--remount-ro", "/"),
    ]
