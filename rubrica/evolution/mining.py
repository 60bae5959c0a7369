"""The embedded proposer: which evidence, under which condition of the task, explains what the library gets wrong?

It fits the ridge learner to labelled cases, with the library as prior, keeps the probes that move the margin most, and
writes them down as skills that a person can read.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rubrica.evolution.edits import Edit
from rubrica.evolution.ridge import PRIOR_FACTOR, Block, Solution, platt_slope, solve
from rubrica.evolution.table import Indices, Matrix, Rows, Scorer, Table, Vector, column_of
from rubrica.evolution.vocabulary import probes
from rubrica.evolution.writing import Found, write_skill
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.rewards.aggregate import Z_MAX, criterion_key
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import Criterion, Scoring, TaskFeatures

MIN_SUPPORT = 8
"""Cases on either side of a condition."""
MIN_SHARE = 0.05
"""Share of cases on either side of a condition."""


MAX_ROWS = 300
"""Comparisons that one fit reads; long rankings are thinned evenly beyond it."""
MIN_COMPARISONS = 3
"""Comparisons that each case may always give."""


MIN_SLOPE = 0.05
"""A library whose margins say nothing is flattened this far, not further: its rankings are kept."""


@dataclass(frozen=True)
class Calibrate:
    """Fit the temperature alone: no ranking changes, but margins come to mean what they say.

    Every run starts with it, ungated: a library that is sure where it should not be would hide what an edit gains.
    """

    key: str = "calibrate"

    def on(self, library: Library, table: Table) -> Edit | None:
        learner = Learner.of(library, table)
        if not len(learner.rows.y):
            return None
        slope = max(min(platt_slope(learner.margin, learner.rows), learner.room), MIN_SLOPE)
        scoring = library.scoring
        fitted = scoring.model_copy(
            update={"temperature": round(scoring.temperature / slope, 6), "isotonic": (), "cases": len(table)}
        )
        return Edit(
            kind="refit",
            title="Calibrate the scale of the rewards",
            rationale=f"One temperature, fitted to {len(table)} labelled cases; rankings stay as they are.",
            scoring=fitted,
            sources=table.ids,
        )


@dataclass(frozen=True)
class Refit:
    """Refit the weights of the library's own criteria."""

    key: str = "refit"

    def on(self, library: Library, table: Table) -> Edit | None:
        learner = Learner.of(library, table)
        if not len(learner.rows.y):
            return None
        solution = solve([learner.prior, learner.own((0.0, 1.0))], learner.rows)
        scoring = learner.scoring(solution)
        return Edit(
            kind="refit",
            title="Refit the weights of the criteria",
            rationale=f"Fitted to {len(table)} labelled cases; shrunk towards the weights before.",
            scoring=scoring,
            sources=table.ids,
        )


@dataclass(frozen=True)
class Mine:
    """Add skills made of the probes that explain the labels; the library's own weights are refitted with them."""

    conditional: bool = False
    """Also look under conditions of the task, so that the skills know when they apply."""
    size: int = 60
    """At most this many criteria: many weak checks together judge better than the few strongest (`docs/log.md`)."""

    @property
    def key(self) -> str:
        return "mine-conditional" if self.conditional else "mine"

    def on(self, library: Library, table: Table) -> Edit | None:
        learner = Learner.of(library, table)
        if not len(learner.rows.y):
            return None
        conditions = ("", *conditions_of(table)) if self.conditional else ("",)
        probed = learner.probed(conditions)
        blocks = [learner.prior, learner.own((0.0, 1.0)), Block(probed.x, (0.3, 1.0))]
        first = solve(blocks, learner.rows)
        kept = probed.take(_strongest(first.importance[2], self.size))
        if not kept.criteria:
            return None
        own = learner.own((first.factors[1],))
        return self._edit(
            library, table, learner, (kept, solve([learner.prior, own, Block(kept.x, (0.3, 1.0))], learner.rows))
        )

    def _edit(self, library: Library, table: Table, learner: "Learner", found: "tuple[Probed, Solution]") -> Edit:
        kept, solution = found
        builtins = load_builtins()
        by_condition: dict[str, list[Found]] = {}
        for i, weight in enumerate(solution.weights[2]):
            if abs(weight) > 1e-6:
                by_condition.setdefault(kept.conditions[i], []).append(kept.found(i, float(weight), learner))
        taken = set(library.skills)
        skills = []
        for condition, members in sorted(by_condition.items()):
            skill = write_skill(condition, members, taken=taken, cases=len(table))
            taken.add(skill.name)
            skills.append(skill)
        tools = {c.tool for skill in skills for c in skill.criteria if c.tool} - set(library.tools)
        return Edit(
            kind="add-skill",
            title=f"Add {_listed([skill.name for skill in skills])}",
            rationale=f"{sum(len(s.criteria) for s in skills)} checks explain the labels of {len(table)} cases best.",
            put_skills=tuple(skills),
            put_tools=tuple(builtin_entry(builtins[name]) for name in sorted(tools)),
            scoring=learner.scoring(solution),
            sources=table.ids,
        )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nothing"


