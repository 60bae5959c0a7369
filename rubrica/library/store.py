"""The library on disk: a git repository of versions, written one commit at a time and never half.

A commit notes in `.git/rubrica/pending` that it is under way, stores its objects, moves the branch (the one atomic
step), brings the folder to the new version and removes the note. Who finds the note of a dead writer finishes its work.
Files that people changed by hand are never overwritten: they block loading and writing until committed or discarded.
"""

import contextlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rubrica.documents import as_mapping, read_json
from rubrica.errors import LibraryError
from rubrica.library.diff import LibraryDiff, diff_libraries
from rubrica.library.files import Files, parse_library, render_library
from rubrica.library.folder import PART_PREFIX, move_folder, read_folder, write_whole
from rubrica.library.history import LogEntry, history, read_version, resolve
from rubrica.library.library import Library
from rubrica.library.lock import writer_lock
from rubrica.library.message import CommitMessage
from rubrica.library.repository import Repository, create_repository, open_repository
from rubrica.types import Value

Clock = Callable[[], float]


class Changes(Value):
    """Files that differ from the last commit."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(sorted((*self.added, *self.changed, *self.removed)))


class LibraryStore:
    """A library's folder and history. It remembers the commit that it last saw, and writes only on top of that."""

    def __init__(self, path: Path, *, clock: Clock = time.time) -> None:
        self.path, self._clock = path, clock
        self._seen: str | None = None
        self._private = path / ".git" / "rubrica"
        self._lock = self._private / "lock"
        self._pending = self._private / "pending"

    @classmethod
    def init(
        cls, path: Path, library: Library, *, message: CommitMessage | None = None, clock: Clock = time.time
    ) -> "LibraryStore":
        """Make a library in the folder `path`, which must be empty or not there; it appears whole or not at all.

        Raises:
            LibraryError: there is something at `path`.
        """
        path = path.absolute()
        if path.is_symlink() or (path.exists() and not (path.is_dir() and not any(path.iterdir()))):
            already = ": it holds a library already" if (path / ".git").is_dir() and (path / "skills").is_dir() else ""
            raise LibraryError(f"{path} is not an empty folder{already}", fix="name another, or empty this one")
        try:
            cls._make(path, library, message or CommitMessage(subject="First version"), clock)
        except OSError as error:
            raise LibraryError(
                f"cannot make a library at {path}: {error.strerror}", fix="name another folder"
            ) from None
        return cls.open(path, clock=clock)

    @classmethod
    def _make(cls, path: Path, library: Library, message: CommitMessage, clock: Clock) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch:
            draft = Path(scratch) / "library"
            draft.mkdir()
            create_repository(draft)
            store = cls(draft, clock=clock)
            with store._writing() as repository:
                store._advance(repository, render_library(library), message)
            if path.exists():
                path.rmdir()
            draft.rename(path)

    @classmethod
    def open(cls, path: Path, *, clock: Clock = time.time) -> "LibraryStore":
        """Open the library at `path`; first finishes what a writer that died left undone.

        Raises:
            LibraryError: there is no library.
        """
        store = cls(path.absolute(), clock=clock)
        with open_repository(store.path) as repository:
            store._seen = store._head(repository)
        return store

    def load(self, version: str = "HEAD") -> Library:
        """Read a version: "HEAD", "HEAD~2", or at least four digits of a commit id or content hash.

        Raises:
            LibraryError: there is no such version, its content is not valid or not what its commit says, or
                "HEAD" is asked for while files are changed by hand.
        """
        with open_repository(self.path) as repository:
            if version == "HEAD":
                self._seen = self._clean_head(repository)
            return read_version(repository, resolve(repository, self._head(repository), version))

    def commit(self, library: Library, message: CommitMessage) -> str:
        """Make `library` the newest version and return the commit's id; that of HEAD when it holds the same already.

        Raises:
            LibraryError: the library moved on since it was last loaded here, files are changed by hand, another
                writer does not finish, or an entry does not survive being written.
        """
        with self._writing() as repository:
            self._require_clean(repository, self._seen)
            base = self._files(repository, self._seen)
            if self._seen and parse_library(base).version == library.version:
                return self._seen
            files = render_library(library, base=base)
            if parse_library(files).version != library.version:
                raise LibraryError("an entry changes when it is written", fix="build entries with their constructors")
            return self._advance(repository, files, message)

    def changes(self) -> Changes:
        """Return what people changed in the folder since the last commit."""
        with open_repository(self.path) as repository:
            return self._changes(repository, self._head(repository))

    def commit_edits(self, message: CommitMessage) -> str:
        """Make the folder's files, as people left them, the newest version.

        Raises:
            LibraryError: they are not a valid library, or as for `commit`.
        """
        with self._writing() as repository:
            files = read_folder(self.path)
            if self._seen and files == self._files(repository, self._seen):
                return self._seen
            return self._advance(repository, files, message)

    def discard_edits(self) -> tuple[str, ...]:
        """Bring the folder back to the last commit and return the paths that lost their changes."""
        with self._writing() as repository:
            lost = self._changes(repository, self._seen).paths
            self._move(repository, before=read_folder(self.path), after=self._files(repository, self._seen))
            return lost

    def rollback(self, to: str) -> str:
        """Commit the content of an earlier version as the newest; history only ever grows.

        Raises:
            LibraryError: as for `load` and `commit`.
        """
        with self._writing() as repository:
            self._require_clean(repository, self._seen)
            commit = resolve(repository, self._seen, to)
            if commit == self._seen:
                return commit
            version = read_version(repository, commit).version
            message = CommitMessage(subject=f"Roll back to {version[:12]}", trailers={"Rollback-To": commit})
            return self._advance(repository, self._files(repository, commit), message)

    def log(self) -> list[LogEntry]:
        """Return the history, newest first, along first parents."""
        with open_repository(self.path) as repository:
            return list(history(repository, self._head(repository)))

    def diff(self, a: str, b: str = "HEAD") -> LibraryDiff:
        """Return what changed from version `a` to version `b`."""
        return diff_libraries(self.load(a), self.load(b))

    def _advance(self, repository: Repository, files: Files, message: CommitMessage) -> str:
        """Commit `files` on top of what was last seen; the caller holds the lock."""
        text = message.render(version=parse_library(files).version)
        before = read_folder(self.path)
        self._note({"old": self._seen, "new": None})
        new = repository.add(files, parent=self._seen, message=text, time=int(self._clock()))
        self._note({"old": self._seen, "new": new})
        if not repository.move_head(self._seen, new):
            self._pending.unlink()
            raise LibraryError("another program moved the branch", fix="load the library again")
        self._seen = new
        self._move(repository, before=before, after=files)
        self._pending.unlink()
        return new

    def _move(self, repository: Repository, *, before: Files, after: Files) -> None:
        move_folder(self.path, before=before, after=after, scratch=self._private)
        repository.write_index(after)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[Repository]:
        """Hold the writers' lock, finish what a dead writer left, and refuse to write over unseen versions."""
        with open_repository(self.path) as repository, writer_lock(self._lock):
            self._finish(repository)
            if (head := repository.head()) != self._seen:
                raise LibraryError(
                    f"the library moved on from {str(self._seen)[:12]} to {str(head)[:12]} since it was read",
                    fix="load it again and repeat the edit",
                )
            yield repository

    def _head(self, repository: Repository) -> str | None:
        if self._pending.exists():
            with writer_lock(self._lock):
                self._finish(repository)
        return repository.head()

    def _clean_head(self, repository: Repository) -> str | None:
        """Return HEAD once the folder agrees with it; what looks like an edit may be a writer at work: look twice."""
        head = self._head(repository)
        with contextlib.suppress(LibraryError):
            if not self._changes(repository, head).paths:
                return head
        with writer_lock(self._lock):
            self._finish(repository)
            head = repository.head()
            self._require_clean(repository, head)
            return head

    def _finish(self, repository: Repository) -> None:
        """Complete the commit of a writer that died; the caller holds the lock, so no live writer is at it."""
        if not self._pending.exists():
            return
        note = as_mapping(
            read_json(self._pending.read_text(), path=".git/rubrica/pending"), path=".git/rubrica/pending"
        )
        repository.drop_stale_locks()
        for part in self._private.glob(f"{PART_PREFIX}*"):
            part.unlink()
        old, new = note.get("old"), note.get("new")
        if isinstance(new, str) and new == repository.head():
            before = self._files(repository, old if isinstance(old, str) else None)
            self._move(repository, before=before, after=self._files(repository, new))
        self._pending.unlink()

    def _note(self, note: dict[str, str | None]) -> None:
        write_whole(self._pending, json.dumps(note).encode(), scratch=self._private)

    def _require_clean(self, repository: Repository, head: str | None) -> None:
        if paths := self._changes(repository, head).paths:
            raise LibraryError(
                f"uncommitted changes in {', '.join(paths[:5])}",
                fix="keep them with `rubrica library commit`, drop them with `rubrica library rollback HEAD --discard`",
            )

    def _changes(self, repository: Repository, head: str | None) -> Changes:
        committed, found = self._files(repository, head), read_folder(self.path)
        return Changes(
            added=tuple(sorted(found.keys() - committed.keys())),
            changed=tuple(sorted(path for path in found.keys() & committed.keys() if found[path] != committed[path])),
            removed=tuple(sorted(committed.keys() - found.keys())),
        )

    def _files(self, repository: Repository, commit: str | None) -> dict[str, bytes]:
        return repository.files(repository.commit(commit).tree) if commit else {}
