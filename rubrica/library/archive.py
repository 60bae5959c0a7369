"""A library as one plain .zip or .tar file: how it travels without its history.

Equal libraries give equal archives, byte for byte: names sorted, no compression, no times, owners or links. Reading
trusts nothing: what is not a plain file is refused, and no path is ever written to disk.
"""

import io
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from rubrica.errors import LibraryError
from rubrica.library.files import MAX_FILE_BYTES, MAX_FILES, MAX_TOTAL_BYTES, Files, parse_library, render_library
from rubrica.library.folder import write_whole
from rubrica.library.library import Library

Form = TypeVar("Form", bound=Callable[..., object])

_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
)
"""What the standard library raises for damaged, encrypted or exotic archives."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MAX_ARCHIVE_BYTES = MAX_TOTAL_BYTES + MAX_FILES * 2048
"""Headers and padding of the largest library."""


def write_archive(library: Library, path: Path) -> None:
    """Write a library to `path`, whole or not at all; the suffix says in which form.

    Raises:
        LibraryError: the suffix is neither .zip nor .tar, or the folder cannot be written.
    """
    data = _form(path, {".zip": _zip, ".tar": _tar})(render_library(library))
    try:
        write_whole(path, data, scratch=path.parent)
    except OSError as error:
        raise LibraryError(f"cannot write {path}: {error.strerror}", fix="name another file") from None


def read_archive(path: Path) -> Library:
    """Read a library from a file that `write_archive` or anyone else wrote.

    Raises:
        LibraryError: it is no such archive, holds anything but plain files, or is not a valid library.
    """
    reader = _form(path, {".zip": _unzip, ".tar": _untar})
    data = _bytes(path)
    try:
        files = reader(data)
    except _DAMAGE as error:
        raise LibraryError(f"{path} is no archive of a library: {error}", fix="export it again") from None
    return parse_library(files)


def _bytes(path: Path) -> bytes:
    """Read a file that is one: a pipe would be waited for, and a device has no end."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise LibraryError(f"{path} is not a plain file", fix="name a .zip or .tar file")
            data = file.read(_MAX_ARCHIVE_BYTES + 1)
    except OSError as error:
        raise LibraryError(f"cannot read {path}: {error.strerror}", fix="name a .zip or .tar file") from None
    if len(data) > _MAX_ARCHIVE_BYTES:
        raise LibraryError(f"{path}: more than {_MAX_ARCHIVE_BYTES} bytes; no more are allowed")
    return data


def _form(path: Path, forms: Mapping[str, Form]) -> Form:
    if path.suffix not in forms:
        raise LibraryError(f"{path.name} is neither .zip nor .tar", fix="name it library.zip or library.tar")
    return forms[path.suffix]


def _zip(files: Files) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(files):
            member = zipfile.ZipInfo(name, date_time=_EPOCH)
            member.create_system = 3
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(member, files[name])
    return buffer.getvalue()


def _tar(files: Files) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in sorted(files):
            member = tarfile.TarInfo(name)
            member.size = len(files[name])
            archive.addfile(member, io.BytesIO(files[name]))
    return buffer.getvalue()


def _unzip(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        _check([(member.filename, member.file_size) for member in members])
        for member in members:
            kind = stat.S_IFMT(member.external_attr >> 16)
            if kind not in {0, stat.S_IFREG}:
                raise _refused(member.filename, "a link or special file")
            if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise _refused(member.filename, "packed in an unusual way")
        files: dict[str, bytes] = {}
        for member in members:
            with archive.open(member) as file:
                files[member.filename] = file.read(MAX_FILE_BYTES)  # a bound, or a false size unpacks without end
        return files


def _untar(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        members = [member for member in archive.getmembers() if not member.isdir()]
        for member in members:
            if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE} or member.issparse():
                raise _refused(member.name, "a link or special file")
        _check([(member.name, member.size) for member in members])
        opened = ((member.name, archive.extractfile(member)) for member in members)
        return {name: file.read() for name, file in opened if file is not None}


def _check(members: list[tuple[str, int]]) -> None:
    """Refuse by what the headers say, before anything is unpacked."""
    if len(members) > MAX_FILES or sum(size for _, size in members) > MAX_TOTAL_BYTES:
        raise LibraryError(f"more than {MAX_FILES} files or {MAX_TOTAL_BYTES} bytes in the archive")
    seen: set[str] = set()
    for name, size in members:
        if size > MAX_FILE_BYTES:
            raise _refused(name, f"{size} bytes, more than {MAX_FILE_BYTES}")
        if name in seen:
            raise _refused(name, "twice")
        seen.add(name)


def _refused(name: str, what: str) -> LibraryError:
    return LibraryError(what, path=name, fix="leave it out of the archive")
