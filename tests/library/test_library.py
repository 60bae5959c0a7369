"""The library value: content decides the version, and edits make other values."""

import pytest

from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Scoring


def test_version_depends_on_content_alone(library: Library) -> None:
    other = Skill(name="another", description="d")
    one = library.with_skill(other)
    two = Library.of([other, *library.skills.values()], tools=library.tools.values(), scoring=library.scoring)
    assert one == two
    assert one.version == two.version != library.version
    assert list(one.skills) == list(two.skills) == ["another", "units"]
    assert one.without_skill("another").version == library.version


def test_every_part_counts_for_the_version(library: Library) -> None:
    edits = [
        library.with_scoring(Scoring()),
        library.without_tool("quantities"),
        library.without_skill("units"),
        library.with_skill(library.skills["units"].model_copy(update={"body": "other"})),
        library.with_tool(library.tools["quantities"].model_copy(update={"source": "pass"})),
    ]
    assert len({library.version, *(edit.version for edit in edits)}) == 6


def test_fields_at_their_defaults_leave_the_version_alone(units: Skill) -> None:
    explicit = Skill.model_validate({**units.model_dump(exclude_defaults=True), "when": "", "tags": ()})
    assert Library.of([units]).version == Library.of([explicit]).version


def test_an_entry_made_by_model_copy_is_made_valid(library: Library, units: Skill) -> None:
    moved = units.model_copy(update={"name": "measures", "criteria": (Criterion(id="x", text="t", skill="units"),)})
    assert library.with_skill(moved).skills["measures"].criteria[0].skill == "measures"
    with pytest.raises(ValueError, match="String should match pattern"):
        library.with_skill(units.model_copy(update={"name": "../units"}))


def test_an_entry_is_filed_under_its_name(units: Skill) -> None:
    with pytest.raises(ValueError, match="'units' is filed under 'other'"):
        Library(skills={"other": units})


def test_names_do_not_repeat(units: Skill) -> None:
    with pytest.raises(ValueError, match="names repeat"):
        Library.of([units, units])