def _strongest(importance: Vector, size: int) -> Indices:
    order = np.argsort(-importance, kind="stable")[:size]
    return np.sort(order[importance[order] > 1e-9])


def conditions_of(table: Table) -> tuple[str, ...]:
    """Return the task features that split the cases, each side well supported: candidates for `when`."""
    need = max(MIN_SUPPORT, int(MIN_SHARE * len(table)))
    flags = [name for name, field in TaskFeatures.model_fields.items() if field.annotation is bool]
    words = np.array([features.words for features in table.features])
    cuts = sorted({int(np.quantile(words, q)) for q in (0.33, 0.67)}) if len(words) else []
    options = [*flags, *(f"words > {cut}" for cut in cuts)]
    return tuple(c for c in options if need <= int(table.holds(c).sum()) <= len(table) - need)


@dataclass(frozen=True)
class Probed:
    """Differences of probe grades, plain or under conditions."""

    x: Matrix
    """Shape (R, D)."""
    criteria: tuple[Criterion, ...]
    conditions: tuple[str, ...]
    means: Vector
    """Shape (D,): what stands in for a missing grade."""

    def take(self, chosen: Indices) -> "Probed":
        return Probed(
            self.x[:, chosen],
            tuple(self.criteria[int(i)] for i in chosen),
            tuple(self.conditions[int(i)] for i in chosen),
            self.means[chosen],
        )

    def found(self, i: int, weight: float, learner: "Learner") -> Found:
        """Return what a skill will say about column i."""
        wins = learner.rows.y[learner.rows.y != 0.5] > 0.5
        moved = self.x[learner.rows.y != 0.5, i]
        separated = int((np.abs(moved) > 1e-9).sum())
        return Found(
            probe=self.criteria[i],
            weight=weight,
            mean=float(self.means[i]),
            separated=separated,
            agreed=int((((moved > 1e-9) & wins) | ((moved < -1e-9) & ~wins)).sum()),
        )


@dataclass(frozen=True)
class Learner:
    """A library and labelled cases, laid out for the ridge learner."""

    library: Library
    table: Table
    rows: Rows
    scorer: Scorer
    margin: Vector
    """Shape (R,): the library's raw margins before caps."""

    @classmethod
    def of(cls, library: Library, table: Table) -> "Learner":
        rows = Rows.of(table, per_case=max(MIN_COMPARISONS, MAX_ROWS // max(1, len(table))))
        scorer = Scorer.of(library, table)
        scoring = library.scoring
        raw = (scorer.parts @ scorer.weights(scoring)) / scoring.temperature
        margin = rows.difference(raw) - rows.absolute * scoring.reference / scoring.temperature
        return cls(library, table, rows, scorer, margin)

    @property
    def room(self) -> float:
        """How far the scale can be stretched before scores are cut off at its end, where they would tie."""
        scoring = self.library.scoring
        z = (self.scorer.parts @ self.scorer.weights(scoring) - scoring.reference) / scoring.temperature
        return max(1.0, Z_MAX / max(float(np.abs(z).max(initial=0.0)), 1e-9))

    @property
    def prior(self) -> Block:
        """The library as it is, and the reference point of single candidates."""
        x = np.column_stack([self.margin, -self.rows.absolute.astype(float)])
        return Block(x, (PRIOR_FACTOR,), equal=False)

    def own(self, factors: tuple[float, ...]) -> Block:
        """The library's criteria, one column each."""
        return Block(self.rows.difference(self.scorer.parts), factors)

    def probed(self, conditions: Sequence[str]) -> Probed:
        """Every probe that the table knows, under every condition."""
        known = [probe for probe in probes() if column_of(probe) in self.table.columns]
        grades = self.table.of(known, [""] * len(known))
        counts = (~np.isnan(grades)).sum(0)
        means = np.where(counts > 0, np.nansum(grades, 0) / np.maximum(counts, 1), 0.5)
        plain = self.rows.difference(np.where(np.isnan(grades), 0.0, grades - means))
        parts = [plain * self.table.holds(c)[self.rows.case][:, None] if c else plain for c in conditions]
        return Probed(
            x=np.hstack(parts),
            criteria=tuple(known) * len(conditions),
            conditions=tuple(c for c in conditions for _ in known),
            means=np.tile(means, len(conditions)),
        )

    def scoring(self, solution: Solution) -> Scoring:
        """Return the library's scoring with the fitted weights of its own criteria; none is ever negative."""
        scoring, scale = self.library.scoring, float(solution.weights[0][0])
        before = self.scorer.weights(scoring) / scoring.temperature
        fitted = np.maximum(scale * before + solution.weights[1], 0.0)
        return scoring.model_copy(
            update={
                "weights": {
                    criterion_key(c): round(float(w), 6) for c, w in zip(self.scorer.criteria, fitted, strict=True)
                },
                "temperature": 1.0,
                "reference": round(float(scale * scoring.reference / scoring.temperature + solution.weights[0][1]), 6),
                "errors": {},
                "isotonic": (),
                "cases": len(self.table),
            }
        )
