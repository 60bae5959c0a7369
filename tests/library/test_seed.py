"""The seed library is made of the package's own skills and the built-in tools that they name."""

from pathlib import Path

import pytest

from rubrica.errors import LibraryError
from rubrica.library.files import parse_library, render_library
from rubrica.library.lint import lint_library
from rubrica.library.seed import builtin_entry, named_tools, read_skills, seed_library
from rubrica.skills.base import Skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import Criterion


def test_the_seed_library_is_sound() -> None:
    library = seed_library()
    assert parse_library(render_library(library)) == library
    assert [found for found in lint_library(library, builtins=load_builtins()) if found.level == "error"] == []
    assert seed_library() is library


def test_skills_are_read_from_folders_in_name_order(tmp_path: Path) -> None:
    for name in ("b", "a", "__pycache__"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "SKILL.md").write_text(f"---\nname: {name}\ndescription: d\n---\n")
    assert [skill.name for skill in read_skills(tmp_path)] == ["a", "b"]


def test_every_built_in_tool_has_an_entry_when_named() -> None:
    builtins = load_builtins()
    criteria = tuple(Criterion(id=name, text="t", scored_by="tool", tool=name) for name in reversed(builtins))
    tools = named_tools([Skill(name="all", description="d", criteria=criteria)])
    assert tools == [builtin_entry(tool) for tool in builtins.values()]
    assert all(tool.kind == "builtin" for tool in tools)


def test_a_tool_that_is_not_built_in_is_named() -> None:
    criterion = Criterion(id="c", text="t", scored_by="tool", tool="abacus")
    with pytest.raises(LibraryError, match=r"skills/s/criteria\.yaml: field 'tool': no built-in tool 'abacus'; known:"):
        named_tools([Skill(name="s", description="d", criteria=(criterion,))])
