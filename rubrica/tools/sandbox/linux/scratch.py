"""A folder that untrusted code filled: measured and emptied without following a link or trusting its depth."""

import itertools
import os
import secrets
import stat

_TOO_DEEP = 32


class TooMuchError(Exception):
    """The folder holds more bytes, more entries or deeper folders than allowed."""


def measure(path: str, *, bytes_allowed: int, entries_allowed: int = 4096) -> int:
    """Return the bytes on disk below `path`.

    Raises:
        TooMuchError: there are more than allowed; counting stops there, so a hostile tree costs no more.
    """
    total = entries = 0
    pending = [(path, 0)]
    while pending:
        folder, depth = pending.pop()
        try:
            found = list(os.scandir(folder))
        except FileNotFoundError:  # removed since it was seen
            continue
        except PermissionError:
            raise TooMuchError(f"{folder} hides what it holds") from None
        for entry in found:
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            total += 512 * status.st_blocks
            entries += 1
            if total > bytes_allowed or entries > entries_allowed or depth > _TOO_DEEP:
                raise TooMuchError(f"{total} bytes in {entries} entries, {depth} folders deep")
            if stat.S_ISDIR(status.st_mode):
                pending.append((entry.path, depth + 1))
    return total


def wipe(path: str) -> None:
    """Remove all below `path`: folders are lifted to the top before their content is, so no depth can stop it.

    Whoever filled it must be gone: between a look at a name and its use nobody may change what it means.
    """
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    lifted = (f"{secrets.token_hex(16)}-{number}" for number in itertools.count())
    try:
        while names := os.listdir(folder):  # noqa: PTH208 - by descriptor, so that no name is followed
            for name in names:
                if not _opened_up(name, folder):
                    os.unlink(name, dir_fd=folder)
                    continue
                inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
                try:
                    for child in os.listdir(inner):  # noqa: PTH208 - as above
                        _opened_up(child, inner)
                        os.rename(child, next(lifted), src_dir_fd=inner, dst_dir_fd=folder)
                finally:
                    os.close(inner)
                os.rmdir(name, dir_fd=folder)
    finally:
        os.close(folder)


def _opened_up(name: str, folder: int) -> bool:
    """If `name` is a folder, make it one that can be listed, emptied and moved; return whether it is."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return False
    os.chmod(name, 0o700, dir_fd=folder)
    return True
