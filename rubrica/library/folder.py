"""The folder that people see and edit: read without following links, written without losing what they wrote."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rubrica.errors import LibraryError
from rubrica.library.files import MAX_FILE_BYTES, MAX_FILES, Files

PART_PREFIX = "part-"
"""How files that are not whole yet are called."""


def read_folder(root: Path) -> dict[str, bytes]:
    """Return all files under `root` by relative path; names that start with a dot are not the library's.

    Raises:
        LibraryError: a link, a special file, or too many or too long files.
    """
    files: dict[str, bytes] = {}
    for path in _walk(root, root):
        if len(files) == MAX_FILES:
            raise LibraryError(f"more than {MAX_FILES} files in {root}", fix="check that this is a library")
        files[path.relative_to(root).as_posix()] = read_plain_file(path, root=root)
    return files


def read_plain_file(path: Path, *, root: Path) -> bytes:
    """Return a file's bytes if nothing about it is a link; the checks are on what was opened, not on its name.

    Raises:
        LibraryError: it is a link, shared by hard links, not a plain file, or too long.
    """
    name = path.relative_to(root).as_posix()
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise LibraryError(f"cannot be read: {error.strerror}", path=name, fix="make it a plain file") from None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise LibraryError("not a plain file", path=name, fix="remove it")
        if status.st_nlink > 1:
            raise LibraryError("a hard link to a file elsewhere", path=name, fix="replace it by a copy")
        if status.st_size > MAX_FILE_BYTES:
            raise LibraryError(
                f"{status.st_size} bytes; at most {MAX_FILE_BYTES} are allowed", path=name, fix="shorten it"
            )
        return file.read(MAX_FILE_BYTES + 1)


def move_folder(root: Path, *, before: Files, after: Files, scratch: Path) -> None:
    """Bring the files that hold what `before` or `after` says to what `after` says; leave any other as it is.

    A file that holds neither was edited by someone: it stays, and shows as an uncommitted change. Each file is
    replaced whole, by way of the folder `scratch` on the same disk.
    """
    now = read_folder(root)
    for path in sorted({*before, *after}):
        held, wanted = now.get(path), after.get(path)
        if held == wanted or held != before.get(path):
            continue
        target = root / path
        if wanted is None:
            target.unlink()
            _remove_empty_folders(target.parent, root=root)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, wanted, scratch=scratch)


def write_whole(target: Path, data: bytes, *, scratch: Path) -> None:
    """Replace a file in one step, by way of a new file in `scratch` that has reached the disk."""
    with tempfile.NamedTemporaryFile(dir=scratch, prefix=PART_PREFIX, delete=False) as part:
        part.write(data)
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).chmod(0o644)
    Path(part.name).replace(target)


def _walk(folder: Path, root: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        listed = sorted(entries, key=lambda entry: entry.name)
    for entry in listed:
        if entry.name.startswith("."):
            continue
        path = folder / entry.name
        if entry.is_symlink():
            raise LibraryError("a link", path=path.relative_to(root).as_posix(), fix="replace it by what it points to")
        if entry.is_dir(follow_symlinks=False):
            if len(path.relative_to(root).parts) > 2:
                name = path.relative_to(root).as_posix()
                raise LibraryError("a folder inside an entry", path=name, fix="keep files beside SKILL.md or TOOL.md")
            yield from _walk(path, root)
        else:
            yield path


def _remove_empty_folders(folder: Path, *, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
