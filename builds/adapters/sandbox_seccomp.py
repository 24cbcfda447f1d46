"""A system call filter for what namespaces do not hold: hypervisor sockets, kernel keyrings, io_uring."""

import platform
import socket
import struct
from dataclasses import dataclass
from errno import EAFNOSUPPORT, ENOSYS

LOAD, JUMP_EQUAL, JUMP_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # classic BPF, linux/bpf_common.h
ALLOW, ERROR = 0x7FFF0000, 0x00050000  # linux/seccomp.h
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data, little endian
X32 = 0x40000000  # a second table of numbers on x86_64

# AF_VSOCK reaches the hypervisor from any network namespace; AF_ALG and others widen what can be attacked.
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A processor's name for itself and its system call numbers (asm/unistd.h)."""

    audit: int
    socket: int
    # add_key, request_key, keyctl: the worker's keyring is inherited. io_uring_setup: opens sockets unseen.
    # bpf, perf_event_open, userfaultfd: no test needs them, many kernel exploits did.
    refused: tuple[int, ...]


MACHINES = {
    "x86_64": Machine(audit=0xC000003E, socket=41, refused=(248, 249, 250, 425, 321, 298, 323)),
    "aarch64": Machine(audit=0xC00000B7, socket=198, refused=(217, 218, 219, 425, 280, 241, 282)),
}


def seccomp_program() -> bytes | None:
    """The filter as bubblewrap's --seccomp reads it; None for a processor we have no numbers of."""
    machine = MACHINES.get(platform.machine())
    return _program(machine) if machine else None


def _program(machine: Machine) -> bytes:
    """Refused calls answer ENOSYS, so that programs fall back to older ways. 32-bit programs do not run."""
    tests = [(JUMP_AT_LEAST, X32), *((JUMP_EQUAL, number) for number in machine.refused)]
    allow = 3 + len(tests) + 2 + len(FAMILIES) + 2  # position of the last line
    missing = allow - 1  # the line before: the call is not there
    lines = [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_EQUAL, 0, missing - 2, machine.audit),
        (LOAD, 0, 0, NUMBER),
    ]
    for code, number in tests:
        lines.append((code, missing - len(lines) - 1, 0, number))
    lines.append((JUMP_EQUAL, 0, allow - len(lines) - 1, machine.socket))
    lines.append((LOAD, 0, 0, FIRST_ARGUMENT))
    for allowed in FAMILIES:
        lines.append((JUMP_EQUAL, allow - len(lines) - 1, 0, allowed))
    lines.append((RETURN, 0, 0, ERROR | EAFNOSUPPORT))
    lines.append((RETURN, 0, 0, ERROR | ENOSYS))
    lines.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("<HBBI", *line) for line in lines)
