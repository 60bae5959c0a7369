"""Several edits as one."""

from rubrica.evolution.edits import Edit
from rubrica.evolution.joint import change, joined
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.types import Scoring


def skill(name: str, description: str = "Look.") -> Skill:
    return Skill(name=name, description=description)


def test_what_edits_come_to_one_after_the_other_is_one_edit() -> None:
    before = Library.of([skill("old"), skill("kept")], scoring=Scoring(weights={"kept/a": 2.0}))
    edits = [
        Edit(kind="add-skill", title="Add", put_skills=(skill("new"),), sources=("a", "b")),
        Edit(kind="revise-skill", title="Revise", put_skills=(skill("new", "Look twice."),), scoring=Scoring()),
        Edit(kind="retire-skill", title="Retire", drop_skills=("old",), sources=("b", "c")),
    ]
    told = joined(edits, before, what="skills")
    assert told.kind == "add-skill"
    assert told.sources == ("a", "b", "c")
    after = told.apply(before)
    assert after.skills == {"kept": skill("kept"), "new": skill("new", "Look twice.")}
    assert after.scoring == Scoring()


def test_between_equal_libraries_nothing_changes() -> None:
    library = Library.of([skill("a")], scoring=Scoring(tie=0.5))
    edit = change(library, library, title="t", rationale="r")
    assert (edit.put_skills, edit.drop_skills, edit.scoring) == ((), (), None)
