"""Files in memory behind `open()`: there is no file system inside, only the job's inputs and what the code writes."""

import builtins
import errno
import io
import os
import posixpath
from collections.abc import Callable
from typing import Any

_DEVICES = frozenset({"/dev/null"})


_read_descriptor = os.read
_open_descriptor: Callable[..., Any] = io.open


class Stdin(io.BytesIO):
    """Standard input, shared by `sys.stdin`, `open(0)` and `os.read(0, n)`; none of them can close it."""

    def close(self) -> None: ...


class Files:
    """Names to bytes, with a ceiling in bytes on all that is written."""

    def __init__(self, inputs: dict[str, bytes], stdin: Stdin, *, limit: int) -> None:
        self._data = {_key(name): data for name, data in inputs.items()}
        self._inputs = dict(self._data)
        self._stdin = stdin
        self._left = limit

    def install(self) -> None:
        """Put these files where ordinary programs look."""
        builtins.open = io.open = self.open
        os.read = self._read_descriptor
        os.path.exists = os.path.lexists = self._known
        os.path.isfile = lambda path: _name(path) in self._data
        os.path.getsize = self._size  # type: ignore[assignment]  # the parameter has another name
        os.remove = os.unlink = self.remove  # type: ignore[assignment]  # no dir_fd here
        os.listdir = self.listdir  # type: ignore[assignment]  # one directory, no descriptors

    def written(self) -> dict[str, bytes]:
        """Return the files that the run made or changed."""
        return {name: data for name, data in self._data.items() if self._inputs.get(name) is not data}

    def made(self) -> dict[str, bytes]:
        """Return the written files that have a place outside: those with a relative name."""
        return {name: data for name, data in self.written().items() if not name.startswith("/")}

    def open(  # noqa: PLR0913, PLR0917 - the signature of the built-in
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        """Open a file in memory as the built-in would."""
        del closefd, opener
        if isinstance(file, int):
            return self._open_descriptor(file, mode, buffering, encoding, errors, newline)
        kind, binary = mode.replace("b", "").replace("t", ""), "b" in mode
        if kind not in {"r", "w", "a", "x", "r+", "w+", "a+", "x+", "+r", "+w", "+a", "+x"}:
            raise ValueError(f"invalid mode: {mode!r}")
        name = _name(file)
        if kind[0] == "x" and name in self._data:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), file)
        start = b"" if {"w", "x"} & set(kind) else self._read(file, missing_ok="a" in kind)
        save = None if kind == "r" else lambda data: self._write(name, data)
        stream = _Stream(start, save=save, append="a" in kind)
        if save is not None:
            save(start)
        stream.name = file
        if binary:
            return stream
        return io.TextIOWrapper(stream, encoding or "utf-8", errors, newline, write_through=True)

    def remove(self, path: Any) -> None:
        """Forget a file."""
        self._read(path)
        self._keep(_name(path), None)

    def listdir(self, path: Any = ".") -> list[str]:
        """Return the names in the one directory that there is."""
        if _name(path) not in {".", ""}:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return sorted(self._data)

    def _known(self, path: Any) -> bool:
        return _name(path) in self._data or _name(path) == "."

    def _size(self, path: Any) -> int:
        return len(self._read(path))

    def _read(self, path: Any, *, missing_ok: bool = False) -> bytes:
        name = _name(path)
        if name in _DEVICES:
            return b""
        if name not in self._data and not missing_ok:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self._data.get(name, b"")

    def _write(self, name: str, data: bytes) -> None:
        if name in _DEVICES:
            return
        if not _writable(name):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), name)
        self._keep(name, data)

    def _keep(self, name: str, data: bytes | None) -> None:
        """Put `data` in the place of what a name stood for; what the run did not write itself is not counted."""
        old = self._data.get(name)
        freed = len(old) if old is not None and self._inputs.get(name) is not old else 0
        left = self._left + freed - (len(data) if data is not None else 0)
        if left < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        self._left = left
        if data is None:
            del self._data[name]
        else:
            self._data[name] = data

    def _open_descriptor(self, number: int, mode: str, *text: Any) -> Any:
        """Open a standard stream by its number; a run has no other descriptors."""
        if number == 0 and "r" in mode:
            return self._stdin if "b" in mode else io.TextIOWrapper(self._stdin, *text[1:])
        if number in {1, 2}:
            return _open_descriptor(number, mode, *text, closefd=False)
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))

    def _read_descriptor(self, number: int, size: int, /) -> bytes:
        return self._stdin.read(size) if number == 0 else _read_descriptor(number, size)


class _Stream(io.BytesIO):
    """An open file: what it holds goes back to the files when it is flushed or closed."""

    name: Any = ""

    def __init__(self, data: bytes, *, save: Callable[[bytes], None] | None, append: bool) -> None:
        super().__init__(data)
        self._save, self._append = save, append
        if append:
            self.seek(0, io.SEEK_END)

    def writable(self) -> bool:
        return self._save is not None

    def write(self, data: Any, /) -> int:
        if self._save is None:
            raise io.UnsupportedOperation("not writable")
        if self._append:
            self.seek(0, io.SEEK_END)
        return super().write(data)

    def flush(self) -> None:
        if self._save is not None and not self.closed:
            self._save(self.getvalue())

    def close(self) -> None:
        if not self.closed:
            self.flush()
        super().close()


def _name(path: Any) -> str:
    return _key(os.fsdecode(os.fspath(path)))


def _writable(name: str) -> bool:
    """Whether an ordinary user could write there: in the working folder or under /tmp."""
    return name.startswith("/tmp/") or not (name.startswith(("/", "../")) or name in {".", ".."})  # noqa: S108 - in memory


def _key(text: str) -> str:
    """Return the one name of `a`, `./a` and `b/../a`."""
    return posixpath.normpath(text)
