"""What a trainer is given: pure functions from the reward vectors of one prompt's candidates to numbers.

A shaping never sees an unscored candidate, never mixes modes, and always returns finite numbers.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from pydantic import Field

from rubrica.rewards.aggregate import sigmoid
from rubrica.rewards.vector import RewardVector
from rubrica.types import Value

Name = Literal["bounded", "centred", "win_rate", "pessimistic", "conjunction", "base_bonus"]
Group = Sequence[RewardVector]

NEEDS_A_GROUP = frozenset({"centred", "win_rate"})
"""Shapings that say nothing about a candidate on its own."""
HOLDS = 0.5
"""Grade from which a rule holds, and reward from which a candidate counts as right."""


class Shaping(Value):
    """Which shaping, and how strong."""

    name: Name = "bounded"
    pessimism: float = Field(default=1.0, ge=0, le=10)
    """Lambda of `pessimistic`, in standard errors."""
    base: float = Field(default=0.5, ge=0, le=1)
    """Share that `base_bonus` gives for keeping every rule."""
    length: float = Field(default=0.0, ge=0, le=1)
    """Beta of the length penalty; 0 = none."""
    mask: bool = False
    """Flatten a group whose spread is below the judge's noise."""

    @property
    def needs_a_group(self) -> bool:
        return self.name in NEEDS_A_GROUP


def shape(group: Group, shaping: Shaping, *, noise: float = 0.0) -> list[float]:
    """Shape the scored candidates of one prompt, in order; `noise` is the judge's, on the latent scale."""
    shaped = SHAPINGS[shaping.name](group, shaping)
    if shaping.length:
        penalties = length_penalties(group, shaping.length)
        shaped = [value - penalty for value, penalty in zip(shaped, penalties, strict=True)]
    if shaping.mask and not has_signal(group, noise):
        return [math.fsum(shaped) / len(shaped)] * len(shaped)
    return shaped


def bounded(group: Group, shaping: Shaping) -> list[float]:
    """Preference as reward: sigmoid(s_i - s_ref), in (0, 1), 0.5 at the library's reference point.

    Bounded, steep near the reference and flat far above it, which is where over-optimisation happens. Source: Fu et al.
    2025, "Reward Shaping to Mitigate Reward Hacking in RLHF" (arXiv 2502.18770), PAR; here s_ref is fitted with the
    library instead of sampled per prompt.
    """
    del shaping
    return [vector.reward for vector in group]


def centred(group: Group, shaping: Shaping) -> list[float]:
    """Group-centred: r_i - mean_j r_j, in (-1, 1), adding up to 0.

    Source: Liu et al. 2025, "Understanding R1-Zero-Like Training" (arXiv 2503.20783): the group's mean as baseline,
    without the division by its standard deviation that favours very easy and very hard prompts.
    """
    del shaping
    mean = math.fsum(vector.reward for vector in group) / len(group)
    return [vector.reward - mean for vector in group]


def win_rate(group: Group, shaping: Shaping) -> list[float]:
    """Win rate in the group: mean over j != i of P(i beats j), in [0, 1]; the rates of K candidates add up to K / 2.

    Source: the Borda score of a stochastic comparison matrix, see Heckel et al. 2019, "Active ranking from pairwise
    comparisons and when parametric assumptions do not help" (arXiv 1606.08842). It depends on order alone, so it
    ignores how far apart the candidates are. Candidates judged apart are compared by P = sigmoid(s_i - s_j).
    """
    del shaping
    matrix = win_matrix(group)
    return [(math.fsum(row) - 0.5) / (len(group) - 1) if len(group) > 1 else 0.5 for row in matrix]


def pessimistic(group: Group, shaping: Shaping) -> list[float]:
    """Lower confidence bound: sigmoid(s_i - lambda sigma_i), in (0, 1): doubt never raises a reward.

    Source: Coste et al. 2023, "Reward Model Ensembles Help Mitigate Overoptimization" (arXiv 2310.02743), where the
    penalty is the ensemble's variance; here it is the standard error of the latent score.
    """
    return [sigmoid(vector.raw - shaping.pessimism * vector.sigma) for vector in group]


