"""A seccomp filter assembled in Python: an allow-list of system calls as a classic BPF program.

Three kinds of call never get as far as the list: another architecture's (`int 0x80` on x86_64), the x32 ABI's, and,
by default, all that the list does not name. The first two kill the process, the last fails with EPERM, so that an
ordinary program sees an ordinary exception.
"""

import ctypes
import errno
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from . import libc
from .syscalls import AUDIT_ARCH, cpu, exists, number

_LOAD, _EQUAL, _AT_LEAST, _JUMP, _RETURN = 0x20, 0x15, 0x35, 0x05, 0x06  # LD|W|ABS, JEQ|K, JGE|K, JA and RET|K
_NR, _ARCH, _ARGS = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_X32_BIT = 0x40000000
_SET_MODE_FILTER, _TSYNC = 1, 1
_PR_SET_NO_NEW_PRIVS = 38

THREAD_FLAGS = (0x3D0F00, 0x7D0F00)  # what pthread_create of glibc and of musl pass to clone: a thread, nothing else
HARMLESS_PRCTL = (15, 16, 0x53564D41)  # set and get the name of a thread, name a piece of memory
_F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC = 1, 2, 3, 1030


Test = tuple[int, tuple[int, ...]]
"""An argument's index and the values that it may have."""


@dataclass(frozen=True, slots=True)
class Allow:
    """One system call that may pass, when every test holds: the low word of that argument is one of these values.

    The low word decides because the kernel itself reads every argument tested here (a pid, a command, clone flags)
    as 32 bits.
    """

    name: str
    tests: tuple[Test, ...] = ()


def _step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def _body(tests: Iterable[Test]) -> bytes:
    """Assemble what decides on one call: a failed test refuses, and past the last one it passes."""
    body = b""
    for index, values in tests:
        body += _step(_LOAD, _ARGS + 8 * index)
        for left, value in enumerate(values, 1 - len(values)):  # a match jumps over the values left and the refusal
            body += _step(_EQUAL, value, 1 - left, 0)
        body += _step(_RETURN, _ERRNO | errno.EPERM)
    return body + _step(_RETURN, _ALLOW)


def _search(decisions: Sequence[tuple[int, bytes]]) -> bytes:
    """Assemble a binary search for the call's number; `decisions` are sorted by it.

    The kernel runs a new filter once for every call that there is, so a list that is searched from its start would
    make each run's filter slow to install.
    """
    if len(decisions) > 2:
        half = len(decisions) // 2
        left, right = _search(decisions[:half]), _search(decisions[half:])
        return _step(_AT_LEAST, decisions[half][0], 0, 1) + _step(_JUMP, len(left) // 8) + left + right
    leaves = b"".join(_step(_EQUAL, call, 0, len(body) // 8) + body for call, body in decisions)
    return leaves + _step(_RETURN, _ERRNO | errno.EPERM)


def _pretence(index: int, values: Sequence[int]) -> bytes:
    """Assemble what answers success for these values of an argument, does nothing, and passes others on."""
    last = len(values) - 1
    tests = (_step(_EQUAL, value, last - left, left == last) for left, value in enumerate(values))
    return _step(_LOAD, _ARGS + 8 * index) + b"".join(tests) + _step(_RETURN, _ERRNO)


def assemble(
    rules: Iterable[Allow],
    *,
    pretended: Mapping[str, Test] | None = None,
    unsupported: Iterable[str] = (),
    machine: str | None = None,
    absent: Iterable[str] = ("clone3",),
) -> bytes:
    """Assemble the filter that lets only `rules` pass, as an array of `struct sock_filter` (8 bytes each).

    Args:
        rules: the allow-list; calls that `machine` does not have are left out.
        pretended: calls in `rules` -> the values of an argument with which they succeed without being made.
        unsupported: calls answered with EOPNOTSUPP, which callers expect of a file system that lacks something.
        machine: "x86_64" or "aarch64"; this CPU unless given.
        absent: calls answered with ENOSYS, so that the C library falls back to an older one whose arguments a filter
            can read (`clone3` hides its flags behind a pointer).

    Raises:
        OSError: this CPU has no table.
    """
    machine = machine or cpu()
    program = _step(_LOAD, _ARCH) + _step(_EQUAL, AUDIT_ARCH[machine], 1, 0) + _step(_RETURN, _KILL) + _step(_LOAD, _NR)
    if machine == "x86_64":
        program += _step(_AT_LEAST, _X32_BIT, 0, 1) + _step(_RETURN, _KILL)
    decisions = {number(name, machine): _step(_RETURN, _ERRNO | errno.ENOSYS) for name in absent}
    decisions |= {number(name, machine): _step(_RETURN, _ERRNO | errno.EOPNOTSUPP) for name in unsupported}
    for rule in rules:
        if exists(rule.name, machine):
            pretence = _pretence(*pretended[rule.name]) if pretended and rule.name in pretended else b""
            decisions[number(rule.name, machine)] = pretence + _body(rule.tests)
    return program + _search(sorted(decisions.items()))


def install(program: bytes, *, all_threads: bool = False) -> None:
    """Put the filter on the calling thread, or on all threads of the process; it can never be taken off.

    Raises:
        OSError: the kernel has no seccomp, refuses the program, or a thread could not follow.
    """
    array = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(struct.pack("@HP", len(program) // 8, ctypes.addressof(array)))
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if libc.syscall("seccomp", _SET_MODE_FILTER, _TSYNC if all_threads else 0, header):
        raise OSError(errno.ESRCH, "seccomp: a thread could not take over the filter")


COMPUTE = (
    "read write readv writev close lseek fstat poll ppoll select pselect6 "
    "epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2 "  # the timers of the wasm runtime
    "mmap mprotect munmap madvise mremap brk futex membarrier rseq set_robust_list "
    "clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getrandom "
    "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack restart_syscall "
    "exit exit_group sched_yield sched_getaffinity getpid gettid getuid geteuid getgid getegid getrusage getcpu "
)
"""Calls of a process that only computes: its own memory, its own signals, the descriptors that it already has, time."""


def compute_rules(pid: int) -> list[Allow]:
    """Allow-list of a process that only computes: COMPUTE, new threads, and signals to itself (`pid`)."""
    return [
        *map(Allow, COMPUTE.split()),
        Allow("clone", ((0, THREAD_FLAGS),)),
        Allow("prctl", ((0, HARMLESS_PRCTL),)),
        Allow("fcntl", ((1, (_F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC)),)),
        Allow("kill", ((0, (pid,)),)),
        Allow("tgkill", ((0, (pid,)),)),
    ]
