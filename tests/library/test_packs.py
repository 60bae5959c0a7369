"""Sizes read from packs that git writes, against the objects themselves."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from dulwich.pack import Pack
from dulwich.repo import Repo

from rubrica.errors import LibraryError
from rubrica.library.packs import unpacked_size
from rubrica.library.repository import create_repository, open_repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="packs are written with git")


def packed(root: Path, contents: list[bytes]) -> list[str]:
    """Make a repository whose objects are all in one pack and return their names."""
    create_repository(root)
    names = []
    for data in contents:
        command = ["git", "-C", str(root), "hash-object", "-w", "--stdin"]
        names.append(subprocess.run(command, input=data, capture_output=True, check=True).stdout.decode().strip())
    pack = ["git", "-C", str(root), "pack-objects", "-q", ".git/objects/pack/pack"]
    subprocess.run(pack, input="\n".join(names).encode(), capture_output=True, check=True)
    subprocess.run(["git", "-C", str(root), "prune-packed", "-q"], check=True)
    return names


def sizes(root: Path, names: list[str]) -> list[int]:
    with Repo(str(root)) as repo:
        (pack,) = repo.object_store.packs
        assert isinstance(pack, Pack)
        find = pack.index.object_offset
        with Path(pack.data.path).open("rb") as file:
            return [unpacked_size(file, find(bytes.fromhex(name)), find) for name in names]


def test_the_size_is_that_of_the_object_or_of_one_that_it_differs_from(tmp_path: Path) -> None:
    text = random.Random(0).randbytes(30_000)
    contents = [text + str(n).encode() * n for n in range(9)] + [b"", b"x" * 15, b"x" * 16, b"x" * 5000]
    found = sizes(tmp_path, packed(tmp_path, contents))
    pack = next((tmp_path / ".git/objects/pack").glob("*.pack"))
    assert pack.stat().st_size < 60_000  # so there are differences in it
    for data, size in zip(contents, found, strict=True):
        assert len(data) <= size <= 30_008
    assert found[-4:] == [0, 15, 16, 5000]


def test_a_packed_object_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    (name,) = packed(tmp_path, [bytes(64 << 20)])
    with open_repository(tmp_path) as repository, pytest.raises(LibraryError, match="missing or damaged"):
        repository.commit(name)
