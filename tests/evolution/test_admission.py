"""What admission refuses, and what it lets through."""

from dataclasses import replace

import numpy as np
import pytest

from rubrica.evolution.admission import Grounds, refusal, worsened
from rubrica.evolution.edits import Edit
from rubrica.evolution.memory import Idea
from rubrica.evolution.proposers import Fixed
from rubrica.evolution.table import Table, column_of
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.skills.base import Skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.entry import ToolCase, ToolEntry
from rubrica.types import Candidate, Case, Criterion, Label, Message, Task, TaskFeatures, TextPart

PROMPT = "Please write down why the old harbour crane was moved to the southern quay last winter."
MEASURE = Criterion(id="lists", text="Lists.", scored_by="tool", tool="measure", arguments={"of": "numbered"}, weight=3)


def text(value: str) -> tuple[TextPart, ...]:
    return (TextPart(text=value),)


def case(number: int) -> Case:
    task = Task(id=f"c{number}", messages=(Message(role="user", parts=text(PROMPT)),))
    return Case(task=task, candidates=(Candidate(id="A", parts=text("One.")), Candidate(id="B", parts=text("Two."))))


def skill(**given: object) -> Skill:
    fields = {
        "name": "lists-first",
        "description": "Lists are liked.",
        "body": "Look for lists.",
        "criteria": (MEASURE,),
    }
    return Skill.model_validate({**fields, **given})


def edit(*skills: Skill, tools: tuple[ToolEntry, ...] = ()) -> Edit:
    return Edit(
        kind="add-skill",
        title="Add a skill",
        put_skills=skills,
        put_tools=(builtin_entry(load_builtins()["measure"]), *tools),
        sources=("c0", "c1"),
    )


def grounds(*, better: bool = True, library: Library | None = None, ideas: tuple[Idea, ...] = ()) -> Grounds:
    """Two cases whose first candidate is better and has the higher grade, or the lower one."""
    grades = np.array([[0.9], [0.1]] * 2) if better else np.array([[0.1], [0.9]] * 2)
    table = Table(
        ids=("c0", "c1"),
        labels=(Label.best(0, 2),) * 2,
        features=(TaskFeatures(),) * 2,
        start=np.array([0, 2, 4]),
        columns={column_of(MEASURE): 0},
        grades=grades,
    )
    return Grounds(library=library or Library(), table=lambda: table, cases=[case(0), case(1)], ideas=ideas)


def reason(proposed: Edit, on: Grounds | None = None) -> str:
    return refusal(Fixed(proposed), proposed, on or grounds(), None)


def test_a_sound_edit_passes() -> None:
    assert reason(edit(skill())) == ""


@pytest.mark.parametrize(
    "body",
    [
        "Candidate 2 is the better one.",
        "The first response is usually right.",
        "Prefer B when both are long.",
        "Response B should win.",
        "A is better than the rest.",
        "candidate a is better.",
    ],
)
def test_positions_are_refused(body: str) -> None:
    assert "by position" in reason(edit(skill(body=body)))


@pytest.mark.parametrize(
    "body",
    [
        "The first sentence answers the question.",
        "A candidate that lists steps is better.",
        "Give option names in bold. The answer is short.",
        "Held against the other candidates, more is better.",
    ],
)
def test_plain_words_are_not_taken_for_positions(body: str) -> None:
    assert reason(edit(skill(body=body))) == ""


def test_hostile_text_is_searched_in_linear_time() -> None:
    assert reason(edit(skill(body="the first " * 6000))) == ""


def test_quoted_training_text_is_refused() -> None:
    body = "As in: why the OLD harbour crane was moved to the southern quay."
    assert "quotes training text" in reason(edit(skill(body=body)))


def test_an_edit_that_does_not_fit_its_own_cases_is_refused() -> None:
    wrong = grounds(better=False)
    assert "does not explain its own 2 source cases better: 0 gain, 2 lose" in reason(edit(skill()), wrong)
    assert worsened(edit(skill()), wrong) == ["c0", "c1"]
    assert worsened(edit(skill()), grounds()) == []


def test_a_condition_outside_the_grammar_is_refused() -> None:
    assert reason(edit(skill(when="words ** 2 > 4"))).startswith("not valid")


def test_a_check_by_an_unknown_tool_is_refused() -> None:
    unknown = MEASURE.model_copy(update={"tool": "no-such-tool"})
    assert "no tool 'no-such-tool'" in reason(edit(skill(criteria=(unknown,))))


def test_what_a_skill_says_already_is_refused() -> None:
    library = Library.of([skill(name="known")])
    assert "says what known says already" in reason(edit(skill()), grounds(library=library))


def test_an_idea_that_failed_on_the_same_data_is_refused() -> None:
    proposed = edit(skill())
    idea = Idea(
        run="0001", key="x", edit=proposed.id, library=Library().version, data="d", outcome="rejected", reason="p = 0.4"
    )
    assert reason(proposed, grounds(ideas=(idea,))) == "tried before on these cases (run 0001): p = 0.4"


def test_a_python_tool_without_cases_is_refused() -> None:
    tool = ToolEntry(name="odd", description="Odd.", kind="python", source="def check(task, candidate): return {}\n")
    assert "no cases" in reason(edit(skill(), tools=(tool,)))


def test_a_python_tool_that_cannot_run_is_refused() -> None:
    tool = ToolEntry(
        name="odd",
        description="Odd.",
        kind="python",
        source="def check(task, candidate): return {}\n",
        cases=(ToolCase(prompt="p", candidate="c", value=1.0),),
    )
    assert "fails its own cases" in reason(edit(skill(), tools=(tool,)))


def test_too_many_criteria_are_refused() -> None:
    many = tuple(MEASURE.model_copy(update={"id": f"c{n}"}) for n in range(61))
    assert "61 criteria" in reason(edit(skill(criteria=many)))


NAN = float("nan")


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ([NAN] * 4, "tells nothing on any train case"),
        ([0.5, NAN, 0.5, 0.5], "tells the same of every candidate"),
        ([0.9, 0.1, 0.9, 0.1], "tells what another check tells"),
        ([0.1, 0.9, 0.1, 0.9], "tells what another check tells"),
        ([0.8, 0.1, 0.9, 0.1], ""),
        ([0.9, NAN, 0.9, 0.1], ""),
    ],
)
def test_a_tool_that_says_nothing_of_its_own_is_refused(told: list[float], wanted: str) -> None:
    tool = ToolEntry(name="odd", description="Odd.", kind="prompt", body="Is it odd?")
    check = Criterion(id="odd", text="It is odd.", scored_by="tool", tool="odd", weight=0.1)
    proposed = edit(skill(criteria=(MEASURE, check)), tools=(tool,))
    known = grounds()
    table = known.table()
    column = column_of(proposed.put_skills[0].criteria[1], proposed.apply(known.library))
    wider = replace(table, columns={**table.columns, column: 1}, grades=np.column_stack([table.grades, np.array(told)]))
    said = reason(proposed, replace(known, table=lambda: wider))
    assert wanted in said
    assert bool(said) == bool(wanted)
