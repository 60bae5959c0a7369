"""The learner of the embedded proposer: kernel ridge regression on label outcomes, with the library as its prior.

Outcomes t = 2y - 1 in [-1, 1] are regressed on blocks of columns, each block scaled to unit variance and then by a
factor: the margin of the library as it is (little shrunk: the learner starts from what the library knows), its own
criteria one by one, and probes, plain and under conditions. In dual form the cost depends on the number of cases, not
of columns (Saunders, Gammerman and Vovk 1998). Block factors and shrinkage are chosen by leaving out one case at a
time, which for ridge needs no refit; a logistic fit of the margins left out (Platt 1999) brings the result to the
Bradley-Terry scale.

Within a block columns keep their own spread, as all are differences of grades in [0, 1]: a check that rarely speaks is
shrunk more. To scale each to unit variance costs a point of accuracy (`docs/log.md`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rubrica.evolution.table import Indices, Matrix, Rows, Vector

SHRINKAGES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
PRIOR_FACTOR = 1.0
"""Scale of the prior margin: one column that is as cheap as all probes together."""
CLIP = 3.0
"""Differences are clipped at this many times their spread, so that no outlier decides."""
MIN_SPREAD = 0.02
"""Columns that vary less than this say nothing."""


@dataclass(frozen=True)
class Block:
    """Columns that share a scale factor."""

    x: Matrix
    """Shape (R, D), raw differences."""
    factors: tuple[float, ...]
    """Options for the block's scale; 0 leaves it out."""
    equal: bool = True
    """Give all columns one scale, and the block unit variance; else each column has unit variance."""


@dataclass(frozen=True)
class Scaled:
    """Blocks made comparable."""

    x: tuple[Matrix, ...]
    unit: tuple[Vector, ...]
    """What each raw column was multiplied by."""

    @classmethod
    def of(cls, blocks: Sequence[Block], weight: Vector) -> "Scaled":
        xs, units = [], []
        for block in blocks:
            spread = np.sqrt((weight[:, None] * block.x**2).sum(0) / max(weight.sum(), 1e-9))
            live = spread > MIN_SPREAD
            if block.equal:
                unit = live / np.sqrt(max(float((spread[live] ** 2).sum()), 1e-9))
            else:
                unit = np.where(live, 1.0 / np.where(live, spread, 1.0), 0.0)
            bound = CLIP * (unit * spread)
            xs.append(np.clip(block.x * unit, -bound, bound))
            units.append(unit)
        return cls(tuple(xs), tuple(units))


@dataclass(frozen=True)
class Solution:
    """A fitted learner."""

    weights: tuple[Vector, ...]
    """Per block, on the raw scale of its columns: latent margin = sum of x @ weights, on the Bradley-Terry scale."""
    importance: tuple[Vector, ...]
    """Per block and column: |weight| times spread, the share of the margin that it typically moves."""
    loss: float
    """Mean squared error of t, each case left out."""
    shrinkage: float
    factors: tuple[float, ...]


def solve(blocks: Sequence[Block], rows: Rows) -> Solution:
    """Fit the blocks to the outcomes, with factors and shrinkage chosen by leaving cases out."""
    scaled = Scaled.of(blocks, rows.weight)
    root = np.sqrt(rows.weight)
    target = root * (2.0 * rows.y - 1.0)
    kernels = [(root[:, None] * x) @ (root[:, None] * x).T for x in scaled.x]
    groups = groups_of(rows.case)
    best: _Choice | None = None
    for factors in _grid([block.factors for block in blocks]):
        kernel = sum((f * f * k for f, k in zip(factors, kernels, strict=True)), np.zeros((len(target), len(target))))
        spectrum = Spectrum.of(kernel, target)
        for shrinkage in SHRINKAGES:
            dual, margins = spectrum.solve(shrinkage, groups)
            loss = float(((target - margins) ** 2).mean())
            if best is None or loss < best.loss - 1e-12:
                best = _Choice(loss, shrinkage, factors, margins, dual)
    if best is None:
        raise ValueError("nothing to fit: no block has a factor to try")
    slope = platt_slope(best.margins / np.maximum(root, 1e-9), rows)
    weights = tuple(
        slope * f * f * unit * ((root[:, None] * x).T @ best.dual)
        for f, x, unit in zip(best.factors, scaled.x, scaled.unit, strict=True)
    )
    importance = tuple(
        np.abs(w) * np.sqrt((rows.weight[:, None] * block.x**2).sum(0) / max(rows.weight.sum(), 1e-9))
        for w, block in zip(weights, blocks, strict=True)
    )
    return Solution(weights, importance, best.loss, best.shrinkage, best.factors)


def groups_of(case: Indices) -> tuple[Indices, ...]:
    """Return the rows of each case, the cases of one size together: arrays of shape (cases, rows of each)."""
    order = np.argsort(case, kind="stable")
    starts = np.flatnonzero(np.diff(case[order], prepend=-1))
    rows = np.split(order, starts[1:]) if len(case) else []
    sizes = sorted({len(each) for each in rows})
    return tuple(np.array([each for each in rows if len(each) == size], dtype=np.int64) for size in sizes)


def platt_slope(margins: Vector, rows: Rows) -> float:
    """Return the slope b >= 0 that maximises the likelihood of the outcomes under P(win) = sigmoid(b m)."""

    def gradient(b: float) -> float:
        p = 1.0 / (1.0 + np.exp(-np.clip(b * margins, -30, 30)))
        return float((rows.weight * margins * (rows.y - p)).sum()) - 1e-3 * b

    low, high = 0.0, 64.0
    if gradient(low) <= 0:
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2.0
        low, high = (middle, high) if gradient(middle) > 0 else (low, middle)
    return (low + high) / 2.0


@dataclass(frozen=True)
class _Choice:
    loss: float
    shrinkage: float
    factors: tuple[float, ...]
    margins: Vector
    """Of each row, from a fit that has not seen its case."""
    dual: Vector


@dataclass(frozen=True)
class Spectrum:
    """A kernel's eigenvectors: every shrinkage is then a product away."""

    values: Vector
    vectors: Matrix
    projected: Vector
    target: Vector

    @classmethod
    def of(cls, kernel: Matrix, target: Vector) -> "Spectrum":
        values, vectors = np.linalg.eigh(kernel)
        return cls(np.maximum(values, 0.0), vectors, vectors.T @ target, target)

    def solve(self, shrinkage: float, groups: Sequence[Indices]) -> tuple[Vector, Vector]:
        """Return the dual solution and each row's margin without the rows of its case.

        The residual of left-out rows B is (G_BB)^-1 (G y)_B with G = (K + shrinkage I)^-1: exact for ridge (Cook and
        Weisberg 1982 for single rows).
        """
        inverse = 1.0 / (self.values + shrinkage)
        dual: Vector = self.vectors @ (inverse * self.projected)
        if all(group.shape[1] == 1 for group in groups):
            return dual, self.target - dual / ((self.vectors * self.vectors) @ inverse)
        margins = self.target.copy()
        for group in groups:
            own = self.vectors[group]  # G on the rows of one case only: all of G would cost more than the rest together
            blocks = (own * inverse) @ own.transpose(0, 2, 1)
            margins[group] -= np.linalg.solve(blocks, dual[group][:, :, None])[:, :, 0]
        return dual, margins


def _grid(options: Sequence[tuple[float, ...]]) -> Iterator[tuple[float, ...]]:
    if not options:
        yield ()
        return
    for first in options[0]:
        for rest in _grid(options[1:]):
            yield (first, *rest)
