"""A library is read from whatever holds one."""

from pathlib import Path

import pytest

from rubrica.errors import LibraryError
from rubrica.library.archive import write_archive
from rubrica.library.files import render_library
from rubrica.library.library import Library
from rubrica.library.sources import merge, read_source
from rubrica.library.store import LibraryStore
from rubrica.skills.base import Skill
from rubrica.types import Scoring


def test_repository_folder_and_archives_hold_the_same_library(tmp_path: Path, library: Library) -> None:
    LibraryStore.init(tmp_path / "repository", library)
    for path, data in render_library(library).items():
        (tmp_path / "plain" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plain" / path).write_bytes(data)
    write_archive(library, tmp_path / "a.zip")
    write_archive(library, tmp_path / "a.tar")
    for name in ("repository", "plain", "a.zip", "a.tar"):
        assert read_source(tmp_path / name) == library


def test_a_rewardharness_folder_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "registry.json").write_text("{}")
    assert read_source(tmp_path) == Library()


def test_nothing_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="nothing at"):
        read_source(tmp_path / "missing")


def test_merging_adds_and_replaces_entries_and_keeps_the_scoring(library: Library) -> None:
    units, other = Skill(name="units", description="New."), Skill(name="other", description="d")
    merged = merge(library, Library.of([units, other], scoring=Scoring(temperature=9.0)))
    assert merged.skills == {"other": other, "units": units}
    assert (merged.tools, merged.scoring) == (library.tools, library.scoring)
