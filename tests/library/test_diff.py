"""A diff names every entry, weight and fitted number that changed."""

from rubrica.library.diff import ScoringChange, WeightChange, diff_libraries
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Scoring


def test_equal_libraries_differ_in_nothing(library: Library) -> None:
    found = diff_libraries(library, library)
    assert (found.entries, found.weights, found.scoring) == ((), (), ())
    assert found.before == found.after == library.version


def test_every_change_is_listed(library: Library) -> None:
    units = library.skills["units"]
    present, sensible = units.criteria
    heavier = present.model_copy(update={"weight": 3.0})
    revised = units.model_copy(update={"criteria": (heavier,), "body": "# Units\n\nLook twice."})
    after = (
        library.with_skill(revised)
        .with_skill(Skill(name="alone", description="d", criteria=(Criterion(id="x", text="t"),)))
        .without_tool("quantities")
        .with_scoring(Scoring(weights={"units/present": 0.5}, temperature=2.0, reference=1.0))
    )
    found = diff_libraries(library, after)
    assert [(entry.kind, entry.name, entry.change) for entry in found.entries] == [
        ("skill", "alone", "added"),
        ("skill", "units", "changed"),
        ("tool", "quantities", "removed"),
    ]
    assert "-Look.\n+Look twice." in found.entries[1].text
    assert "--- skills/units/SKILL.md\n+++ skills/units/SKILL.md" in found.entries[1].text
    assert "--- /dev/null\n+++ skills/alone/SKILL.md" in found.entries[0].text
    assert found.weights == (
        WeightChange(criterion="alone/x", before=None, after=1.0),
        WeightChange(criterion="units/present", before=2.0, after=3.0),
        WeightChange(criterion="units/sensible", before=sensible.weight, after=None),
    )
    assert found.scoring == (
        ScoringChange(field="reference", before=0.0, after=1.0),
        ScoringChange(field="weights.units/present", before=0.25, after=0.5),
    )
