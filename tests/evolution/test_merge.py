"""Merging learned skills: fewer entries, the same scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.evolution.merge import Merge
from rubrica.evolution.table import Scorer, Table, column_of
from rubrica.library.library import Library
from rubrica.rewards.aggregate import criterion_key
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Label, Scoring, TaskFeatures

OF = ("words", "sentences", "numbered")
weights, shares = st.floats(0.0, 60.0), st.floats(0.0, 1.0)


@st.composite
def criteria(draw: st.DrawFn) -> tuple[Criterion, ...]:
    return tuple(
        Criterion(
            id=f"measure-{n}",
            text=f"More: {of}",
            scored_by="tool",
            tool="measure",
            arguments={"of": of},
            weight=draw(weights),
            prefer=draw(st.sampled_from(["high", "low"])),
            baseline=draw(shares),
        )
        for n, of in enumerate(draw(st.lists(st.sampled_from(OF), unique=True)))
    )


def learned(name: str, lines: tuple[Criterion, ...], when: str = "") -> Skill:
    return Skill(name=name, description="Learned.", body=f"# {name}", criteria=lines, when=when, tags=("learned",))


def table(cases: int = 6) -> Table:
    rng = np.random.default_rng(0)
    grades = rng.random((2 * cases, len(OF)))
    grades[rng.random(grades.shape) < 0.2] = np.nan
    probes = [Criterion(id="x", text="x", scored_by="tool", tool="measure", arguments={"of": of}) for of in OF]
    return Table(
        ids=tuple(f"c{n}" for n in range(cases)),
        labels=(Label.best(0, 2),) * cases,
        features=tuple(TaskFeatures(words=10 * n, is_question=n % 2 == 0) for n in range(cases)),
        start=np.arange(0, 2 * cases + 1, 2),
        columns={column_of(probe): n for n, probe in enumerate(probes)},
        grades=grades,
    )


def raw(library: Library) -> np.ndarray:
    return Scorer.of(library, table()).raw(library.scoring)


@settings(deadline=None)
@given(one=criteria(), two=criteria(), when=st.sampled_from(["", "is_question"]), fitted=st.booleans(), other=weights)
def test_no_score_changes(one, two, when, fitted, other) -> None:
    skills = (learned("learned-taste", one, when), learned("learned-taste-2", two, when))
    keys = [criterion_key(c) for skill in skills for c in skill.criteria]
    scoring = Scoring(temperature=20.0, weights=dict.fromkeys(keys[::2], other) if fitted else {})
    library = Library.of(skills, scoring=scoring)
    edit = Merge().on(library, table())
    assert edit is not None
    after = edit.apply(library)
    assert list(after.skills) == ["learned-taste"]
    assert not set(after.scoring.weights) & set(keys)
    np.testing.assert_allclose(raw(after), raw(library), atol=1e-9)
    assert Merge().on(after, table()) is None


def test_what_two_runs_learned_of_one_check_becomes_one_line() -> None:
    line = Criterion(
        id="m",
        text="More: words",
        scored_by="tool",
        tool="measure",
        arguments={"of": "words"},
        weight=2.0,
        baseline=0.2,
    )
    less = line.model_copy(update={"prefer": "low", "weight": 0.5, "text": "Less: words"})
    library = Library.of([learned("a", (line,)), learned("b", (less,))])
    edit = Merge().on(library, table())
    assert edit is not None
    (told,) = edit.put_skills[0].criteria
    assert (told.weight, told.prefer, told.skill) == (1.5, "high", "a")
    assert edit.put_skills[0].metadata["merged-from"] == "a b"
    assert edit.drop_skills == ("b",)


@pytest.mark.parametrize(
    "other",
    [
        learned("b", (), when="is_question"),
        Skill(name="b", description="Seed."),
        learned("b", (Criterion(id="read", text="It reads well."),)),
    ],
)
def test_what_applies_elsewhere_or_was_written_by_hand_stays_apart(other: Skill) -> None:
    assert Merge().on(Library.of([learned("a", ()), other]), table()) is None
