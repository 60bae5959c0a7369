"""The examination: two libraries on the same cases, through the judge itself."""

from rubrica.evolution.examine import baselines, examine
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.parallel import Plan
from rubrica.skills.base import Skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import Candidate, Case, Criterion, Label, Message, Preference, Task, TextPart

LONGER = Criterion(id="c", text="T.", scored_by="tool", tool="measure", arguments={"of": "words"}, baseline=0.1)


def library(prefer: str) -> Library:
    skill = Skill(name="long", description="D.", criteria=(LONGER.model_copy(update={"prefer": prefer}),))
    return Library.of([skill], tools=[builtin_entry(load_builtins()["measure"])])


def preference(number: int, *texts: str, label: Label) -> Preference:
    task = Task(id=f"c{number}", messages=(Message(role="user", parts=(TextPart(text="Say it."),)),))
    candidates = tuple(Candidate(id=str(i), parts=(TextPart(text=text),)) for i, text in enumerate(texts))
    return Preference(case=Case(task=task, candidates=candidates), label=label, subset="ab"[number % 2])


CASES = [
    preference(0, "one two three four", "one", label=Label.best(0, 2)),
    preference(1, "one", "one two three", label=Label.best(1, 2)),
    preference(2, "one", "one two three", label=Label.best(0, 2)),
    preference(3, "one", "two", label=Label.best(0, 2)),
]


def test_credit_helped_and_hurt_are_counted_by_case() -> None:
    told = examine(Plan(Library(), sandbox="none"), library("low"), library("high"), CASES)
    assert (told.before.accuracy.value, told.after.accuracy.value) == (1.5 / 4, 2.5 / 4)
    assert (told.helped, told.hurt, told.mcnemar) == (2, 1, 1.0)
    assert told.subsets == {"a": (0.5, 0.5, 2), "b": (0.25, 0.75, 2)}


def test_an_empty_library_decides_nothing_and_says_so() -> None:
    told = examine(Plan(Library(), sandbox="none"), Library(), library("high"), CASES)
    assert (told.before.accuracy.value, told.before.coverage, told.before.unscored) == (0.5, 0.0, 4)


def test_single_candidates_are_held_to_the_reference_point() -> None:
    good, bad = Label.from_scores((1.0,)), Label.from_scores((0.0,))
    cases = [preference(0, "many words " * 40, label=good), preference(1, "one", label=bad)]
    told = examine(Plan(Library(), sandbox="none"), Library(), library("high"), cases)
    assert (told.before.accuracy.value, told.after.accuracy.value, told.after.auroc) == (0.5, 1.0, 1.0)


def test_baselines_read_nothing() -> None:
    assert baselines(CASES) == {"first": 0.75, "longer": 2.5 / 4, "shorter": 1.5 / 4, "random": 0.5}
