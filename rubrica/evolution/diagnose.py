"""Diagnosis: where the library is wrong, what pulled it there, and where it was right by luck."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rubrica.evolution.table import Rows, Scorer, Table, Vector, agreement
from rubrica.library.library import Library
from rubrica.rewards.aggregate import criterion_key
from rubrica.types import TaskFeatures, Value

PULLS = 3
"""Criteria named per case."""
NIL = 0.05
"""Margins below this decide nothing."""
MIN_CASES = 5
"""Cases that a failure tag needs to be reported."""
_FLAGS = tuple(name for name, field in TaskFeatures.model_fields.items() if field.annotation is bool)


class Pull(Value):
    """A criterion that moved the margin of a case, and the grades with which it did."""

    criterion: str
    amount: float
    """On the Bradley-Terry scale; negative = away from the label."""
    preferred: float | None
    other: float | None


class Wrong(Value):
    """A case on which the library does not follow the label."""

    case: str
    subset: str
    margin: float
    """Of the label's winner over the strongest other; 0 = nothing told them apart."""
    pulls: tuple[Pull, ...]


class Cluster(Value):
    """Failures with the same cause."""

    name: str
    cases: tuple[str, ...]


class Lucky(Value):
    """A right verdict that deserves no credit."""

    case: str
    why: str


class Gap(Value):
    """A kind of task on which the library fails more often than elsewhere, and that no skill names."""

    feature: str
    cases: int
    accuracy: float


class Tally(Value):
    """Right cases of a subset; shared leads count in part."""

    right: float
    n: int


class Diagnosis(Value):
    """Everything that a look at judged train cases shows."""

    accuracy: float
    subsets: dict[str, Tally]
    wrong: tuple[Wrong, ...]
    clusters: tuple[Cluster, ...]
    lucky: tuple[Lucky, ...]
    gaps: tuple[Gap, ...]


def diagnose(library: Library, table: Table, raw: Vector, subsets: Sequence[str]) -> Diagnosis:
    """Diagnose from raw scores that no case has helped to fit (out of fold), and the library's own contributions."""
    credit = agreement(table, raw).credit
    contributions = Contributions.of(library, table)
    margins = _margins(table, raw)
    wrong = tuple(
        Wrong(case=table.ids[n], subset=subsets[n], margin=round(float(margins[n]), 4), pulls=contributions.against(n))
        for n in np.flatnonzero(credit <= 0.5).tolist()
    )
    return Diagnosis(
        accuracy=float(credit.mean()) if len(credit) else 0.0,
        subsets=_by_subset(credit, subsets),
        wrong=wrong,
        clusters=_clusters(wrong),
        lucky=tuple(_lucky(table, credit, margins, contributions)),
        gaps=tuple(_gaps(library, table, credit)),
    )


@dataclass(frozen=True)
class Contributions:
    """How far each criterion moves each comparison of a table towards its label."""

    keys: tuple[str, ...]
    rows: Rows
    moved: Mapping[int, Vector]
    """Case -> shape (C,), summed over its comparisons; positive = towards the label."""
    grades: Mapping[int, tuple[Vector, Vector]]
    """Case -> grades of the better and of the worse candidate of its first comparison."""
    reliable: Vector
    """Shape (C,): share of the cases it moves in which it moves the right way; 1/2 with no case."""

    @classmethod
    def of(cls, library: Library, table: Table) -> "Contributions":
        scorer, rows = Scorer.of(library, table), Rows.of(table)
        parts = scorer.parts * (scorer.weights(library.scoring) / library.scoring.temperature)
        toward = rows.difference(parts) * (rows.weight * np.sign(rows.y - 0.5))[:, None]
        moved: dict[int, Vector] = {}
        grades: dict[int, tuple[Vector, Vector]] = {}
        for r, case in enumerate(rows.case.tolist()):
            moved[case] = moved.get(case, np.zeros(parts.shape[1])) + toward[r]
            first, second = int(rows.first[r]), int(rows.second[r])
            better, worse = (first, second) if rows.y[r] >= 0.5 or second < 0 else (second, first)
            nothing = np.full(parts.shape[1], np.nan)
            grades.setdefault(case, (scorer.grades[better], scorer.grades[worse] if worse >= 0 else nothing))
        stacked = np.array(list(moved.values())) if moved else np.empty((0, parts.shape[1]))
        active, right = (np.abs(stacked) > NIL).sum(0), (stacked > NIL).sum(0)
        reliable = np.where(active > 0, right / np.maximum(active, 1), 0.5)
        return cls(tuple(criterion_key(c) for c in scorer.criteria), rows, moved, grades, reliable)

    def against(self, case: int) -> tuple[Pull, ...]:
        """Return what pulled away from the label, strongest first."""
        return self._pulls(case, sign=1.0)

    def towards(self, case: int) -> tuple[Pull, ...]:
        """Return what pulled towards the label, strongest first."""
        return self._pulls(case, sign=-1.0)

    def _pulls(self, case: int, *, sign: float) -> tuple[Pull, ...]:
        if case not in self.moved:
            return ()
        moved, (better, worse) = self.moved[case], self.grades[case]
        order = np.argsort(sign * moved, kind="stable")[:PULLS]
        return tuple(
            Pull(
                criterion=self.keys[i],
                amount=round(float(moved[i]), 4),
                preferred=_grade(better[i]),
                other=_grade(worse[i]),
            )
            for i in order.tolist()
            if sign * moved[i] < -1e-9
        )


