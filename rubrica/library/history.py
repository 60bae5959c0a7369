"""The versions of a library, newest first, and how one is named."""

import re
from collections.abc import Iterator

from rubrica.errors import LibraryError
from rubrica.library.files import parse_library
from rubrica.library.library import Library
from rubrica.library.message import CommitMessage, parse_message
from rubrica.library.repository import Repository
from rubrica.types import Value

_HEX = re.compile(r"[0-9a-f]{4,64}")
_BACK = re.compile(r"HEAD~([0-9]{1,6})")


class LogEntry(Value):
    """One version in the history."""

    commit: str
    version: str | None
    """Content hash of the library; None when another tool made the commit."""
    time: int
    """Seconds since the epoch."""
    message: CommitMessage
    parents: tuple[str, ...] = ()


def history(repository: Repository, head: str | None) -> Iterator[LogEntry]:
    """Yield the versions from `head` back along first parents."""
    while head:
        commit = repository.commit(head)
        message, version = parse_message(commit.message)
        yield LogEntry(commit=commit.id, version=version, time=commit.time, message=message, parents=commit.parents)
        head = commit.parents[0] if commit.parents else None


def resolve(repository: Repository, head: str | None, name: str) -> str:
    """Return the commit that `name` means: "HEAD", "HEAD~2", or four or more digits of a commit id or content hash.

    Raises:
        LibraryError: no version, or more than one, has this name.
    """
    if name == "HEAD" and head:
        return head
    entries = list(history(repository, head))
    found: dict[str, str] = {}
    if back := _BACK.fullmatch(name):
        found = {entry.commit: entry.commit for entry in entries[int(back[1]) : int(back[1]) + 1]}
    elif _HEX.fullmatch(name):
        found = {entry.commit: entry.commit for entry in entries if entry.commit.startswith(name)}
        same = {entry.version: entry.commit for entry in reversed(entries) if (entry.version or "").startswith(name)}
        found |= {str(version): commit for version, commit in same.items() if commit not in found}
    if len(found) != 1:
        what = f"{len(found)} versions match '{name}'" if found else f"no version '{name}'"
        raise LibraryError(what, fix="`rubrica library log` lists them")
    return next(iter(found.values()))


def read_version(repository: Repository, commit_id: str) -> Library:
    """Return the library of a commit.

    Raises:
        LibraryError: its files are not a valid library, or not the one that the commit message names.
    """
    commit = repository.commit(commit_id)
    library = parse_library(repository.files(commit.tree))
    _, version = parse_message(commit.message)
    if version not in {None, library.version}:
        raise LibraryError(
            f"commit {commit_id[:12]} holds {library.version[:12]}, but says {str(version)[:12]}",
            fix="it was changed after the fact, or written by another rubrica; go back with `rubrica library rollback`",
        )
    return library
