"""Power of the gate: share of edits accepted, by number of cases and by how much the edit is truly worth.

    python bench/gate_power.py [--runs 200] [--draws 99]

Each run draws `n` labelled pairs with 20 noise criteria, of which three decide the label with strength `s` (s = 0: coin
flips). The edit adds all criteria and fits them; before and after are cross-fitted in ten folds, and the null
distribution comes from the same procedure on resampled labels. The gate's level is that of the first edit of a run.
"""

import argparse

import numpy as np
from numpy.typing import NDArray

from rubrica.evolution.gate import Comparison, Ledger, decide
from rubrica.rewards.fit import Comparisons, expected, fit

CRITERIA, DECISIVE, FOLDS, SHRINKAGE = 20, 3, 10, 2.0
Vector = NDArray[np.float64]


def cross_fitted(x: Vector, y: Vector) -> Vector:
    """Return P(true preference) per case from a fit that has not seen the case."""
    n = len(y)
    p = np.empty(n)
    for held in np.array_split(np.arange(n), FOLDS):
        kept = np.setdiff1d(np.arange(n), held)
        rows = Comparisons(x[kept], y[kept], np.ones(len(kept)), np.zeros(len(kept), dtype=bool), kept)
        weights = fit(rows, shrinkage=SHRINKAGE, floor=np.full(CRITERIA, -np.inf)).weights
        p[held] = expected(x[held] @ weights, 0.0)[0]
    return np.where(y == 1, p, 1 - p)


def one_run(n: int, strength: float, draws: int, rng: np.random.Generator) -> tuple[bool, float]:
    """Return whether the gate accepts, and the cross-fitted accuracy of the edit."""
    x = rng.normal(size=(n, CRITERIA))
    truth = np.append(np.full(DECISIVE, strength), np.zeros(CRITERIA - DECISIVE))
    y = (rng.random(n) < expected(x @ truth, 0.0)[0]).astype(float)
    p = cross_fitted(x, y)
    null = [float(np.mean(cross_fitted(x, rng.integers(0, 2, n).astype(float)) - 0.5)) for _ in range(draws)]
    after = (p > 0.5).astype(float)
    comparison = Comparison(before=[0.5] * n, after=after.tolist(), gains=(p - 0.5).tolist(), null=null)
    return decide(comparison, Ledger()).accepted, float(after.mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--draws", type=int, default=99)
    parser.add_argument("--cases", type=int, nargs="*", default=[40, 60, 100, 200])
    options = parser.parse_args()
    print(f"{'n':>4} {'strength':>8} {'accuracy after':>14} {'accepted':>9}   ({options.runs} runs, first edit)")
    for n in options.cases:
        for strength in (0.0, 0.3, 0.5, 0.7, 1.0):
            rng = np.random.default_rng(0)
            told = [one_run(n, strength, options.draws, rng) for _ in range(options.runs)]
            accuracy, accepted = np.mean([a for _, a in told]), np.mean([ok for ok, _ in told])
            print(f"{n:>4} {strength:>8.1f} {accuracy:>14.3f} {accepted:>9.3f}", flush=True)


if __name__ == "__main__":
    main()
