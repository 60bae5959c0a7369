"""The C library, reached through ctypes: every call here raises OSError with the kernel's own reason."""

import ctypes
import functools
import os
import sys

from .syscalls import number


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def check(result: int, what: str) -> int:
    """Return `result`, or raise OSError from errno when it is -1."""
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(name: str, *arguments: int | ctypes.Array[ctypes.c_char] | bytes | None) -> int:
    """Make the system call `name`; integers pass as C longs, buffers as pointers."""
    call = _libc().syscall
    call.restype = ctypes.c_long
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return check(call(ctypes.c_long(number(name)), *words), name)


def prctl(option: int, *arguments: int) -> int:
    """Set a property of this process or thread: up to four unsigned long arguments, the missing ones 0."""
    words = [ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]]
    return check(_libc().prctl(ctypes.c_int(option), *words), f"prctl({option})")


def invoke(name: str, *arguments: int | bytes | None) -> int:
    """Run a function of the C library that sets errno: integers pass as unsigned longs, bytes as strings."""
    function = getattr(_libc(), name)
    words = [ctypes.c_ulong(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in arguments]
    return check(function(*words), name)


def supported() -> bool:
    """Whether this is Linux at all; the CPU is checked where a system call table is needed."""
    return sys.platform == "linux"
