"""Fit criterion weights to labels: Bradley-Terry with ties and shrinkage, by Newton steps on the free coordinates.

A comparison of candidates i and j with grade difference x = g_i - g_j has latent difference d = x.w. With Davidson's
tie parameter nu (Davidson 1970, JASA 65:317) the expected outcome is

    E[y] = (e^{d/2} + nu/2) / (e^{d/2} + e^{-d/2} + nu),    y = 1 win, 1/2 tie, 0 loss

whose score equation is X'(y - E[y]) = lambda (w - prior). Single candidates with an absolute label enter as rows
against the reference point. Weights are bounded below by 0: a criterion that points the wrong way is switched off,
never inverted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

NEWTON_STEPS = 60
TOLERANCE = 1e-8
MIN_SCALE = 0.05
"""Grades that hardly vary are not stretched beyond 1 / MIN_SCALE."""


@dataclass(frozen=True, slots=True)
class Comparisons:
    """What a fit learns from: R rows of C grade differences.

    Attributes:
        x: shape (R, C), grade differences, or grades minus baseline for absolute rows.
        y: shape (R,), outcomes in {0, 1/2, 1}; for absolute rows the label in [0, 1].
        weight: shape (R,), so that each case counts once however many comparisons it gives.
        absolute: shape (R,), True where the row is one candidate against the reference point.
        case: shape (R,), index of the case that a row comes from.
    """

    x: Matrix
    y: Vector
    weight: Vector
    absolute: NDArray[np.bool_]
    case: NDArray[np.int64]

    def of_cases(self, cases: Sequence[int] | NDArray[np.int64]) -> "Comparisons":
        """Keep the rows of the given cases."""
        keep = np.isin(self.case, np.asarray(cases))
        return Comparisons(self.x[keep], self.y[keep], self.weight[keep], self.absolute[keep], self.case[keep])

    def columns(self, keep: Sequence[int] | NDArray[np.int64]) -> "Comparisons":
        """Keep the given criteria."""
        return Comparisons(self.x[:, keep], self.y, self.weight, self.absolute, self.case)


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted parameters on the grades' own scale, with their standard errors (Laplace approximation)."""

    weights: Vector
    errors: Vector
    tie: float
    reference: float

    def latent(self, rows: Comparisons) -> Vector:
        """Return the latent difference of each row, shape (R,)."""
        return rows.x @ self.weights - self.reference * rows.absolute


def expected(d: Vector, tie: float) -> tuple[Vector, Vector, Vector]:
    """Return E[y], Var[y] and P(tie) for latent differences; an absolute row is a comparison that cannot tie."""
    half = np.clip(d / 2.0, -30.0, 30.0)
    up, down = np.exp(half), np.exp(-half)
    total = up + down + tie
    mean = (up + tie / 2.0) / total
    return mean, (up + tie / 4.0) / total - mean**2, tie / total


def fit(rows: Comparisons, *, shrinkage: float, prior: Vector | None = None, floor: Vector | None = None) -> Fit:
    """Return the penalised maximum-likelihood weights.

    Args:
        rows: the comparisons.
        shrinkage: lambda >= 0, in units of a criterion whose differences have standard deviation 1.
        prior: shape (C,), what weights shrink to; default 0.
        floor: shape (C,), lower bound of each weight (-inf allowed); default 0.
    """
    size = rows.x.shape[1]
    scale = np.maximum(np.sqrt((rows.weight[:, None] * rows.x**2).sum(0) / max(rows.weight.sum(), 1e-9)), MIN_SCALE)
    start = (np.zeros(size) if prior is None else prior) * scale
    lower = (np.zeros(size) if floor is None else floor) * scale
    x = np.column_stack([rows.x / scale, -rows.absolute.astype(float)])
    penalty = np.append(np.full(size, shrinkage), 1e-3)
    centre = np.append(start, 0.0)
    bound = np.append(lower, -np.inf)
    w, tie = np.maximum(centre, bound), 0.0
    for _ in range(4 if (rows.y == 0.5).any() else 1):
        w = _newton(w, x, rows, tie, _Penalty(centre, penalty, bound))
        tie = _fit_tie(x @ w, rows)
    _, variance, _ = expected(x @ w, tie)
    hessian = (x.T * (rows.weight * variance)) @ x + np.diag(penalty)
    errors = np.sqrt(np.diag(np.linalg.inv(hessian)))[:size] / scale
    return Fit(weights=w[:size] / scale, errors=errors, tie=tie, reference=float(w[size]))


@dataclass(frozen=True, slots=True)
class _Penalty:
    centre: Vector
    strength: Vector
    bound: Vector


def _newton(w: Vector, x: Matrix, rows: Comparisons, tie: float, penalty: _Penalty) -> Vector:
    for _ in range(NEWTON_STEPS):
        mean, variance, _ = expected(x @ w, tie)
        gradient = x.T @ (rows.weight * (rows.y - mean)) - penalty.strength * (w - penalty.centre)
        free = (w > penalty.bound + 1e-12) | (gradient > 0)
        if not free.any():
            break
        sub = x[:, free]
        hessian = (sub.T * (rows.weight * variance)) @ sub + np.diag(penalty.strength[free] + 1e-9)
        step = np.zeros_like(w)
        step[free] = np.clip(np.linalg.solve(hessian, gradient[free]), -2.0, 2.0)
        moved = np.maximum(w + step, penalty.bound)
        if np.abs(moved - w).max() < TOLERANCE:
            return moved
        w = moved
    return w


def _fit_tie(d: Vector, rows: Comparisons) -> float:
    """Return the nu at which the expected number of ties is the observed one (its score equation), by bisection."""
    seen = float(rows.weight[(rows.y == 0.5) & ~rows.absolute].sum())
    if seen == 0.0:
        return 0.0
    low, high = 1e-6, 1e3
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        told = float((rows.weight * expected(d, middle)[2])[~rows.absolute].sum())
        low, high = (middle, high) if told < seen else (low, middle)
    return float(np.sqrt(low * high))


def isotonic(p: Vector, y: Vector, weight: Vector) -> tuple[tuple[float, float], ...]:
    """Return the knots of the increasing least-squares fit of y on p (pool adjacent violators; Ayer et al. 1955)."""
    order = np.argsort(p, kind="stable")
    blocks: list[list[float]] = []  # mean of y, weight, lowest p, highest p
    for i in order:
        blocks.append([float(y[i]), float(weight[i]), float(p[i]), float(p[i])])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            value, mass, _, high = blocks.pop()
            last = blocks[-1]
            last[0] = (last[0] * last[1] + value * mass) / (last[1] + mass)
            last[1] += mass
            last[3] = high
    return tuple(((low + high) / 2.0, value) for value, _, low, high in blocks)
