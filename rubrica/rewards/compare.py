"""From raw scores to comparisons: ranks with ties, and P(i beats j).

Davidson (1970), "On extending the Bradley-Terry model to accommodate ties": with worths a, b and tie parameter nu,
P(i wins) = a / (a + b + nu sqrt(ab)) and P(tie) = nu sqrt(ab) / (a + b + nu sqrt(ab)).
"""

import math
from bisect import bisect_right
from collections.abc import Sequence

from rubrica.types import Scoring

TIE_EPSILON = 1e-9
"""Raw scores closer than this are equal: they come from the same sums in another order."""


def ranks(scores: Sequence[float]) -> tuple[int, ...]:
    """Return competition-free dense ranks: 0 = best, equal scores share a rank."""
    levels: list[float] = []
    for score in sorted(scores, reverse=True):
        if not levels or levels[-1] - score > TIE_EPSILON:
            levels.append(score)
    return tuple(sum(level - score > TIE_EPSILON for level in levels) for score in scores)


def outcome_probabilities(difference: float, tie: float) -> tuple[float, float]:
    """Return (P(win), P(tie)) for a raw-score difference and Davidson's nu."""
    half = max(-350.0, min(350.0, difference / 2.0))
    up, down = math.exp(half), math.exp(-half)
    total = up + down + tie
    return up / total, tie / total


def win_probability(difference: float, scoring: Scoring) -> float:
    """Return P(i beats j), a tie counting one half, so that the two directions add up to 1."""
    win, tie = outcome_probabilities(difference, scoring.tie)
    p = win + tie / 2.0
    if not scoring.isotonic:
        return p
    return _interpolate(scoring.isotonic, p) if p >= 0.5 else 1.0 - _interpolate(scoring.isotonic, 1.0 - p)


def win_matrix(scores: Sequence[float], scoring: Scoring) -> tuple[tuple[float, ...], ...]:
    """Return the K x K matrix of P(i beats j), 0.5 on the diagonal."""
    return tuple(
        tuple(0.5 if i == j else win_probability(a - b, scoring) for j, b in enumerate(scores))
        for i, a in enumerate(scores)
    )


def _interpolate(knots: Sequence[tuple[float, float]], p: float) -> float:
    position = bisect_right([x for x, _ in knots], p)
    if position == 0:
        return knots[0][1]
    if position == len(knots):
        return knots[-1][1]
    (x0, y0), (x1, y1) = knots[position - 1], knots[position]
    return y0 + (y1 - y0) * (p - x0) / (x1 - x0)
