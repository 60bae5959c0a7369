"""Privileges, given up for good: root's user id, every capability, and any way to get them back."""

import errno
import os
import struct

from . import libc

_PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 24, 28, 38, 47
_PR_SET_DUMPABLE = 4
_AMBIENT_CLEAR_ALL = 4
_LOCKED_SECUREBITS = 0b11101111  # NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE and the lock of all four
_CAPSET_V3 = 0x20080522

UNPRIVILEGED = range(61184, 65520)
"""User ids that systemd keeps for short-lived services: no login, no files, and mapped in ordinary containers."""


def unprivileged_id() -> int:
    """Return a user id that owns nothing, spread over UNPRIVILEGED by process id so that workers share no limit."""
    return UNPRIVILEGED[os.getpid() % len(UNPRIVILEGED)]


def leave_root() -> None:
    """If the process is root, become a user that owns nothing.

    Raises:
        OSError: root without CAP_SETUID or CAP_SETGID, which cannot leave.
    """
    if 0 not in os.getresuid() and 0 not in os.getresgid():
        return
    uid = unprivileged_id()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def renounce() -> None:
    """Forbid gaining privilege, by exec or from root's user id; what is held now stays held.

    A process without CAP_SETPCAP may not empty its bounding set; for it no_new_privs leaves that set without effect.
    """
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1)
    libc.prctl(_PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    try:
        libc.prctl(_PR_SET_SECUREBITS, _LOCKED_SECUREBITS)
        for capability in range(64):
            libc.prctl(_PR_CAPBSET_DROP, capability)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EINVAL):  # EINVAL: past the kernel's last capability
            raise


def empty() -> None:
    """Empty the effective, permitted and inheritable sets."""
    libc.syscall("capset", struct.pack("=Ii", _CAPSET_V3, 0), bytes(24))


def drop_all() -> None:
    """Give up every privilege: the bounding set while root still may, then root, then all that is left."""
    renounce()
    leave_root()
    empty()


def hide_from_peers() -> None:
    """Make the process undumpable: no core file, and no ptrace or /proc/PID/mem by others of the same user."""
    libc.prctl(_PR_SET_DUMPABLE, 0)
