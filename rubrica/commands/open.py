"""From settings to the things that commands work with."""

import hashlib
from pathlib import Path

from rubrica.config import Settings
from rubrica.errors import InputError
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.library.store import LibraryStore
from rubrica.parallel import Plan

STREAM = "stream"
"""The digest of an input that can be read only once."""


def open_library(settings: Settings) -> Library:
    """Load the library that the settings name, or the seed library that ships with the package."""
    return seed_library() if settings.library is None else LibraryStore.open(settings.library).load()


def plan_of(settings: Settings, library: Library) -> Plan:
    """Put library and settings together for the worker processes."""
    return Plan(
        library=library, mode=settings.mode, effort=settings.effort, seed=settings.seed, sandbox=settings.sandbox
    )


def file_digest(source: str) -> str:
    """Return the SHA-256 of a file's bytes, or "stream" for what can be read only once (standard input, a pipe).

    Raises:
        InputError: the file cannot be opened.
    """
    path = Path(source)
    if source == "-" or (path.exists() and not path.is_file() and not path.is_dir()):
        return STREAM
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"cannot be opened: {error.strerror}", path=source) from None
