"""Archives: one library, one sequence of bytes; and nothing but plain files comes in."""

import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from rubrica.errors import LibraryError
from rubrica.library.archive import read_archive, write_archive
from rubrica.library.files import MAX_FILE_BYTES
from rubrica.library.library import Library

SKILL = b"---\nname: a\ndescription: d\n---\n"


@pytest.mark.parametrize("suffix", [".zip", ".tar"])
def test_an_archive_reads_back_and_is_the_same_every_time(tmp_path: Path, library: Library, suffix: str) -> None:
    one, two = tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    write_archive(library, one)
    write_archive(Library.of(library.skills.values(), tools=library.tools.values(), scoring=library.scoring), two)
    assert read_archive(one) == library
    assert one.read_bytes() == two.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [one.name, two.name]


def zipped(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def tarred(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return path


def of_type(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def test_archives_of_common_tools_are_read(tmp_path: Path) -> None:
    folder = zipfile.ZipInfo("skills/a/")
    assert list(read_archive(zipped(tmp_path / "a.zip", (folder, b""), ("skills/a/SKILL.md", SKILL))).skills) == ["a"]
    members = [(of_type("skills/a", tarfile.DIRTYPE), b""), (tarfile.TarInfo("skills/a/SKILL.md"), SKILL)]
    assert list(read_archive(tarred(tmp_path / "a.tar", *members)).skills) == ["a"]


@pytest.mark.parametrize(
    "name", ["../skills/a/SKILL.md", "/skills/a/SKILL.md", "skills/../a/SKILL.md", "C:\\x", "skills/a/../../b"]
)
def test_paths_that_leave_the_library_are_refused(tmp_path: Path, name: str) -> None:
    for path in (
        zipped(tmp_path / "a.zip", (name, SKILL)),
        tarred(tmp_path / "a.tar", (tarfile.TarInfo(name), SKILL)),
    ):
        with pytest.raises(LibraryError, match=r"unknown file|no entry name"):
            read_archive(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_special_files_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = tarred(tmp_path / "a.tar", (of_type("skills/a/SKILL.md", kind, "/etc/passwd"), b""))
    with pytest.raises(LibraryError, match=r"skills/a/SKILL\.md: a link or special file"):
        read_archive(path)


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    member = zipfile.ZipInfo("skills/a/SKILL.md")
    member.create_system, member.external_attr = 3, 0o120777 << 16
    with pytest.raises(LibraryError, match="a link or special file"):
        read_archive(zipped(tmp_path / "a.zip", (member, b"/etc/passwd")))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match=r"SKILL\.md: twice"):
        read_archive(zipped(tmp_path / "a.zip", ("skills/a/SKILL.md", SKILL), ("skills/a/SKILL.md", SKILL)))


def test_a_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", ("skills/a/SKILL.md", b" " * (MAX_FILE_BYTES * 20)))
    with pytest.raises(LibraryError, match=f"more than {MAX_FILE_BYTES}"):
        read_archive(path)


def test_a_bomb_with_a_false_header_is_not_unpacked(tmp_path: Path) -> None:
    size = MAX_FILE_BYTES * 20
    path = zipped(tmp_path / "a.zip", ("skills/a/SKILL.md", b" " * size))
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (30).to_bytes(4, "little")))
    with pytest.raises(LibraryError, match="no archive of a library"):
        read_archive(path)


@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
@pytest.mark.parametrize("cut", [0, 10, 200])
def test_damaged_archives_are_errors_of_the_library(tmp_path: Path, library: Library, name: str, cut: int) -> None:
    path = tmp_path / name
    write_archive(library, path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(LibraryError, match=r"no archive of a library"):
        read_archive(path)


def test_a_pipe_is_not_waited_for_and_a_device_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "device.tar").symlink_to("/dev/zero")
    for name in ("pipe.zip", "device.tar"):
        with pytest.raises(LibraryError, match="not a plain file"):
            read_archive(tmp_path / name)


@pytest.mark.parametrize("name", ["missing.zip", "library.rar", "."])
def test_what_cannot_be_an_archive_is_named(tmp_path: Path, library: Library, name: str) -> None:
    with pytest.raises(LibraryError, match=r"cannot read|neither \.zip nor \.tar"):
        read_archive(tmp_path / name)
    with pytest.raises(LibraryError, match=r"cannot write|neither \.zip nor \.tar"):
        write_archive(library, tmp_path / "nowhere" / name)
