"""What the fit and the gate compute on: grades of all labelled cases as arrays, one column per check.

A column is a tool call (`call_key`) or a model-graded criterion ("skill/criterion"); a library is a choice of columns
with weights, baselines and conditions. Any library whose columns are here can be scored without judging anything again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rubrica.library.library import Library
from rubrica.rewards.aggregate import Z_MAX, criterion_key
from rubrica.rewards.fit import Comparisons
from rubrica.skills.when import parse
from rubrica.tools.toolbox import call_key
from rubrica.types import Criterion, Preference, Scoring, TaskFeatures

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]


def column_of(criterion: Criterion) -> str:
    """Return the column that grades a criterion."""
    if criterion.tool is None:
        return f"model {criterion_key(criterion)}"
    reading = "lowest" if criterion.kind == "rule" else "mean"
    return f"{reading} {call_key(criterion.tool, criterion.arguments)}"


@dataclass(frozen=True)
class Table:
    """Labelled cases with everything that is known about their candidates.

    Attributes:
        cases: N labelled cases.
        features: N task features.
        columns: column name -> position.
        grades: N arrays of shape (K, C), NaN where a check could not tell; before `prefer` is applied.
    """

    cases: Sequence[Preference]
    features: Sequence[TaskFeatures]
    columns: Mapping[str, int]
    grades: Sequence[Matrix]

    def __len__(self) -> int:
        return len(self.cases)

    def holds(self, condition: str) -> NDArray[np.bool_]:
        """Return for each case whether a condition over task features holds, shape (N,)."""
        return self._conditions(condition)

    def _conditions(self, condition: str) -> NDArray[np.bool_]:
        if condition not in self._known:
            parsed = parse(condition)
            self._known[condition] = np.array([parsed.holds(features) for features in self.features], dtype=bool)
        return self._known[condition]

    @cached_property
    def _known(self) -> dict[str, NDArray[np.bool_]]:
        return {}

    def of(self, criterion: Criterion, case: int) -> Vector:
        """Return the grades of one case's candidates on a criterion, shape (K,), NaN where not graded."""
        position = self.columns.get(column_of(criterion))
        if position is None:
            return np.full(len(self.cases[case].case.candidates), np.nan)
        grades = self.grades[case][:, position]
        return 1.0 - grades if criterion.prefer == "low" else grades


@dataclass(frozen=True)
class Scorer:
    """A library's criteria applied to a table: contributions per case, ready for many weightings."""

    criteria: tuple[Criterion, ...]
    parts: tuple[Matrix, ...]
    """N arrays (K, C): grade - baseline where the criterion applies and is graded, else 0."""
    grades: tuple[Matrix, ...]
    """N arrays (K, C), NaN where the criterion does not apply or is not graded."""

    @classmethod
    def of(cls, library: Library, table: Table) -> "Scorer":
        """Lay out the criteria of all skills in name order; a skill's `when` and a criterion's must both hold."""
        criteria = tuple(c for name in sorted(library.skills) for c in library.skills[name].criteria)
        active = np.array(
            [table.holds(library.skills[c.skill].when) & table.holds(c.when) for c in criteria], dtype=bool
        ).reshape(len(criteria), len(table))
        grades, parts = [], []
        baselines = np.array([library.scoring.baselines.get(criterion_key(c), c.baseline) for c in criteria])
        for case in range(len(table)):
            told = (
                np.column_stack(
                    [
                        table.of(c, case)
                        if active[i, case]
                        else np.full(len(table.cases[case].case.candidates), np.nan)
                        for i, c in enumerate(criteria)
                    ]
                )
                if criteria
                else np.zeros((len(table.cases[case].case.candidates), 0))
            )
            grades.append(told)
            parts.append(np.nan_to_num(told - baselines, nan=0.0))
        return cls(criteria, tuple(parts), tuple(grades))

    def weights(self, scoring: Scoring) -> Vector:
        """Return the weight of each criterion under a scoring, shape (C,)."""
        return np.array([scoring.weights.get(criterion_key(c), c.weight) for c in self.criteria], dtype=float)

    def raw(self, case: int, scoring: Scoring, weights: Vector | None = None) -> Vector:
        """Return the raw scores of one case's candidates, shape (K,): the same sums and caps as `rewards.aggregate`."""
        w = self.weights(scoring) if weights is None else weights
        z = np.clip((self.parts[case] @ w - scoring.reference) / scoring.temperature, -Z_MAX, Z_MAX)
        limit = np.ones(len(z))
        for i, criterion in enumerate(self.criteria):
            if criterion.cap is not None:
                allowed = 1.0 - (1.0 - criterion.cap) * (1.0 - self.grades[case][:, i])
                limit = np.fmin(limit, allowed)
        capped = limit < 1.0
        if capped.any():
            p = np.clip(limit / (1.0 + np.exp(-z)), 1e-12, 1 - 1e-12)
            z = np.where(capped, np.clip(np.log(p / (1 - p)), -Z_MAX, Z_MAX), z)
        return z


def comparisons(scorer: Scorer, table: Table, cases: Sequence[int] | Indices) -> Comparisons:
    """Turn labels into rows of grade differences; each case weighs 1, whatever its number of candidates."""
    x, y, weight, absolute, index = [], [], [], [], []
    for case in cases:
        label, parts = table.cases[case].label, scorer.parts[case]
        if len(parts) == 1:
            if label.scores is not None and 0.0 <= label.scores[0] <= 1.0:
                x.append(parts[0])
                y.append(label.scores[0])
                weight.append(1.0)
                absolute.append(True)
                index.append(case)
            continue
        known = list(label.pairs())
        for i, j, wanted in known:
            x.append(parts[i] - parts[j])
            y.append(wanted)
            weight.append(1.0 / len(known))
            absolute.append(False)
            index.append(case)
    return Comparisons(
        x=np.array(x, dtype=float).reshape(len(x), len(scorer.criteria)),
        y=np.array(y, dtype=float),
        weight=np.array(weight, dtype=float),
        absolute=np.array(absolute, dtype=bool),
        case=np.array(index, dtype=np.int64),
    )
