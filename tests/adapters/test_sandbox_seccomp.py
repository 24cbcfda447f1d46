"""The system call filter, run by hand: also for the processor that these tests do not run on."""

import struct

import pytest

from builds.adapters.sandbox_seccomp import ALLOW, ERROR, MACHINES, Machine, _program

NOT_THERE, NO_FAMILY = ERROR | 38, ERROR | 97
READ, X32_READ, INET, VSOCK = 0, 0x40000000, 2, 40


def verdict(program: bytes, *, audit: int, number: int, argument: int = 0) -> int:
    """What the kernel would answer: a machine with one register, jumps relative to the next line."""
    data = struct.pack("<iIQQ", number, audit, 0, argument)
    lines, position, register = list(struct.iter_unpack("<HBBI", program)), 0, 0
    while True:
        code, if_true, if_false, value = lines[position]
        position += 1
        if code == 0x06:
            return int(value)
        if code == 0x20:
            register = struct.unpack_from("<I", data, value)[0]
        else:
            holds = register == value if code == 0x15 else register >= value
            position += if_true if holds else if_false


@pytest.mark.parametrize("machine", MACHINES.values(), ids=MACHINES)
def test_the_filter_refuses_what_namespaces_do_not_hold(machine: Machine) -> None:
    program = _program(machine)

    def answers(number: int, argument: int = 0, audit: int = machine.audit) -> int:
        return verdict(program, audit=audit, number=number, argument=argument)

    assert answers(READ) == ALLOW
    assert answers(machine.socket, INET) == ALLOW
    assert answers(machine.socket, VSOCK) == NO_FAMILY
    assert {answers(number) for number in machine.refused} == {NOT_THERE}
    assert answers(X32_READ) == NOT_THERE
    assert answers(READ, audit=0x40000003) == NOT_THERE  # i386, whose numbers mean other calls
