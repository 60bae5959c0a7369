"""A trial puts one proposal through cross-fitting: before and after on cases that neither has seen.

The same procedure runs on labels resampled from what the library believed before; that gives the gate its null.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.gate import Comparison
from rubrica.evolution.mining import Calibrate
from rubrica.evolution.table import Agreement, Indices, Mask, Scorer, Table, Vector, agreement
from rubrica.library.library import Library
from rubrica.types import Label

DRAWS = 199
"""Resampled label sets of the null distribution."""
GIVE_UP = 8
"""Draws that reach the seen gain before the rest is left out (Besag and Clifford 1991)."""


def within_reach(draws: int, level: float) -> int:
    """Return how many draws a test at this level takes at least: with fewer, no p-value could be as small."""
    return max(draws, math.ceil(1.0 / level) - 1) if level > 0 else draws


@dataclass(frozen=True)
class Trial:
    """Which library is tried, how it came to be, and on what cases."""

    base: Library
    """The library at the start of the run, before any edit."""
    accepted: tuple[Proposal, ...]
    """Proposals accepted so far; replayed on each fold's other cases, so that no case has been seen."""
    table: Table
    folds: tuple[Indices, ...]
    """Positions in the table, disjoint and covering it."""

    def library(self, proposals: Sequence[Proposal], table: Table) -> Library:
        """Replay proposals on some cases, from the base with its scale calibrated on them."""
        library = self.base
        for proposal in (Calibrate(), *proposals):
            edit = proposal.on(library, table)
            library = library if edit is None else edit.apply(library)
        return library

    def edit(self, proposal: Proposal) -> Edit | None:
        """Return the edit that the whole table leads to, on top of what is accepted."""
        return proposal.on(self.library(self.accepted, self.table), self.table)

    def compare(self, proposal: Proposal, *, seed: int = 0, draws: int = DRAWS, enough: float = 0.0) -> Comparison:
        """Cross-fit the library with and without the proposal; draw the null as far as it can still matter.

        Args:
            proposal: what is tried.
            seed: of the resampled labels.
            draws: size of the null distribution.
            enough: the level of the gate; drawing stops when the p-value cannot fall below it any more.
        """
        before, after = self._cross_fitted(proposal, self.table)
        seen = float((after.probability - before.probability).mean()) if len(self.table) else 0.0
        rng = np.random.default_rng(seed)
        raw = self.out_of_fold(self.accepted, self.table)
        null: list[float] = []
        reached = 0
        while seen > 0 and len(null) < draws:
            shuffled = self.table.with_labels(resampled(self.table, raw, rng))
            b, a = self._cross_fitted(proposal, shuffled)
            null.append(float((a.probability - b.probability).mean()))
            reached += null[-1] >= seen - 1e-12
            if reached >= GIVE_UP or (1 + reached) / (1 + draws) > max(enough, 0.0) > 0.0:
                break
        return Comparison(
            before=before.credit.tolist(),
            after=after.credit.tolist(),
            gains=(after.probability - before.probability).tolist(),
            null=null,
        )

    def _cross_fitted(self, proposal: Proposal, table: Table) -> tuple[Agreement, Agreement]:
        """Compare with and without the proposal; what was accepted before is replayed once a fold, for both."""
        before, after = np.empty(len(table.grades)), np.empty(len(table.grades))
        for fold in self._folded:
            others = fold.learned_from(table)
            library = self.library(self.accepted, others)
            edit = proposal.on(library, others)
            before[fold.inside] = _raw(library, fold.held)
            after[fold.inside] = before[fold.inside] if edit is None else _raw(edit.apply(library), fold.held)
        return agreement(table, before), agreement(table, after)

    def out_of_fold(self, proposals: Sequence[Proposal], table: Table) -> Vector:
        """Return raw scores, each by a library whose proposals have seen the other folds only, shape (M,).

        `table` holds the trial's cases, under these labels or others.
        """
        raw = np.empty(len(table.grades))
        for fold in self._folded:
            raw[fold.inside] = _raw(self.library(proposals, fold.learned_from(table)), fold.held)
        return raw

    @cached_property
    def _folded(self) -> tuple["_Fold", ...]:
        everything, case_of = np.arange(len(self.table)), self.table.case_of
        dealt = [(np.sort(held), np.setdiff1d(everything, held)) for held in self.folds]
        return tuple(
            _Fold(self.table.take(held), np.isin(case_of, held), others, self.table.take(others))
            for held, others in dealt
        )


@dataclass(frozen=True)
class _Fold:
    """What does not depend on labels, laid out once for all draws."""

    held: Table
    inside: Mask
    """Shape (M,): the candidates of the held-out cases, in the order of the table."""
    others: Indices
    rest: Table
    """The other cases, under the labels of the trial."""

    def learned_from(self, table: Table) -> Table:
        """Return the other cases under the labels of a table."""
        return self.rest.with_labels([table.labels[n] for n in self.others])


def _raw(library: Library, table: Table) -> Vector:
    return Scorer.of(library, table).raw(library.scoring)


def resampled(table: Table, raw: Vector, rng: np.random.Generator) -> tuple[Label, ...]:
    """Draw labels as if the raw scores were the truth: the label's ranks go to a random order by Gumbel noise.

    For two candidates this is the Bradley-Terry model; for more, Plackett-Luce (Yellott 1977). Ties stay ties.
    """
    drawn = []
    for n, label in enumerate(table.labels):
        scores = raw[table.start[n] : table.start[n + 1]]
        if len(scores) == 1:
            told = float(rng.random() < 1.0 / (1.0 + np.exp(-scores[0])))
            drawn.append(label.model_copy(update={"scores": (told,)}))
            continue
        order = np.argsort(-(scores + rng.gumbel(size=len(scores))))
        ranks = [0] * len(scores)
        for position, rank in zip(order, sorted(label.ranks), strict=True):
            ranks[int(position)] = rank
        drawn.append(label.model_copy(update={"ranks": tuple(ranks), "scores": None}))
    return tuple(drawn)
