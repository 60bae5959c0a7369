"""Landlock: a process gives up the file system, but for the paths that it names, and needs no privilege to do so.

What it does not mediate, at any ABI here: chmod, chown, utime, extended attributes, stat and readlink of any path, and
(before ABI 3) truncate. A seccomp filter has to refuse what of these matters.
"""

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from . import libc

_VERSION, _PATH_BENEATH = 1, 1
_PR_SET_NO_NEW_PRIVS = 38

_WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL_DEV = 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _REFER = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 13
_ON_FILES = 1 | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV  # rights that a rule on a plain file may hold
_READ = _READ_FILE | _READ_DIR
_SCRATCH = _READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER
_NET, _SCOPED = 0b11, 0b11  # bind and connect TCP (ABI 4); abstract Unix sockets and signals (ABI 6)


def abi() -> int:
    """Landlock's version in this kernel; 0 when it is missing, switched off or not reachable."""
    try:
        return libc.syscall("landlock_create_ruleset", None, 0, _VERSION)
    except OSError:
        return 0


def handled(version: int) -> int:
    """Return the file system rights that ABI `version` knows; each that no rule grants is denied."""
    bits = 13 + (version >= 2) + (version >= 3) + (version >= 5)
    return (1 << bits) - 1


def restrict(*, readable: Iterable[Path] = (), scratch: Iterable[Path] = ()) -> int:
    """Deny the calling thread and its children every path but these, for good; returns the ABI in force.

    Args:
        readable: files and folders that stay readable (a folder with all below it).
        scratch: folders in which plain files and folders may also be made, changed and removed. No links, no devices.

    Raises:
        OSError: the kernel has no Landlock, or a path is not there.
    """
    version = abi()
    if version < 1:
        raise OSError("Landlock: ABI 0 (kernel older than 5.13, or not in the lsm= list)")
    rights = handled(version)
    words = (rights, _NET, _SCOPED)[: 1 + (version >= 4) + (version >= 6)]
    attribute = struct.pack(f"={len(words)}Q", *words)
    ruleset = libc.syscall("landlock_create_ruleset", attribute, len(attribute), 0)
    try:
        for paths, granted in ((readable, _READ), (scratch, _SCRATCH)):
            for path in paths:
                _grant(ruleset, path, granted & rights)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1)
        libc.syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    return version


def _grant(ruleset: int, path: Path, granted: int) -> None:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not path.is_dir():
            granted &= _ON_FILES
        libc.syscall("landlock_add_rule", ruleset, _PATH_BENEATH, struct.pack("=Qi", granted, descriptor), 0)
    finally:
        os.close(descriptor)
