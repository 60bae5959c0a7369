"""What fits and the gate compute on: grades of all labelled cases as one array, one column per check.

A column is a tool call (`call_key`) or a model-graded criterion ("skill/criterion"); a library is a choice of columns
with weights, baselines and conditions. Any library whose columns are here can be scored without judging anything again.
What a library may rewrite (a python tool, a skill that a model reads) is named with the hash of its text, so that
another text is another column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rubrica.library.library import Library
from rubrica.rewards.aggregate import Z_MAX, criterion_key
from rubrica.skills.when import parse
from rubrica.tools.toolbox import call_key
from rubrica.types import Criterion, Label, Scoring, TaskFeatures, Value, content_hash

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]
Indices = NDArray[np.int64]


def column_of(criterion: Criterion, library: Library | None = None) -> str:
    """Return the column that grades a criterion of a library; without one, of a built-in tool."""
    if criterion.tool is None:
        skill = library.skills.get(criterion.skill) if library else None
        return f"model {criterion_key(criterion)}{_made_of(skill)}"
    entry = library.tools.get(criterion.tool) if library else None
    reading = "lowest" if criterion.kind == "rule" else "mean"
    made_of = "" if entry is None or entry.kind == "builtin" else _made_of(entry)
    return f"{reading} {call_key(criterion.tool, criterion.arguments)}{made_of}"


def _made_of(entry: Value | None) -> str:
    return f" #{content_hash(entry)[:12]}" if entry is not None else ""


@dataclass(frozen=True)
class Table:
    """N labelled cases with M candidates in all and everything that is known about them."""

    ids: tuple[str, ...]
    labels: tuple[Label, ...]
    features: tuple[TaskFeatures, ...]
    start: Indices
    """Shape (N + 1,): the candidates of case n are rows start[n] to start[n + 1]."""
    columns: Mapping[str, int]
    grades: Matrix
    """Shape (M, number of columns), NaN where a check could not tell; before `prefer` is applied."""

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def case_of(self) -> Indices:
        """Shape (M,): the case of each candidate row."""
        return np.repeat(np.arange(len(self)), np.diff(self.start))

    @cached_property
    def _known(self) -> dict[str, Mask]:
        return {}

    def holds(self, condition: str) -> Mask:
        """Return for each case whether a condition over task features holds, shape (N,)."""
        if condition not in self._known:
            parsed = parse(condition)
            self._known[condition] = np.array([parsed.holds(features) for features in self.features], dtype=bool)
        return self._known[condition]

    def of(self, criteria: Sequence[Criterion], active: Sequence[str], library: Library | None = None) -> Matrix:
        """Return grades of all candidates on criteria that apply under the given conditions, shape (M, criteria)."""
        told = np.full((len(self.grades), len(criteria)), np.nan)
        for i, (criterion, condition) in enumerate(zip(criteria, active, strict=True)):
            position = self.columns.get(column_of(criterion, library))
            if position is None:
                continue
            values = self.grades[:, position]
            if criterion.prefer == "low":
                values = 1.0 - values
            told[:, i] = np.where(self.holds(condition)[self.case_of], values, np.nan) if condition else values
        return told

    def with_labels(self, labels: Sequence[Label]) -> "Table":
        """Return the same cases under other labels."""
        other = replace(self, labels=tuple(labels))
        other.__dict__.update(case_of=self.case_of, _known=self._known)  # neither depends on labels
        return other

    def take(self, cases: Sequence[int] | Indices) -> "Table":
        """Return a table of some of the cases, in the given order."""
        rows = [np.arange(self.start[c], self.start[c + 1]) for c in cases]
        sizes = [len(r) for r in rows]
        return Table(
            ids=tuple(self.ids[c] for c in cases),
            labels=tuple(self.labels[c] for c in cases),
            features=tuple(self.features[c] for c in cases),
            start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            columns=self.columns,
            grades=self.grades[np.concatenate(rows).astype(np.int64)] if rows else self.grades[:0],
        )


@dataclass(frozen=True)
class Rows:
    """The comparisons that labels make known: R rows of candidate pairs, or of single candidates with a label."""

    first: Indices
    second: Indices
    """Shape (R,): candidate rows; -1 in `second` marks a single candidate."""
    y: Vector
    """1 = first better, 0 = second better, 1/2 = tie; for single candidates the label in [0, 1]."""
    weight: Vector
    """Each case weighs 1, whatever its number of comparisons."""
    case: Indices

    @classmethod
    def of(cls, table: Table, *, per_case: int | None = None) -> "Rows":
        """Read the comparisons off the labels; with `per_case`, at most so many of each case, evenly spread."""
        found: list[tuple[int, int, float, float, int]] = []
        for n, label in enumerate(table.labels):
            offset = int(table.start[n])
            if len(label.ranks) == 1:
                if label.scores is not None and 0.0 <= label.scores[0] <= 1.0:
                    found.append((offset, -1, label.scores[0], 1.0, n))
                continue
            known = list(label.pairs())
            if per_case is not None and len(known) > per_case:
                known = [known[round(k * (len(known) - 1) / max(per_case - 1, 1))] for k in range(per_case)]
            found += [(offset + i, offset + j, wanted, 1.0 / len(known), n) for i, j, wanted in known]
        columns = list(zip(*found, strict=True)) if found else [(), (), (), (), ()]
        first, second, y, weight, case = columns
        return cls(
            np.array(first, dtype=np.int64),
            np.array(second, dtype=np.int64),
            np.array(y, dtype=float),
            np.array(weight, dtype=float),
            np.array(case, dtype=np.int64),
        )

    @property
    def absolute(self) -> Mask:
        return self.second < 0

    def difference(self, values: Matrix) -> Matrix:
        """Return first - second per row for candidate values of shape (M,) or (M, D); single candidates keep theirs."""
        other = values[self.second]
        other[self.absolute] = 0.0
        told: Matrix = values[self.first] - other
        return told


@dataclass(frozen=True)
class Scorer:
    """A library's criteria applied to a table, ready for many weightings."""

    criteria: tuple[Criterion, ...]
    grades: Matrix
    """Shape (M, C), NaN where a criterion does not apply or is not graded."""
    parts: Matrix
    """Shape (M, C): grade - baseline, 0 where the grade is missing."""

    @classmethod
    def of(cls, library: Library, table: Table) -> "Scorer":
        """Lay out the criteria of all skills in name order; a skill's `when` and a criterion's must both hold."""
        skills = [library.skills[name] for name in sorted(library.skills)]
        criteria = tuple(c for skill in skills for c in skill.criteria)
        active = [_both(skill.when, c.when) for skill in skills for c in skill.criteria]
        grades = table.of(criteria, active, library)
        baselines = np.array([library.scoring.baselines.get(criterion_key(c), c.baseline) for c in criteria])
        return cls(criteria, grades, np.nan_to_num(grades - baselines, nan=0.0))

    def weights(self, scoring: Scoring) -> Vector:
        """Return the weight of each criterion under a scoring, shape (C,)."""
        return np.array([scoring.weights.get(criterion_key(c), c.weight) for c in self.criteria], dtype=float)

    def raw(self, scoring: Scoring) -> Vector:
        """Return the raw score of every candidate, shape (M,): the same sums and limits as `rewards.aggregate`."""
        z = np.clip((self.parts @ self.weights(scoring) - scoring.reference) / scoring.temperature, -Z_MAX, Z_MAX)
        limit, low = np.ones(len(z)), np.zeros(len(z))
        for i, criterion in enumerate(self.criteria):
            if criterion.cap is not None:
                limit = np.fmin(limit, 1.0 - (1.0 - criterion.cap) * (1.0 - self.grades[:, i]))
            if criterion.floor is not None:
                low = np.fmax(low, criterion.floor * self.grades[:, i])
        p = np.clip(limit * (low + (1.0 - low) / (1.0 + np.exp(-z))), 1e-300, 1 - 1e-16)
        told: Vector = np.where((limit < 1.0) | (low > 0.0), np.clip(np.log(p / (1 - p)), -Z_MAX, Z_MAX), z)
        return told


