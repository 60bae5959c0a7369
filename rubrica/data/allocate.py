"""Deal clusters out to parts so that every part gets its share of every stratum."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction

Strata = Mapping[str, int]
"""Cases per stratum in one cluster."""


def allocate(clusters: Mapping[str, Strata], sizes: Sequence[int], *, seed: int) -> dict[str, int]:
    """Return the part of each cluster; `sizes` are the cases wanted per part and add up to all.

    Every part gets its share of the clusters of each size: prompts that were asked often may be preferred differently.
    Within a size the greedy choice is the part that would overflow a stratum least, then the one furthest behind its
    quota. With clusters of one case the sizes are met exactly, and each stratum is within a case or two of its share.
    """
    totals: Counter[str] = Counter()
    for strata in clusters.values():
        totals.update(strata)
    quotas = _quotas(totals, sizes)
    open_ = [dict(quota) for quota in quotas]
    weight = {name: sum(strata.values()) for name, strata in clusters.items()}
    slots = _slots(Counter(weight.values()), sizes)
    placed: dict[str, int] = {}
    for name in sorted(clusters, key=lambda name: (-weight[name], _draw(seed, name))):
        strata, left = clusters[name], slots[weight[name]]
        ranking = [
            (
                sum(max(0, count - open_[part][s]) for s, count in strata.items()),
                -sum(count * _behind(open_[part][s], quotas[part][s]) for s, count in strata.items()),
                _draw(seed, f"{name}/{part}"),
                part,
            )
            for part in range(len(sizes))
            if left[part]
        ]
        part = min(ranking)[-1]
        placed[name] = part
        left[part] -= 1
        for s, count in strata.items():
            open_[part][s] -= count
    return _evened(clusters, placed, sizes, seed=seed)


def _slots(counts: Mapping[int, int], sizes: Sequence[int]) -> dict[int, list[int]]:
    """Return how many clusters of each size a part takes, largest first, each to the part that is owed most cases."""
    total = max(sum(sizes), 1)
    owed = [Fraction(0) for _ in sizes]
    slots = {}
    for weight in sorted(counts, reverse=True):
        slots[weight] = [0] * len(sizes)
        owed = [debt + Fraction(weight * counts[weight] * size, total) for debt, size in zip(owed, sizes, strict=True)]
        for _ in range(counts[weight]):
            part = owed.index(max(owed))
            owed[part] -= weight
            slots[weight][part] += 1
    return slots


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


def _behind(left: int, quota: int) -> Fraction:
    return Fraction(left, quota) if quota else Fraction(min(left, 0))


def _quotas(totals: Mapping[str, int], sizes: Sequence[int]) -> list[dict[str, int]]:
    """Round each stratum's share per part so that both the strata and the parts add up (controlled rounding).

    Strata are laid end to end on a line of all cases that is cut for each part in turn: a part takes what the rounded
    cumulative share grows by, so that its total never strays.
    """
    names = sorted(totals)
    quotas = [dict.fromkeys(names, 0) for _ in sizes]
    left = {name: totals[name] for name in names}
    pool = sum(totals.values())
    for part, size in enumerate(sizes):
        seen = given = 0
        for name in names:
            seen += left[name]
            upto = (2 * seen * size + pool) // (2 * pool) if pool else 0
            quotas[part][name] = upto - given
            given = upto
        for name in names:
            left[name] -= quotas[part][name]
        pool -= size
    return quotas


def _draw(seed: int, name: str) -> str:
    return hashlib.sha256(f"{seed}/{name}".encode("utf-8", "surrogatepass")).hexdigest()
