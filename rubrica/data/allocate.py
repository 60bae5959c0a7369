"""Deal clusters out to parts so that every part gets its share of every stratum, and every cluster the same chance.

Method: systematic sampling from a list that is sorted by stratum, with a random start (Cochran, "Sampling Techniques",
chapter 8). A greedy filling of quotas looks as even, but sends whatever is rare, or large, to the larger part.
"""

import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import floor

Strata = Mapping[str, int]
"""Cases per stratum in one cluster."""


def allocate(clusters: Mapping[str, Strata], sizes: Sequence[int], *, seed: int) -> dict[str, int]:
    """Return the part of each cluster; `sizes` are the cases wanted per part and add up to all.

    With clusters of one case the sizes are met exactly, and each stratum is within a case or two of its share.
    """

    def place(name: str) -> tuple[str, int, str]:
        strata = clusters[name]
        return max(strata, key=lambda stratum: (strata[stratum], stratum)), -sum(strata.values()), _draw(seed, name)

    left, placed = sorted(clusters, key=place), {}
    for part, size in enumerate(sizes):
        share = Fraction(size, max(1, sum(sizes[part:])))
        start = Fraction(int(_draw(seed, f"start of {part}"), 16), 16**64)
        taken = {name for i, name in enumerate(left) if floor((i + 1) * share + start) > floor(i * share + start)}
        placed.update(dict.fromkeys(taken, part))
        left = [name for name in left if name not in taken]
    return _evened(clusters, placed, sizes, seed=seed)


def _evened(
    clusters: Mapping[str, Strata], placed: dict[str, int], sizes: Sequence[int], *, seed: int
) -> dict[str, int]:
    """Move clusters from the fullest part to the emptiest while one fits: sizes come before strata."""
    weight = {name: sum(strata.values()) for name, strata in clusters.items()}
    excess = [-size for size in sizes]
    for name, part in placed.items():
        excess[part] += weight[name]
    while True:
        over, under = excess.index(max(excess)), excess.index(min(excess))
        gap = min(excess[over], -excess[under])
        fitting = [name for name, part in placed.items() if part == over and weight[name] <= gap]
        if not fitting:
            return placed
        moved = min(fitting, key=lambda name: (-weight[name], _draw(seed, f"{name}/moved")))
        placed[moved] = under
        excess[over] -= weight[moved]
        excess[under] += weight[moved]


def _draw(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}/{name}".encode("utf-8", "surrogatepass")).hexdigest()
