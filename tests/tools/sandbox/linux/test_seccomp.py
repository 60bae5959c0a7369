"""The assembled program, run by a small interpreter of classic BPF, so that both CPUs' filters are tested on either."""

import errno
import struct
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.sandbox.linux.seccomp import Allow, assemble, compute_rules
from rubrica.tools.sandbox.linux.syscalls import AUDIT_ARCH, NUMBERS, exists, number

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="seccomp is a Linux wall")

ALLOW, KILL, REFUSE, MISSING = 0x7FFF0000, 0x80000000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS
PRETEND = 0x50000
MACHINES = sorted(AUDIT_ARCH)


def decide(program: bytes, arch: int, call: int, *arguments: int) -> int:
    data = struct.pack("=IIQ6Q", call, arch, 0, *(arguments + (0,) * 6)[:6])
    steps = list(struct.iter_unpack("=HBBI", program))
    at, word = 0, 0
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == 0x20:
            word = struct.unpack_from("=I", data, value)[0]
        elif code == 0x15:
            at += yes if word == value else no
        elif code == 0x35:
            at += yes if word >= value else no
        elif code == 0x05:
            at += value
        elif code == 0x06:
            return value
        else:
            raise AssertionError(code)


@pytest.mark.parametrize("machine", MACHINES)
@given(call=st.integers(0, 600), arch=st.sampled_from(sorted(AUDIT_ARCH.values())))
def test_only_listed_calls_of_this_machine_pass(machine: str, call: int, arch: int) -> None:
    names = ("read", "write", "openat", "poll")
    verdict = decide(assemble(map(Allow, names), machine=machine), arch, call)
    if arch != AUDIT_ARCH[machine]:
        assert verdict == KILL
    elif call == number("clone3", machine):
        assert verdict == MISSING
    else:
        listed = {number(name, machine) for name in names if exists(name, machine)}
        assert verdict == (ALLOW if call in listed else REFUSE)


@pytest.mark.parametrize("machine", MACHINES)
@given(value=st.integers(0, 2**64 - 1), index=st.integers(0, 5), values=st.sets(st.integers(0, 2**32 - 1), min_size=1))
def test_an_argument_rule_reads_the_low_word_of_its_argument(
    machine: str, value: int, index: int, values: set[int]
) -> None:
    arguments = [7] * 6
    arguments[index] = value
    program = assemble([Allow("kill", ((index, tuple(values)),)), Allow("getpid")], machine=machine)
    verdict = decide(program, AUDIT_ARCH[machine], number("kill", machine), *arguments)
    assert verdict == (ALLOW if value & 0xFFFFFFFF in values else REFUSE)
    assert decide(program, AUDIT_ARCH[machine], number("getpid", machine)) == ALLOW


@given(call=st.integers(0, 600))
def test_every_x32_call_kills(call: int) -> None:
    assert decide(assemble([Allow("read")], machine="x86_64"), AUDIT_ARCH["x86_64"], 0x40000000 + call) == KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_the_compute_list_lets_threads_start_and_processes_not(machine: str) -> None:
    program, arch, clone = assemble(compute_rules(42), machine=machine), AUDIT_ARCH[machine], number("clone", machine)
    assert decide(program, arch, clone, 0x3D0F00) == ALLOW
    assert decide(program, arch, clone, 17) == REFUSE
    assert decide(program, arch, clone, 0x3D0F00 | 0x10000000) == REFUSE


@pytest.mark.parametrize("machine", MACHINES)
def test_the_compute_list_lets_a_process_signal_itself_alone(machine: str) -> None:
    program, arch, kill = assemble(compute_rules(42), machine=machine), AUDIT_ARCH[machine], number("kill", machine)
    assert decide(program, arch, kill, 42, 9) == ALLOW
    assert [decide(program, arch, kill, pid & 0xFFFFFFFF, 9) for pid in (1, 43, 0, -1, -42)] == [REFUSE] * 5


@pytest.mark.parametrize("machine", MACHINES)
def test_no_two_calls_share_a_number(machine: str) -> None:
    numbers = [number(name, machine) for name in NUMBERS if exists(name, machine)]
    assert len(numbers) == len(set(numbers))


def test_an_unknown_cpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    from rubrica.tools.sandbox.linux import syscalls

    real = os.uname()
    monkeypatch.setattr(os, "uname", lambda: os.uname_result((*tuple(real)[:4], "riscv64")))
    syscalls.cpu.cache_clear()
    try:
        with pytest.raises(OSError, match="no system call table for riscv64"):
            assemble([Allow("read")])
    finally:
        monkeypatch.undo()
        syscalls.cpu.cache_clear()


@given(first=st.integers(0, 4), second=st.integers(0, 4))
def test_every_test_of_a_rule_must_hold(first: int, second: int) -> None:
    program = assemble([Allow("socketpair", ((0, (1,)), (1, (1, 3, 4))))], machine="x86_64")
    verdict = decide(program, AUDIT_ARCH["x86_64"], number("socketpair", "x86_64"), first, second)
    assert verdict == (ALLOW if first == 1 and second in {1, 3, 4} else REFUSE)


@given(command=st.integers(0, 9), values=st.sets(st.integers(0, 9), min_size=1))
def test_a_pretended_call_succeeds_without_being_made(command: int, values: set[int]) -> None:
    rules = [Allow("fcntl", ((1, (1, 2)),)), Allow("getpid")]
    program = assemble(rules, pretended={"fcntl": (1, tuple(values))}, machine="x86_64")
    verdict = decide(program, AUDIT_ARCH["x86_64"], number("fcntl", "x86_64"), 3, command)
    assert verdict == (PRETEND if command in values else ALLOW if command in {1, 2} else REFUSE)
