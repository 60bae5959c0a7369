"""A git repository of plain files: trees in, trees out, one branch moved atomically. The only user of dulwich.

Covered: trees with links, submodules, nested folders, odd names or oversize files; a `.git` that points elsewhere;
objects that unpack to more than any file of a library.
"""

import contextlib
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rubrica.errors import LibraryError
from rubrica.library.files import MAX_FILE_BYTES, MAX_FILES, Files
from rubrica.library.packs import unpacked_size

AUTHOR = b"rubrica <rubrica@localhost>"
_PLAIN = frozenset({0o100644, 0o100755})
_FOLDER = 0o040000
_MAX_DEPTH = 3
_DAMAGE = (KeyError, ValueError, OSError, AssertionError, IndexError, zlib.error, struct.error)
"""What dulwich lets through of files that are not what their names say, beside its own errors."""
_NAME = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_INCLUDES = re.compile(rb"^\s*\[\s*include", re.IGNORECASE | re.MULTILINE)
_MAX_OBJECT_BYTES = 2 * MAX_FILE_BYTES
"""Unpacked; no file, tree or message of a library is larger."""


@dataclass(frozen=True, slots=True)
class Commit:
    """What git records about one version."""

    id: str
    tree: str
    parents: tuple[str, ...]
    time: int
    """Seconds since the epoch."""
    message: str


class Repository:
    """An open repository; use `open_repository`."""

    def __init__(self, repo: Any, root: Path) -> None:
        self._repo, self._root = repo, root
        repo.object_store.fsync_object_files = True
        repo.object_store.loose_object_size_limit = _MAX_OBJECT_BYTES

    def head(self) -> str | None:
        """Return the commit that the checked-out branch points to; None before the first.

        Raises:
            LibraryError: it points to no commit, or in a circle.
        """
        from dulwich.refs import SymrefLoop

        try:
            name = str(self._repo.head().decode())
        except KeyError:
            return None
        except (SymrefLoop, ValueError):
            name = ""
        if not _NAME.fullmatch(name):
            raise LibraryError("names no commit", path=".git/HEAD", fix="restore the library from a copy")
        return name

    def commit(self, commit_id: str) -> Commit:
        """Return one commit.

        Raises:
            LibraryError: there is none with this id.
        """
        from dulwich.objects import Commit as GitCommit

        found = self._object(commit_id)
        if not isinstance(found, GitCommit):
            raise LibraryError(f"{commit_id} is no commit", fix="`rubrica library log` lists them")
        return Commit(
            id=commit_id,
            tree=found.tree.decode(),
            parents=tuple(parent.decode() for parent in found.parents),
            time=int(found.commit_time),
            message=found.message.decode("utf-8", "replace"),
        )

    def files(self, tree: str) -> dict[str, bytes]:
        """Return all files of a tree by path.

        Raises:
            LibraryError: the tree holds anything but plain files of bounded size, at most three folders deep.
        """
        files: dict[str, bytes] = {}
        for path, blob in self._walk(tree, prefix=(), depth=1):
            if len(files) == MAX_FILES:
                raise LibraryError(f"more than {MAX_FILES} files in version {tree[:12]}")
            data = self._object(blob).as_raw_string()
            if len(data) > MAX_FILE_BYTES:
                raise LibraryError(f"{len(data)} bytes; at most {MAX_FILE_BYTES} are allowed", path=path)
            files[path] = data
        return files

    def add(self, files: Files, *, parent: str | None, message: str, time: int) -> str:
        """Store a commit of `files` and return its id; no branch points to it yet."""
        from dulwich.objects import Blob
        from dulwich.objects import Commit as GitCommit

        nested: dict[str, Any] = {}
        for path, data in files.items():
            *folders, name = path.split("/")
            folder = nested
            for part in folders:
                folder = folder.setdefault(part, {})
            folder[name] = Blob.from_string(data)
        commit = GitCommit()
        commit.tree = self._add_tree(nested)
        commit.parents = [parent.encode()] if parent else []
        commit.author = commit.committer = AUTHOR
        commit.author_time = commit.commit_time = time
        commit.author_timezone = commit.commit_timezone = 0
        commit.encoding = b"UTF-8"
        commit.message = message.encode()
        self._store(commit)
        return str(commit.id.decode())

    def move_head(self, old: str | None, new: str) -> bool:
        """Let the branch point to `new` if it still points to `old`; the one atomic step of a commit."""
        refs = self._repo.refs
        if old is None:
            return bool(refs.add_if_new(b"HEAD", new.encode()))
        return bool(refs.set_if_equals(b"HEAD", old.encode(), new.encode()))

    def write_index(self, files: Files) -> None:
        """Tell git that the folder holds `files`, so that `git status` shows only what people changed."""
        from dulwich.file import FileLocked
        from dulwich.index import Index, index_entry_from_stat
        from dulwich.objects import Blob

        index = Index(self._repo.index_path(), read=False)
        for path, data in files.items():
            with contextlib.suppress(FileNotFoundError):
                status = (self._root / path).lstat()
                index[path.encode()] = index_entry_from_stat(status, Blob.from_string(data).id, mode=0o100644)
        with contextlib.suppress(FileLocked):  # git is at work there; it refreshes the index itself
            index.write()

    def drop_stale_locks(self) -> None:
        """Remove the lock files of a writer that died, or its commit could not be repeated; needs the writers' lock."""
        names, _ = self._repo.refs.follow(b"HEAD")
        git = self._root / ".git"
        for lock in (
            *(git / f"{name.decode()}.lock" for name in names),
            *git.glob("*.lock"),
            *git.glob("objects/*/*.lock"),
        ):
            lock.unlink(missing_ok=True)

    def _add_tree(self, nested: Mapping[str, Any]) -> Any:
        from dulwich.objects import Tree

        tree = Tree()
        for name, item in sorted(nested.items()):
            if isinstance(item, dict):
                tree.add(name.encode(), _FOLDER, self._add_tree(item))
            else:
                self._store(item)
                tree.add(name.encode(), 0o100644, item.id)
        self._store(tree)
        return tree.id

    def _store(self, item: Any) -> None:
        if item.id not in self._repo.object_store:
            self._repo.object_store.add_object(item)

    def _walk(self, tree: str, *, prefix: tuple[str, ...], depth: int) -> Iterator[tuple[str, str]]:
        from dulwich.objects import Tree

        found = self._object(tree)
        if not isinstance(found, Tree):
            raise LibraryError(f"{tree} is no tree", fix="restore the repository from a copy")
        for item in found.items():
            path = "/".join((*prefix, item.path.decode("utf-8", "replace")))
            if item.mode in _PLAIN:
                yield path, item.sha.decode()
            elif item.mode == _FOLDER and depth < _MAX_DEPTH:
                yield from self._walk(item.sha.decode(), prefix=(path,), depth=depth + 1)
            else:
                what = "a folder inside an entry" if item.mode == _FOLDER else "a link or submodule"
                raise LibraryError(what, path=path, fix="remove it from this version")

    def _object(self, sha: str) -> Any:
        from dulwich.errors import ChecksumMismatch, ObjectFormatException

        try:
            self._refuse_bomb(sha)
            return self._repo.object_store[sha.encode()]
        except (*_DAMAGE, ChecksumMismatch, ObjectFormatException) as error:
            problem = f"git object {sha[:12]} is missing or damaged ({type(error).__name__})"
            raise LibraryError(problem, fix="restore the library from a copy") from None

    def _refuse_bomb(self, sha: str) -> None:
        """Raise ValueError for a packed object that is too large; dulwich itself sees to the loose ones."""
        for pack in self._repo.object_store.packs:
            with contextlib.suppress(KeyError):  # it is not in this one
                offset = pack.index.object_offset(bytes.fromhex(sha))
                with Path(pack.data.path).open("rb") as file:
                    if unpacked_size(file, offset, pack.index.object_offset) > _MAX_OBJECT_BYTES:
                        raise ValueError(f"larger than {_MAX_OBJECT_BYTES} bytes")


