"""Labelled cases as tables laid out by hand, for tests that know what the numbers must be."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from rubrica.evolution.table import Table, column_of
from rubrica.evolution.vocabulary import probes
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Label, TaskFeatures

Grades = Sequence[Sequence[float | None]]


def a_check(of: str, **given: Any) -> Criterion:
    """A criterion that one measure grades."""
    fields = {"id": of, "text": "T.", "scored_by": "tool", "tool": "measure", "arguments": {"of": of}}
    return Criterion.model_validate({**fields, **given})


def a_probe(of: str) -> Criterion:
    """The probe of the vocabulary that reads a measure."""
    return next(probe for probe in probes() if probe.tool == "measure" and probe.arguments == {"of": of})


def a_skill(name: str, *criteria: Criterion, **given: Any) -> Skill:
    return Skill.model_validate({"name": name, "description": f"About {name}.", "criteria": criteria, **given})


def a_library(*skills: Skill, **given: Any) -> Library:
    return Library.of(skills, **given)


def a_table(
    columns: Sequence[Criterion | str],
    cases: Sequence[tuple[Label, Grades]],
    features: Sequence[TaskFeatures] = (),
) -> Table:
    """Each case is a label and, for each candidate, its grade in every column; None = the check cannot tell."""
    sizes = [len(grades) for _, grades in cases]
    rows = [[np.nan if grade is None else grade for grade in row] for _, grades in cases for row in grades]
    names = [column if isinstance(column, str) else column_of(column) for column in columns]
    return Table(
        ids=tuple(f"case-{n}" for n in range(len(cases))),
        labels=tuple(label for label, _ in cases),
        features=tuple(features) or (TaskFeatures(),) * len(cases),
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        columns={name: position for position, name in enumerate(names)},
        grades=np.array(rows, dtype=float).reshape(sum(sizes), len(names)),
    )


def random_pairs(
    columns: Sequence[Criterion | str],
    size: int,
    *,
    taste: Sequence[float] = (),
    noise: float = 0.0,
    seed: int = 0,
) -> Table:
    """Pairs with random grades; labels follow the taste (a weight for each column), or chance where there is none."""
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(size):
        grades = rng.random((2, len(columns)))
        worth = grades @ np.asarray(taste) + noise * rng.normal(size=2) if len(taste) else rng.random(2)
        cases.append((Label.best(int(worth[1] > worth[0]), 2), grades.tolist()))
    return a_table(columns, cases)


labels = st.one_of(
    st.lists(st.integers(0, 3), min_size=2, max_size=5).map(lambda r: Label(kind="ranking", ranks=_dense(r))),
    st.lists(st.sampled_from([0.0, 0.3, 1.0, 4.5]), min_size=2, max_size=5).map(lambda s: Label.from_scores(tuple(s))),
    st.integers(2, 5).flatmap(lambda k: st.integers(0, k - 1).map(lambda i: Label.best(i, k))),
    st.floats(0, 1).map(lambda s: Label.from_scores((s,))),
    st.just(Label(kind="ranking", ranks=(0,))),
)


def _dense(values: list[int]) -> tuple[int, ...]:
    levels = sorted(set(values))
    return tuple(levels.index(value) for value in values)


def labelled(*given: Label, columns: int = 1, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    cases = [(label, rng.random((len(label.ranks), columns)).tolist()) for label in given]
    return a_table([f"column {n}" for n in range(columns)], cases)
