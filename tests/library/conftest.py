"""A small library that the tests of this folder edit."""

import pytest

from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.tools.entry import ToolCase, ToolEntry
from rubrica.types import Criterion, Scoring


@pytest.fixture
def units() -> Skill:
    criteria = (
        Criterion(id="present", text="Every quantity carries a unit.", scored_by="tool", tool="quantities", weight=2),
        Criterion(id="sensible", text="The unit fits the quantity.", when="asks_math"),
    )
    return Skill(name="units", description="Quantities keep their units.", body="# Units\n\nLook.", criteria=criteria)


@pytest.fixture
def tool() -> ToolEntry:
    return ToolEntry(
        name="quantities",
        description="Finds numbers without units.",
        kind="python",
        source="def check(task, candidate, **arguments):\n    return {'value': None}\n",
        cases=(ToolCase(prompt="How far?", candidate="3 km", value=1.0),),
    )


@pytest.fixture
def library(units: Skill, tool: ToolEntry) -> Library:
    return Library.of([units], tools=[tool], scoring=Scoring(weights={"units/present": 0.25}, temperature=2.0))
