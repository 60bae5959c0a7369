"""What several looks of the judge come to: mean grades, how sure they are, and whether they follow the order shown."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from rubrica.agents.work import Look
from rubrica.rewards.aggregate import criterion_key
from rubrica.rewards.compare import TIE_EPSILON
from rubrica.types import Finding, Rubric

Key = tuple[str, str]
SPREAD = 0.125
"""Standard deviation assumed for one grade before a second look was taken: half a step of the scale."""


def trusted(looks: Sequence[Look]) -> list[Look]:
    """Leave out pairs of orders that only followed position, once there is a look that position cannot reach."""
    if not any(look.alone for look in looks):
        return list(looks)
    biased = {id(look) for pair in _pairs(looks) if follows_position(*pair) for look in pair}
    return [look for look in looks if id(look) not in biased]


def any_follows_position(looks: Sequence[Look]) -> bool:
    """Whether any order and its reverse preferred what stood at the same end."""
    return any(follows_position(*pair) for pair in _pairs(looks))


def _pairs(looks: Sequence[Look]) -> list[tuple[Look, Look]]:
    ordered = [look for look in looks if not look.alone]
    return list(zip(ordered[::2], ordered[1::2], strict=False))


def follows_position(look: Look, reverse: Look) -> bool:
    """Whether each look of a pair prefers another candidate that stood at the same end."""
    best, other = (_favourite(one) for one in (look, reverse))
    if best is None or other is None or best == other:
        return False
    return look.order.index(best) == reverse.order.index(other) in (0, len(look.order) - 1)


def _favourite(look: Look) -> str | None:
    """Return the one candidate with the best mean grade of this look."""
    told: dict[str, list[float]] = defaultdict(list)
    for (_, candidate), grade in look.grades.items():
        told[candidate].append(grade)
    means = {candidate: sum(grades) / len(grades) for candidate, grades in told.items()}
    best = max(means.values(), default=0.0)
    leading = [candidate for candidate, mean in means.items() if best - mean <= TIE_EPSILON]
    return leading[0] if len(leading) == 1 else None


def combine(looks: Sequence[Look]) -> tuple[list[Finding], dict[Key, float]]:
    """Return one finding for each criterion and candidate, and the standard error of its grade.

    Grades are averaged with the weights of their looks; the remark is that of the look whose grade is nearest. The
    error is that of a mean over n looks whose spread is half a step of the scale, or what the looks show.
    """
    told: dict[Key, list[Look]] = defaultdict(list)
    for look in looks:
        for key in look.grades:
            told[key].append(look)
    findings, errors = [], {}
    for key, having in told.items():
        total = sum(look.weight for look in having)
        mean = min(1.0, max(0.0, sum(look.weight * look.grades[key] for look in having) / total))
        nearest = min(having, key=lambda look: (abs(look.grades[key] - mean), -look.weight))
        findings.append(nearest.remarks[key].model_copy(update={"grade": mean}))
        n = len(having)
        spread = SPREAD**2 + sum((look.grades[key] - mean) ** 2 for look in having)
        errors[key] = math.sqrt(spread) / n
    return findings, errors


def without_unasked(rubric: Rubric, own: Mapping[str, object], graded: frozenset[str]) -> Rubric:
    """Leave out the roles' own criteria that did not come up: nothing was asked, so nothing is missing."""
    return Rubric(
        criteria=tuple(c for c in rubric.criteria if criterion_key(c) not in own or criterion_key(c) in graded)
    )
