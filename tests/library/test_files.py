"""A library as files: one strict reader, one deterministic writer."""

import pytest

from rubrica.errors import LibraryError
from rubrica.library.files import MAX_FILE_BYTES, MAX_FILES, parse_library, render_library
from rubrica.library.library import Library
from rubrica.types import Scoring


def test_a_written_library_reads_back_as_the_same_value(library: Library) -> None:
    files = render_library(library)
    assert parse_library(files) == library
    assert sorted(files) == [
        "scoring.json",
        "skills/units/SKILL.md",
        "skills/units/criteria.yaml",
        "tools/quantities/TOOL.md",
        "tools/quantities/cases.jsonl",
        "tools/quantities/tool.py",
    ]


def test_nothing_is_a_library() -> None:
    assert parse_library({}) == Library()
    assert render_library(Library()) == {}


def test_an_entry_that_did_not_change_keeps_its_authors_bytes(library: Library) -> None:
    base = render_library(library)
    base["skills/units/criteria.yaml"] += b"# weights agreed in May\n"
    files = render_library(library.with_scoring(Scoring()).without_tool("quantities"), base=base)
    assert files["skills/units/criteria.yaml"].endswith(b"# weights agreed in May\n")
    assert sorted(files) == ["skills/units/SKILL.md", "skills/units/criteria.yaml"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("README.md", "README.md: unknown file; a library holds skills/<name>/"),
        ("skills/SKILL.md", "unknown file"),
        ("skills/a/b/SKILL.md", "unknown file"),
        ("skills/../SKILL.md", "'..' is no entry name"),
        ("skills//SKILL.md", "'' is no entry name"),
        ("skills/Units/SKILL.md", "'Units' is no entry name; use lowercase"),
        ("tools/a_b/TOOL.md", "'a_b' is no entry name"),
        ("tools/a\n/TOOL.md", "is no entry name"),
        ("/etc/passwd", "unknown file"),
        ("../skills/a/SKILL.md", "unknown file"),
        ("skills\\a\\SKILL.md", "unknown file"),
        ("skills/a/../../x", "unknown file"),
    ],
)
def test_paths_that_have_no_place_are_refused(path: str, problem: str) -> None:
    with pytest.raises(LibraryError, match=problem.replace(".", r"\.")):
        parse_library({path: b""})


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"{", "scoring.json: not JSON"),
        (b"[]", "expected fields, found a list"),
        (b'{"temprature": 1}', "field 'temprature': unknown field; known: weights"),
        (b'{"temperature": 0}', "field 'temperature': input should be greater than 0"),
        (b'{"weights": {"a/b": "1"}}', "field 'weights.a/b': input should be a valid number"),
        (b'{"reference": Infinity}', "Infinity is no JSON number"),
        (b'{"weights": {"a": 1, "a": 2}}', "a key occurs twice"),
        (b" " * (MAX_FILE_BYTES + 1), "at most"),
    ],
)
def test_scoring_is_read_strictly(data: bytes, problem: str) -> None:
    with pytest.raises(LibraryError, match=problem):
        parse_library({"scoring.json": data})


def test_number_and_size_of_files_are_bounded() -> None:
    with pytest.raises(LibraryError, match="files; at most"):
        parse_library({f"skills/a{i}/SKILL.md": b"" for i in range(MAX_FILES + 1)})
    chunk = b" " * MAX_FILE_BYTES
    with pytest.raises(LibraryError, match="bytes; at most"):
        parse_library({f"skills/a{i}/SKILL.md": chunk for i in range(33)})