def _both(a: str, b: str) -> str:
    return f"({a}) and ({b})" if a and b else a or b


@dataclass(frozen=True)
class Agreement:
    """How raw scores agree with labels, case by case; each array has shape (N,)."""

    credit: Vector
    """1 = the label's winner leads alone; shared leads share the credit (`evals.metrics.credit`)."""
    probability: Vector
    """Probability given to what the label says: mean over its comparisons, or p(label) for a single candidate."""


def agreement(table: Table, raw: Vector, *, tolerance: float = 1e-9) -> Agreement:
    """Compare raw scores with the labels."""
    from rubrica.evals.metrics import credit
    from rubrica.rewards.compare import ranks

    rows = Rows.of(table)
    p = 1.0 / (1.0 + np.exp(-np.clip(rows.difference(raw), -30, 30)))
    told = np.where(rows.y == 0.5, 1.0 - np.abs(2 * p - 1), np.where(rows.y > 0.5, p, 1 - p))
    probability = np.bincount(rows.case, rows.weight * told, minlength=len(table))
    credits_ = np.empty(len(table))
    for n, label in enumerate(table.labels):
        scores = raw[table.start[n] : table.start[n + 1]]
        if len(scores) == 1:
            wanted = label.scores is not None and label.scores[0] >= 0.5
            credits_[n] = 0.5 if abs(scores[0]) <= tolerance else float((scores[0] > 0) == wanted)
        elif len(scores) == 2 and label.ranks[0] != label.ranks[1]:
            gap = float(scores[0] - scores[1])
            credits_[n] = 0.5 if abs(gap) <= tolerance else float((gap > 0) == (label.ranks[0] < label.ranks[1]))
        else:
            credits_[n] = credit(label, ranks(scores.tolist()))
    return Agreement(credits_, probability.astype(float))