@contextlib.contextmanager
def open_repository(root: Path) -> Iterator[Repository]:
    """Open the repository in `root`.

    Raises:
        LibraryError: there is none, or its `.git` points elsewhere.
    """
    from dulwich.errors import NotGitRepository
    from dulwich.repo import Repo

    git = root / ".git"
    if not git.is_dir():
        raise _no_library(root)
    for part in (git, *(git / name for name in ("HEAD", "index", "objects", "refs", "rubrica"))):
        if part.is_symlink():
            raise LibraryError("a link", path=str(part.relative_to(root)), fix="copy the repository as a whole")
    for name in ("commondir", "objects/info/alternates"):
        if (git / name).exists():
            raise LibraryError("the repository borrows from another", path=f".git/{name}", fix="use a full clone")
    config = git / "config"
    if config.is_symlink() or (config.is_file() and _INCLUDES.search(config.read_bytes())):
        raise LibraryError("settings from another file", path=".git/config", fix="remove the include or the link")
    try:
        repo = Repo(str(root), bare=False)
    except (NotGitRepository, ValueError, OSError) as error:
        raise LibraryError(f"no git repository at {root}: {error}", fix="restore it from a copy") from None
    with contextlib.closing(repo):
        yield Repository(repo, root)


def _no_library(root: Path) -> LibraryError:
    if (root / "skills").is_dir():
        fix = f"`rubrica library import {root} --library ANOTHER` makes a library of them"
        return LibraryError(f"{root} holds the files of a library, but not its repository", fix=fix)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        fix = "name the library's folder, or one that `rubrica library init` may make"
        return LibraryError(f"no library at {root}, but something else", fix=fix)
    return LibraryError(f"no library at {root}", fix=f"`rubrica library init --library {root}` makes one")


def create_repository(root: Path) -> None:
    """Make an empty repository in the existing folder `root`, with one branch `main`.

    What starts with a dot there is no part of a version (see `folder`), and git is told so.
    """
    from dulwich.repo import Repo

    Repo.init(str(root), default_branch=b"main").close()
    exclude = root / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("/.rubrica/\n", encoding="utf-8")
