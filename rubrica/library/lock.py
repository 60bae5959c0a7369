"""One writer at a time, across processes: a lock that the kernel drops when its holder dies, so it is never stale."""

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rubrica.errors import LibraryError

WAIT_S = 20.0
_POLL_S = 0.02


@contextlib.contextmanager
def writer_lock(path: Path, *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the lock file `path`; the file stays, only the lock on it comes and goes.

    Raises:
        LibraryError: another writer still held it after `wait_s` seconds, or the folder cannot be written.
    """
    try:
        path.parent.mkdir(exist_ok=True)
        opened = path.open("a+b")
    except OSError as error:
        raise LibraryError(f"cannot write {path}: {error.strerror}", fix="copy the library to where you may") from None
    with opened as file:
        deadline = time.monotonic() + wait_s
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise LibraryError(
                    f"another process has been writing to the library for {wait_s:g} s", fix="try again when it is done"
                )
            time.sleep(_POLL_S)
        try:
            yield
        finally:
            _unlock(file.fileno())


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
