"""Anything that holds a library, read by what it is: our folder or archive, or a RewardHarness folder."""

from pathlib import Path

from rubrica.errors import LibraryError
from rubrica.library.archive import read_archive
from rubrica.library.files import parse_library
from rubrica.library.folder import read_folder
from rubrica.library.library import Library
from rubrica.library.rewardharness import is_rewardharness, read_rewardharness
from rubrica.library.store import LibraryStore


def read_source(path: Path) -> Library:
    """Read a library from a repository (its HEAD), a plain folder, a .zip or .tar file, or a RewardHarness folder.

    Raises:
        LibraryError: there is nothing at `path`, or what is there is not a valid library.
    """
    if not path.exists():
        raise LibraryError(f"nothing at {path}", fix="name a folder, a .zip or a .tar file")
    if not path.is_dir():
        return read_archive(path)
    if is_rewardharness(path):
        return read_rewardharness(path)
    if (path / ".git").exists():
        return LibraryStore.open(path).load()
    return parse_library(read_folder(path))


def merge(base: Library, other: Library) -> Library:
    """Return `base` with the entries of `other` added, which win where names are equal; the scoring of `base` stays."""
    return Library(skills={**base.skills, **other.skills}, tools={**base.tools, **other.tools}, scoring=base.scoring)
