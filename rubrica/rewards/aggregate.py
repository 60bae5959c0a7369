"""Findings become raw scores: a weighted sum on the Bradley-Terry scale, with broken rules as caps.

    s_i = sum_c w_c (g_ic - b_c)          null grades contribute 0
    z_i = (s_i - reference) / temperature
    limit_i = min over rules of 1 - (1 - cap)(1 - g_ic)
    low_i = max over rules of floor * g_ic
    reward_i = limit_i * (low_i + (1 - low_i) * sigmoid(z_i))

A rule with grade 0 therefore holds the reward below its cap while candidates that break the same rule keep their order.
A rule with a floor, which only an exact check has, also holds the reward of who keeps it above that: with floor = cap
no opinion puts an answer that was found wrong before one that was found right. Weights are shared by all candidates of
a case, so rankings are transitive by construction.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rubrica.types import Criterion, Finding, Rubric, Scoring

Z_MAX = 30.0
"""Raw scores are clipped to +-Z_MAX, so that a reward stays inside (0, 1) in double precision."""
UNGRADED_SPREAD = 0.25
"""Standard deviation assumed for the grade of a criterion that nobody could grade."""


@dataclass(frozen=True, slots=True)
class Raw:
    """One candidate's latent score and what shaped it."""

    score: float
    """logit of the reward."""
    sigma: float
    contributions: tuple[tuple[str, float], ...]
    """(criterion key, weight * (grade - baseline)), largest absolute value first."""
    capped_by: str | None


def criterion_key(criterion: Criterion) -> str:
    """Return "skill/criterion", the key under which scoring stores a criterion."""
    return f"{criterion.skill}/{criterion.id}" if criterion.skill else criterion.id


def sigmoid(z: float) -> float:
    """Return 1 / (1 + exp(-z)), without overflow."""
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    return math.exp(z) / (1.0 + math.exp(z))


def logit(p: float) -> float:
    """Return log(p / (1 - p)) clipped to +-Z_MAX."""
    if p <= 0:
        return -Z_MAX
    if p >= 1:
        return Z_MAX
    return max(-Z_MAX, min(Z_MAX, math.log(p / (1.0 - p))))


def grades_by_key(rubric: Rubric, findings: Iterable[Finding]) -> Mapping[tuple[str, str], float]:
    """Index the non-null grades by (criterion key, candidate id)."""
    known = {criterion_key(criterion) for criterion in rubric.criteria}
    return {(f.criterion, f.candidate): f.grade for f in findings if f.grade is not None and f.criterion in known}


def aggregate(
    rubric: Rubric, grades: Mapping[tuple[str, str], float], candidates: Sequence[str], scoring: Scoring
) -> list[Raw]:
    """Score each candidate, in order, from `grades[criterion key, candidate id]` in [0, 1]."""
    return [_score(rubric, grades, candidate, scoring) for candidate in candidates]


def _score(rubric: Rubric, grades: Mapping[tuple[str, str], float], candidate: str, scoring: Scoring) -> Raw:
    total, variance, limit, low, capped_by = 0.0, 0.0, 1.0, 0.0, None
    contributions = []
    for criterion in rubric.criteria:
        key = criterion_key(criterion)
        weight = scoring.weights.get(key, criterion.weight)
        grade = grades.get((key, candidate))
        if grade is None:
            variance += (weight * UNGRADED_SPREAD) ** 2
            continue
        baseline = scoring.baselines.get(key, criterion.baseline)
        part = weight * (grade - baseline)
        total += part
        variance += ((grade - baseline) * scoring.errors.get(key, 0.0)) ** 2
        if part:
            contributions.append((key, part))
        if criterion.cap is not None:
            allowed = 1.0 - (1.0 - criterion.cap) * (1.0 - grade)
            if allowed < limit:
                limit, capped_by = allowed, key
        low = max(low, (criterion.floor or 0.0) * grade)
    z = max(-Z_MAX, min(Z_MAX, (total - scoring.reference) / scoring.temperature))
    contributions.sort(key=lambda item: (-abs(item[1]), item[0]))
    return Raw(
        score=z if limit == 1.0 and not low else logit(limit * (low + (1.0 - low) * sigmoid(z))),
        sigma=math.sqrt(variance) / scoring.temperature,
        contributions=tuple(contributions),
        capped_by=capped_by,
    )


def confidence(
    rubric: Rubric, grades: Mapping[tuple[str, str], float], candidates: Sequence[str], scoring: Scoring
) -> float:
    """Return the share of the rubric's weight that could be graded, averaged over candidates; 0 for an empty rubric."""
    total = graded = 0.0
    for criterion in rubric.criteria:
        key = criterion_key(criterion)
        weight = scoring.weights.get(key, criterion.weight)
        total += weight * len(candidates)
        graded += weight * sum((key, candidate) in grades for candidate in candidates)
    return graded / total if total else 0.0
