"""An edit is known by what it changes, and changes nothing but a copy."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tabled import a_check, a_library, a_skill

from rubrica.evolution.edits import Edit
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry, seed_library
from rubrica.skills.base import Skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import Scoring

ONE, TWO = a_skill("one", a_check("words")), a_skill("two", a_check("bold"))
MEASURE, ECHO = (builtin_entry(load_builtins()[name]) for name in ("measure", "echo"))


def edit(**given_: Any) -> Edit:
    return Edit.model_validate({"kind": "add-skill", "title": "T", **given_})


@settings(max_examples=30, deadline=None)
@given(st.text(), st.text(), st.lists(st.text()), st.sampled_from(["add-skill", "refit", "merge-skills"]))
def test_the_id_does_not_depend_on_words_about_the_change(
    title: str, rationale: str, sources: list[str], kind: str
) -> None:
    told = edit(kind=kind, title=title, rationale=rationale, sources=tuple(sources), put_skills=(ONE,))
    assert told.id == edit(put_skills=(ONE,)).id


CHANGES = [
    {},
    {"put_skills": (ONE,)},
    {"put_skills": (TWO,)},
    {"put_skills": (ONE, TWO)},
    {"put_skills": (a_skill("one", a_check("words", weight=2)),)},
    {"drop_skills": ("one",)},
    {"drop_tools": ("one",)},
    {"put_tools": (MEASURE,)},
    {"scoring": Scoring()},
    {"scoring": Scoring(temperature=2.0)},
]


def test_different_changes_have_different_ids() -> None:
    ids = [edit(**change).id for change in CHANGES]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("field", "entries"),
    [
        ("put_skills", (ONE, TWO)),
        ("put_tools", (MEASURE, ECHO)),
        ("drop_skills", ("one", "two")),
        ("drop_tools", ("one", "two")),
    ],
)
def test_the_order_of_entries_is_no_difference(field: str, entries: tuple[Any, ...]) -> None:
    """It makes the same library, so a rejected edit is known again in any order."""
    assert edit(**{field: entries}).id == edit(**{field: entries[::-1]}).id


@pytest.mark.parametrize("change", CHANGES)
def test_an_edit_that_was_stored_is_the_same_edit(change: dict[str, Any]) -> None:
    told = edit(**change)
    back = Edit.model_validate_json(told.model_dump_json())
    assert (back, back.id) == (told, told.id)


def test_the_given_library_stays_as_it_is() -> None:
    library = a_library(ONE, TWO, tools=[MEASURE])
    version, skills, tools = library.version, dict(library.skills), dict(library.tools)
    after = edit(
        put_skills=(a_skill("one", a_check("hedge")),),
        drop_skills=("two",),
        put_tools=(ECHO,),
        drop_tools=("measure",),
        scoring=Scoring(temperature=3.0),
    ).apply(library)
    assert (dict(library.skills), dict(library.tools), library.scoring) == (skills, tools, Scoring())
    assert Library(library.skills, library.tools, library.scoring).version == version
    assert after.skills == {"one": a_skill("one", a_check("hedge"))}
    assert list(after.tools) == ["echo"]
    assert after.scoring.temperature == 3.0


def test_what_is_dropped_and_put_is_put() -> None:
    revised = a_skill("one", a_check("hedge"))
    assert edit(drop_skills=("one",), put_skills=(revised,)).apply(a_library(ONE)).skills == {"one": revised}


def test_without_a_scoring_the_library_keeps_its_own() -> None:
    scoring = Scoring(weights={"one/words": 2.0}, temperature=0.5)
    assert edit(put_skills=(TWO,)).apply(a_library(ONE, scoring=scoring)).scoring == scoring


@pytest.mark.parametrize("change", CHANGES)
def test_an_edit_applied_twice_is_the_edit_applied_once(change: dict[str, Any]) -> None:
    once = edit(**change).apply(seed_library())
    assert edit(**change).apply(once).version == once.version


def test_an_edit_that_changes_nothing_makes_the_same_version() -> None:
    library = a_library(ONE)
    for nothing in (edit(), edit(put_skills=(ONE,)), edit(drop_skills=("two",)), edit(scoring=Scoring())):
        assert nothing.apply(library).version == library.version


def test_what_was_fitted_for_a_dropped_skill_is_forgotten() -> None:
    scoring = Scoring(weights={"old/a": 3.0, "older/a": 2.0}, baselines={"old/a": 0.1}, errors={"old/a": 0.2})
    library = Library.of([Skill(name=name, description="d") for name in ("old", "older")], scoring=scoring)
    after = Edit(kind="retire-skill", title="Retire", drop_skills=("old",)).apply(library)
    assert after.scoring == Scoring(weights={"older/a": 2.0})
