"""RewardHarness libraries in both forms come in whole; a registry that points anywhere else does not."""

import json
import os
from pathlib import Path

import pytest

from rubrica.errors import LibraryError
from rubrica.library.files import parse_library, render_library
from rubrica.library.rewardharness import is_rewardharness, read_rewardharness

SKILL = """---
schema_version: 2
name: text-edits
kind: skill
description: How to look at lettering.
---

# Lettering

Read it aloud --- slowly.
"""
TOOL = """---
name: compare_images
type: tool
description: Says what differs.
input_schema:
  images: list[base64_str]
  query: str
output_schema:
  match: bool
  score: 1-4 integer
system_prompt: "You compare\\n  pictures."
---

Ask about one thing.
"""
FLAT = {
    "text-edits": {"type": "skill", "description": "How to look.", "path": "skills/text-edits/SKILL.md"},
    "compare_images": {"type": "tool", "description": "Says what differs.", "path": "tools/compare_images/SKILL.md"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in (("skills/text-edits", SKILL), ("tools/compare_images", TOOL)):
        (tmp_path / path).mkdir(parents=True)
        (tmp_path / path / "SKILL.md").write_text(text)
    (tmp_path / "registry.json").write_text(json.dumps(FLAT))
    return tmp_path


def register(folder: Path, document: object) -> None:
    (folder / "registry.json").write_text(json.dumps(document))


def test_a_flat_registry_is_read(folder: Path) -> None:
    assert is_rewardharness(folder)
    library = read_rewardharness(folder)
    skill, tool = library.skills["text-edits"], library.tools["compare-images"]
    assert (skill.description, skill.body) == ("How to look.", "# Lettering\n\nRead it aloud --- slowly.")
    assert [(criterion.id, criterion.scored_by) for criterion in skill.criteria] == [("as-described", "model")]
    assert (tool.kind, tool.body) == ("prompt", "You compare\n  pictures.\n\nAsk about one thing.")
    assert tool.input_schema["properties"] == {
        "images": {"type": "array", "description": "list[base64_str]"},
        "query": {"type": "string", "description": "str"},
    }
    assert tool.output_schema["properties"] == {
        "match": {"type": "boolean", "description": "bool"},
        "score": {"description": "1-4 integer"},
    }
    assert tool.metadata == {"origin": "rewardharness", "origin-name": "compare_images"}
    assert parse_library(render_library(library)) == library


def test_both_forms_give_the_same_library(folder: Path) -> None:
    flat = read_rewardharness(folder)
    entries = {
        name: {"kind": entry["type"], "description": entry["description"], "path": entry["path"]}
        for name, entry in FLAT.items()
    }
    register(folder, {"schema_version": 2, "library": {"id": "mine", "status": "active"}, "entries": entries})
    assert read_rewardharness(folder) == flat


def entry(path: str, kind: str = "skill") -> dict[str, object]:
    return {"type": kind, "description": "d", "path": path}


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        ({"a": entry("../../etc/passwd")}, "field 'a.path': '../../etc/passwd' is not the entry's own file"),
        ({"a": entry("/etc/passwd")}, "is not the entry's own file"),
        ({"a": entry("skills/text-edits/SKILL.md")}, "is not the entry's own file; write 'skills/a/SKILL.md'"),
        ({"a": entry("skills\\a\\SKILL.md")}, "is not the entry's own file"),
        ({"../a": entry("skills/../a/SKILL.md")}, "'../a' is no entry name"),
        ({"a/b": entry("skills/a/b/SKILL.md")}, "is no entry name"),
        ({"a" * 65: entry("x")}, "is no entry name"),
        ({"a": entry("tools/a/SKILL.md")}, "is not the entry's own file"),
        ({"a": entry("plugins/a/SKILL.md", kind="plugin")}, "field 'a.kind': input should be 'skill' or 'tool'"),
        ({"a": {"type": "skill", "path": "skills/a/SKILL.md"}}, "field 'a.description': field required"),
        ({"a": "skills/a/SKILL.md"}, "field 'a': expected fields"),
        ({"missing": entry("skills/missing/SKILL.md")}, "skills/missing/SKILL.md: cannot be read"),
        ([], "expected fields, found a list"),
        ({"schema_version": 3, "entries": {}}, "field 'schema_version': unknown version"),
        ({"schema_version": 2}, "field 'entries': expected fields"),
        ({f"a{i}": {} for i in range(1001)}, "1001 entries; at most 1000"),
    ],
)
def test_hostile_registries_are_refused(folder: Path, document: object, problem: str) -> None:
    register(folder, document)
    with pytest.raises(LibraryError, match=problem.replace(".", r"\.")):
        read_rewardharness(folder)


@pytest.mark.parametrize("place", ["registry.json", "skills/text-edits/SKILL.md", "skills/text-edits", "skills"])
def test_links_are_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory, place: str) -> None:
    moved = tmp_path_factory.mktemp("elsewhere") / "there"
    (folder / place).rename(moved)
    (folder / place).symlink_to(moved)
    with pytest.raises(LibraryError, match=r"link|cannot be read"):
        read_rewardharness(folder)


def test_hard_links_are_refused(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    os.link(folder / "skills/text-edits/SKILL.md", tmp_path_factory.mktemp("elsewhere") / "there")
    with pytest.raises(LibraryError, match="a hard link"):
        read_rewardharness(folder)


def test_oversize_files_are_refused(folder: Path) -> None:
    (folder / "skills/text-edits/SKILL.md").write_text(SKILL + "x" * 70_000)
    with pytest.raises(LibraryError, match=r"skills/text-edits/SKILL\.md: .* bytes; at most 65536"):
        read_rewardharness(folder)


def test_names_that_become_equal_are_refused(folder: Path) -> None:
    (folder / "tools/compare-images").mkdir()
    (folder / "tools/compare-images/SKILL.md").write_text("Plain text is allowed.")
    register(folder, FLAT | {"compare-images": entry("tools/compare-images/SKILL.md", kind="tool")})
    with pytest.raises(LibraryError, match="names repeat"):
        read_rewardharness(folder)


def test_a_document_of_another_name_is_refused(folder: Path) -> None:
    (folder / "skills/text-edits/SKILL.md").write_text(SKILL.replace("name: text-edits", "name: other"))
    with pytest.raises(LibraryError, match="field 'name': 'other', but listed as 'text-edits'"):
        read_rewardharness(folder)