def _grade(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 4)


def _margins(table: Table, raw: Vector) -> Vector:
    """Return the label's best over its strongest rival per case; for one candidate its score towards the label."""
    margins = np.zeros(len(table))
    for n, label in enumerate(table.labels):
        scores = raw[table.start[n] : table.start[n + 1]]
        ranks = np.array(label.ranks)
        if len(scores) == 1:
            margins[n] = scores[0] if label.scores is not None and label.scores[0] >= 0.5 else -scores[0]
        elif (ranks > 0).any():
            margins[n] = scores[ranks == 0].max() - scores[ranks > 0].max()
    return margins


def _by_subset(credit: Vector, subsets: Sequence[str]) -> dict[str, Tally]:
    told: defaultdict[str, list[float]] = defaultdict(list)
    for value, subset in zip(credit.tolist(), subsets, strict=True):
        told[subset].append(value)
    return {subset: Tally(right=sum(values), n=len(values)) for subset, values in sorted(told.items())}


def _clusters(wrong: Sequence[Wrong]) -> tuple[Cluster, ...]:
    """Group failures by what pulled hardest, largest group first."""
    members: defaultdict[str, list[str]] = defaultdict(list)
    for each in wrong:
        members[f"misled by {each.pulls[0].criterion}" if each.pulls else "nothing tells them apart"].append(each.case)
    ordered = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    return tuple(Cluster(name=name, cases=tuple(cases)) for name, cases in ordered)


def _lucky(table: Table, credit: Vector, margins: Vector, contributions: Contributions) -> Iterator[Lucky]:
    for n in np.flatnonzero(credit > 0.5).tolist():
        towards = contributions.towards(n)
        if abs(margins[n]) < NIL or not towards:
            yield Lucky(case=table.ids[n], why="hardly any evidence tells the candidates apart")
            continue
        best = towards[0]
        reliable = contributions.reliable[contributions.keys.index(best.criterion)]
        if reliable < 0.5:
            why = f"decided by {best.criterion}, which is right in {reliable:.0%} of the cases that it moves"
            yield Lucky(case=table.ids[n], why=why)


def _gaps(library: Library, table: Table, credit: Vector) -> Iterator[Gap]:
    """Name kinds of task with more failures than elsewhere that no condition of a skill mentions."""
    conditions = " ".join(text for s in library.skills.values() for text in (s.when, *(c.when for c in s.criteria)))
    named = set(conditions.replace("(", " ").replace(")", " ").split())
    held = Counter({flag: int(table.holds(flag).sum()) for flag in _FLAGS if flag not in named})
    for flag, count in sorted(held.items()):
        if count >= MIN_CASES:
            accuracy = float(credit[table.holds(flag)].mean())
            if accuracy < float(credit.mean()):
                yield Gap(feature=flag, cases=count, accuracy=round(accuracy, 4))