def conjunction(group: Group, shaping: Shaping) -> list[float]:
    """Log-sigmoid AND: sum over dimensions d of log sigmoid(z_id), at most 0: being weak anywhere costs.

    A dimension is a skill, z_id the sum of what its criteria contribute. Source: Wang et al. 2024, "Transforming and
    Combining Rewards for Aligning Large Language Models" (arXiv 2402.00742): the logarithm of the probability that the
    candidate is good in every dimension at once.
    """
    del shaping
    return [math.fsum(_log_sigmoid(z) for z in dimensions(vector).values()) for vector in group]


def base_bonus(group: Group, shaping: Shaping) -> list[float]:
    """Hard rules first: g_i (b + (1 - b) r_i), in [0, 1), with g_i = 1 when every rule holds, else 0.

    Keeping the rules is worth the base b; quality earns the bonus above it, and no quality buys a broken rule. Own
    formulation of a gate; for rules beside a learned reward see Mu et al. 2024, "Rule Based Rewards for Language Model
    Safety" (arXiv 2411.01111).
    """
    return [(shaping.base + (1.0 - shaping.base) * vector.reward) if keeps_rules(vector) else 0.0 for vector in group]


SHAPINGS: Mapping[str, Callable[[Group, Shaping], list[float]]] = {
    "bounded": bounded,
    "centred": centred,
    "win_rate": win_rate,
    "pessimistic": pessimistic,
    "conjunction": conjunction,
    "base_bonus": base_bonus,
}
"""Every shaping by name."""


def length_penalties(group: Group, beta: float) -> list[float]:
    """Adaptive length penalty: beta (l_i / max_j l_j) max(p, 1 / K), to be subtracted; p = share of right candidates.

    Easy prompts, where most of the group is right, pay for length; hard ones may think. Source: Xiang et al. 2025,
    "Just Enough Thinking" (arXiv 2506.05256), ALP; lengths are in characters and relative to the longest of the group.
    """
    longest = max(vector.length for vector in group)
    solved = sum(vector.reward >= HOLDS for vector in group) / len(group)
    return [beta * (vector.length / longest if longest else 0.0) * max(solved, 1.0 / len(group)) for vector in group]


def has_signal(group: Group, noise: float) -> bool:
    """Whether the spread max s - min s exceeds the judge's noise.

    A flat group has no advantage to learn from: Yu et al. 2025, "DAPO" (arXiv 2503.14476), leaves such groups out.
    """
    scores = [vector.raw for vector in group]
    return max(scores) - min(scores) > noise


def has_cycle(group: Group) -> bool:
    """Whether the majorities P(i beats j) > 1/2 run in a circle, so that no ranking agrees with them."""
    matrix = win_matrix(group)
    left = set(range(len(group)))
    while left:
        unbeaten = {i for i in left if not any(matrix[j][i] > 0.5 for j in left if j != i)}
        if not unbeaten:
            return True
        left -= unbeaten
    return False


def win_matrix(group: Group) -> list[tuple[float, ...]]:
    """Return P(i beats j) as judged together, or from the latent scores of candidates that were judged apart."""
    if all(len(vector.win) == len(group) for vector in group):
        return [vector.win for vector in group]
    return [tuple(0.5 if a is b else sigmoid(a.raw - b.raw) for b in group) for a in group]


def keeps_rules(vector: RewardVector) -> bool:
    """Whether every graded rule holds."""
    return all(component.grade >= HOLDS for component in vector.components if component.kind == "rule")


def dimensions(vector: RewardVector) -> dict[str, float]:
    """Return the latent score of each skill that graded something, by name."""
    sums: dict[str, float] = {}
    for component in vector.components:
        sums[component.dimension] = sums.get(component.dimension, 0.0) + component.contribution
    return sums


def _log_sigmoid(z: float) -> float:
    return -math.log1p(math.exp(-z)) if z >= 0 else z - math.log1p(math.exp(z))
