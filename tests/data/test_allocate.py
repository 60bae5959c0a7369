"""Clusters are dealt out evenly, and none has a better chance than another."""

from collections import Counter

from rubrica.data.allocate import allocate

CLUSTERS = {f"c{n:02}": {f"subset{n // 3}": 1 + n % 7} for n in range(90)}
"""Thirty strata of three clusters, of one to seven cases."""
CASES = sum(sum(strata.values()) for strata in CLUSTERS.values())


def test_every_cluster_has_the_same_chance_whatever_its_size_and_however_rare_its_stratum() -> None:
    """Quotas that were filled greedily once sent everything rare or large to the larger part, whatever the seed."""
    seeds = 200
    first: Counter[str] = Counter()
    for seed in range(seeds):
        placed = allocate(CLUSTERS, (CASES // 5, CASES - CASES // 5), seed=seed)
        first.update(name for name, part in placed.items() if part == 0)
    assert all(0.1 < first[name] / seeds < 0.32 for name in CLUSTERS)
    for size in range(1, 8):
        alike = [first[name] / seeds for name, strata in CLUSTERS.items() if sum(strata.values()) == size]
        assert abs(sum(alike) / len(alike) - 0.2) < 0.04


def test_a_stratum_of_many_clusters_is_shared_out() -> None:
    clusters = {f"c{n:03}": {"common" if n % 4 else "rare": 1} for n in range(200)}
    for seed in range(20):
        placed = allocate(clusters, (40, 100, 60), seed=seed)
        assert Counter(placed.values()) == {0: 40, 1: 100, 2: 60}
        rare = Counter(part for name, part in placed.items() if clusters[name] == {"rare": 1})
        assert all(abs(rare[part] - share) <= 2 for part, share in enumerate((10, 25, 15)))


def test_parts_of_no_size_stay_empty() -> None:
    assert set(allocate(CLUSTERS, (0, CASES, 0), seed=3).values()) == {1}
