"""The fit recovers what generated the labels, and keeps its promises on hard input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.rewards.fit import Comparisons, expected, fit, isotonic


def draw(weights: list[float], n: int, *, tie: float = 0.0, seed: int = 0) -> Comparisons:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, size=(n, len(weights)))
    mean, _, tied = expected(x @ np.array(weights), tie)
    u = rng.random(n)
    win = mean - tied / 2
    y = np.where(u < win, 1.0, np.where(u < win + tied, 0.5, 0.0))
    return Comparisons(x, y, np.ones(n), np.zeros(n, dtype=bool), np.arange(n))


def test_recovers_weights_and_tie_parameter() -> None:
    told = fit(draw([3.0, 1.0, 0.0], 20000, tie=0.8), shrinkage=0.01)
    assert told.weights == pytest.approx([3.0, 1.0, 0.0], abs=0.12)
    assert told.tie == pytest.approx(0.8, abs=0.08)


def test_a_criterion_that_points_the_wrong_way_is_switched_off() -> None:
    told = fit(draw([2.0, -2.0], 3000), shrinkage=0.1)
    assert told.weights[1] == 0.0
    assert told.weights[0] > 1.0


def test_standard_errors_cover_the_truth() -> None:
    fits = [fit(draw([2.0], 400, seed=s), shrinkage=1e-3) for s in range(60)]
    covered = sum(abs(f.weights[0] - 2.0) < 1.96 * f.errors[0] for f in fits)
    assert covered >= 52


def test_strong_shrinkage_keeps_the_prior() -> None:
    told = fit(draw([0.0, 0.0], 50), shrinkage=1e6, prior=np.array([1.5, 0.5]))
    assert told.weights == pytest.approx([1.5, 0.5], abs=1e-2)


def test_separable_data_stays_finite() -> None:
    x = np.array([[1.0], [1.0], [-1.0]])
    rows = Comparisons(x, np.array([1.0, 1.0, 0.0]), np.ones(3), np.zeros(3, dtype=bool), np.arange(3))
    assert 0 < fit(rows, shrinkage=0.1).weights[0] < 50


def test_absolute_labels_place_the_reference() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, size=(4000, 1))
    y = (rng.random(4000) < expected(4.0 * x[:, 0] - 1.0, 0.0)[0]).astype(float)
    told = fit(Comparisons(x, y, np.ones(4000), np.ones(4000, dtype=bool), np.arange(4000)), shrinkage=0.01)
    assert told.reference == pytest.approx(1.0, abs=0.25)
    assert told.weights[0] == pytest.approx(4.0, abs=0.4)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 1.0])), min_size=1, max_size=30))
def test_isotonic_is_increasing_and_keeps_the_mean(rows: list[tuple[float, float]]) -> None:
    p, y = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    knots = isotonic(p, y, np.ones(len(rows)))
    values = [value for _, value in knots]
    assert values == sorted(values)
    assert min(y) - 1e-9 <= values[0] <= values[-1] <= max(y) + 1e-9
