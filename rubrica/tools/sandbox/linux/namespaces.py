"""A root directory that holds only what is named, in namespaces of its own: nothing else of the machine has a path.

The order matters. Root first builds the new root (it may reach every source), then becomes a user that owns nothing,
then enters a user namespace like anybody; other users enter the user namespace first, which lets them build the root.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import caps, libc

NEW_MOUNTS, _NEW_UTS, _NEW_IPC, _NEW_USER, _NEW_PID, _NEW_NET = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x10000000,
    0x20000000,
    0x40000000,
)
_EVERY = NEW_MOUNTS | _NEW_UTS | _NEW_IPC | _NEW_USER | _NEW_PID | _NEW_NET

_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_DETACH = 2
_KEPT = {os.ST_NOSUID: _NOSUID, os.ST_NODEV: _NODEV, os.ST_NOEXEC: _NOEXEC, os.ST_NOATIME: 1024, os.ST_NODIRATIME: 2048}
_RELATIME, _ST_RELATIME = 1 << 21, 4096
_PR_SET_DUMPABLE = 4

INSIDE_ID = 1000
"""The user and group id seen inside."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A host file or folder, and the absolute path at which it is seen inside, read-only."""

    source: Path
    target: str


def enter(bindings: Sequence[Binding], *, covered: Sequence[str] = ()) -> None:
    """Move the calling process into new namespaces; children forked afterwards are in the new process namespace.

    Args:
        bindings: all that the new root holds, beside an empty /tmp.
        covered: folders inside the bindings that must appear empty.

    Raises:
        OSError: namespaces are refused here (container, sysctl, AppArmor), or a source is not there.
    """
    itself = os.open("/proc/self", os.O_PATH | os.O_DIRECTORY)
    if os.geteuid() == 0:
        unshare(NEW_MOUNTS)
        _change_root(bindings, covered)
        caps.leave_root()
        libc.prctl(_PR_SET_DUMPABLE, 1)  # changing user id took /proc/self away from us
        outside = os.geteuid(), os.getegid()
        unshare(_EVERY)
        _map_ids(itself, *outside)
    else:
        outside = os.geteuid(), os.getegid()
        unshare(_EVERY)
        _map_ids(itself, *outside)
        _change_root(bindings, covered)
    os.close(itself)
    libc.invoke("sethostname", b"jail", 4)


def unshare(flags: int) -> None:
    """Give the process its own copies of the namespaces in `flags`."""
    libc.syscall("unshare", flags)


def mount_scratch(path: str, *, megabytes: int, files: int = 4096) -> None:
    """Put a fresh, private, sized file system in memory on `path`: no devices, no setuid, nothing executable."""
    options = f"size={megabytes}m,nr_inodes={files},mode=0700"
    libc.invoke("mount", b"tmpfs", path.encode(), b"tmpfs", _NOSUID | _NODEV | _NOEXEC, options.encode())


def _map_ids(itself: int, uid: int, gid: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"{INSIDE_ID} {uid} 1"), ("gid_map", f"{INSIDE_ID} {gid} 1")):
        descriptor = os.open(name, os.O_WRONLY, dir_fd=itself)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def _change_root(bindings: Sequence[Binding], covered: Sequence[str]) -> None:
    """Build the new root on a stage from which the whole old root stays in view (also its /tmp), then drop both."""
    sources = [binding.source.resolve(strict=True) for binding in bindings]  # a link would lead out of the stage
    libc.invoke("mount", None, b"/", None, _REC | _PRIVATE, None)
    libc.invoke("mount", b"tmpfs", b"/tmp", b"tmpfs", _NOSUID | _NODEV, b"mode=0755")
    for name in ("old", "new"):
        Path("/tmp", name).mkdir()  # noqa: S108 - on the file system mounted here a line ago
    libc.syscall("pivot_root", b"/tmp", b"/tmp/old")
    os.chdir("/")
    libc.invoke("mount", b"tmpfs", b"/new", b"tmpfs", _NOSUID | _NODEV, b"size=1m,mode=0755")
    for binding, source in zip(bindings, sources, strict=True):
        _bind(Path(f"/old{source}"), Path(f"/new{binding.target}"))
    for path in covered:
        if Path(f"/new{path}").is_dir():
            libc.invoke("mount", b"tmpfs", f"/new{path}".encode(), b"tmpfs", _RDONLY | _NOSUID | _NODEV, b"mode=0555")
    Path("/new/tmp").mkdir(parents=True, exist_ok=True)
    libc.invoke("mount", None, b"/new", None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _NODEV, None)
    os.chdir("/new")
    libc.syscall("pivot_root", b".", b".")
    libc.invoke("umount2", b".", _DETACH)
    os.chdir("/")


def _bind(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    where = str(target).encode()
    libc.invoke("mount", str(source).encode(), where, None, _BIND | _REC, None)
    libc.invoke("mount", None, where, None, _REMOUNT | _BIND | _RDONLY | _NOSUID | _flags(target), None)


def _flags(path: Path) -> int:
    """Return the mount flags of `path` that a user namespace may not take off, so that a remount must repeat them."""
    found = os.statvfs(path).f_flag
    kept = sum(flag for bit, flag in _KEPT.items() if found & bit)
    return kept | (_RELATIME if found & _ST_RELATIME else 0)
