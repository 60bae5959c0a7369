"""The ridge learner, against closed forms and brute-force refits."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.evolution.ridge import CLIP, SHRINKAGES, Block, Scaled, Spectrum, groups_of, platt_slope, solve
from rubrica.evolution.table import Matrix, Rows, Vector


def rows(y: Vector, *, weight: Vector | None = None, case: Vector | None = None) -> Rows:
    """Comparisons with these outcomes; by default each is a case of its own."""
    n = len(y)
    nobody = np.zeros(n, dtype=np.int64)
    own = np.arange(n) if case is None else np.asarray(case)
    return Rows(nobody, nobody, np.asarray(y, dtype=float), np.ones(n) if weight is None else weight, own)


def outcomes(margins: Vector, seed: int = 0) -> Vector:
    chance = np.random.default_rng(seed).random(len(margins))
    return (chance < 1 / (1 + np.exp(-margins))).astype(float)


def primal(x: Matrix, target: Vector, shrinkage: float) -> Vector:
    return np.linalg.solve(x.T @ x + shrinkage * np.eye(x.shape[1]), x.T @ target)


# One fit


@given(st.integers(2, 12), st.integers(1, 8), st.sampled_from(SHRINKAGES), st.integers(0, 99))
def test_the_dual_solution_is_the_primal_one(size: int, width: int, shrinkage: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, target = rng.normal(size=(size, width)), rng.normal(size=size)
    dual, _ = Spectrum.of(x @ x.T, target).solve(shrinkage, groups_of(np.arange(size)))
    np.testing.assert_allclose(x.T @ dual, primal(x, target, shrinkage), atol=1e-9)


@given(st.data(), st.integers(2, 12), st.integers(1, 8), st.sampled_from(SHRINKAGES), st.integers(0, 99))
def test_left_out_margins_are_those_of_refits_without_the_case(
    data: st.DataObject, size: int, width: int, shrinkage: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    x, target = rng.normal(size=(size, width)), rng.normal(size=size)
    case = np.array(data.draw(st.lists(st.integers(0, 5), min_size=size, max_size=size)))
    _, left_out = Spectrum.of(x @ x.T, target).solve(shrinkage, groups_of(case))
    refits = [x[i] @ primal(x[case != case[i]], target[case != case[i]], shrinkage) for i in range(size)]
    np.testing.assert_allclose(left_out, refits, atol=1e-9)


@given(st.lists(st.integers(0, 9), max_size=40))
def test_groups_hold_every_row_once_and_cases_together(case: list[int]) -> None:
    groups = groups_of(np.array(case, dtype=np.int64))
    assert sorted(int(row) for group in groups for row in group.ravel()) == list(range(len(case)))
    for group in groups:
        for rows_of_one in group:
            assert {i for i, each in enumerate(case) if each == case[rows_of_one[0]]} == set(rows_of_one.tolist())


# Scaling


def test_live_columns_come_to_unit_spread_and_flat_ones_to_nothing() -> None:
    x = np.random.default_rng(1).normal(size=(200, 3)) * [0.05, 2.0, 0.001]
    told = Scaled.of([Block(x, (1.0,), equal=False)], np.ones(200))
    spread = np.sqrt((told.x[0] ** 2).mean(0))
    assert spread[:2] == pytest.approx([1, 1], abs=0.02)  # a little is clipped
    assert (spread[2], told.unit[0][2]) == (0.0, 0.0)
    np.testing.assert_allclose(told.unit[0][:2], 1 / np.sqrt((x[:, :2] ** 2).mean(0)))


def test_equal_blocks_of_any_size_weigh_alike() -> None:
    rng = np.random.default_rng(2)
    wide, flat = rng.choice((-1.0, 1.0), size=(50, 9)), np.zeros((50, 4))
    told = Scaled.of([Block(np.hstack([wide, flat]), (1.0,)), Block(wide[:, :1], (1.0,))], np.ones(50))
    assert [(x**2).sum() for x in told.x] == pytest.approx([50, 50])


def test_outliers_are_clipped_in_both_directions() -> None:
    x = np.append(np.tile([1.0, -1.0], 100), [50.0, -70.0])[:, None]
    told = Scaled.of([Block(x, (1.0,), equal=False)], np.ones(202)).x[0][:, 0]
    assert (told.max(), told.min()) == (pytest.approx(CLIP), pytest.approx(-CLIP))
    assert told[0] == pytest.approx(1 / np.sqrt((x**2).mean()))


def test_the_spread_counts_rows_by_their_weight() -> None:
    told = Scaled.of([Block(np.array([[1.0], [3.0]]), (1.0,), equal=False)], np.array([1.0, 0.5]))
    assert told.unit[0][0] == pytest.approx(1 / np.sqrt((1 + 0.5 * 9) / 1.5))


# The choice of factors and shrinkage


def refitted_loss(x: Matrix, target: Vector, shrinkage: float, folds: list[tuple[Vector, Vector]]) -> float:
    told = np.zeros(len(target))
    for kept, held in folds:
        told[held] = x[held] @ primal(x[kept], target[kept], shrinkage)
    return float(((target - told) ** 2).mean())


@pytest.mark.parametrize("per_case", [1, 3])
def test_the_choice_is_the_one_of_brute_force(per_case: int) -> None:
    """Every factor and shrinkage, refitted on the rows of the other cases; rows of a case are held out together."""
    rng = np.random.default_rng(3)
    n = 30
    case = np.repeat(np.arange(n // per_case), per_case)
    weight = np.full(n, 1.0 / per_case)
    prior, own, probes = rng.normal(size=(n, 1)), rng.random((n, 3)) - 0.5, rng.random((n, 5)) - 0.5
    y = outcomes(2 * prior[:, 0] + 4 * probes[:, 1], seed=3)
    blocks = [Block(prior, (3.0,), equal=False), Block(own, (0.0, 1.0)), Block(probes, (0.3, 1.0))]
    told = solve(blocks, rows(y, weight=weight, case=case))

    scaled, root = Scaled.of(blocks, weight).x, np.sqrt(weight)
    target = root * (2 * y - 1)
    folds = [(np.flatnonzero(case != each), np.flatnonzero(case == each)) for each in np.unique(case)]
    losses = {
        (factors, shrinkage): refitted_loss(
            root[:, None] * np.hstack([f * x for f, x in zip(factors, scaled, strict=True)]), target, shrinkage, folds
        )
        for factors in product((3.0,), (0.0, 1.0), (0.3, 1.0))
        for shrinkage in SHRINKAGES
    }
    best = min(losses, key=lambda choice: losses[choice])
    assert (told.factors, told.shrinkage) == best
    assert told.loss == pytest.approx(losses[best], abs=1e-9)


def test_weights_are_the_primal_ones_on_the_raw_scale_times_the_slope_of_margins_left_out() -> None:
    rng = np.random.default_rng(4)
    n = 60
    x = [rng.uniform(-0.4, 0.4, size=(n, 2)), rng.uniform(-1, 1, size=(n, 4))]  # nothing reaches the clip
    weight = rng.choice((0.5, 1.0), size=n)
    compared = rows(outcomes(5 * x[0][:, 0] - 2 * x[1][:, 2], seed=4), weight=weight)
    blocks = [Block(x[0], (3.0,), equal=False), Block(x[1], (1.0,))]
    told = solve(blocks, compared)

    scaled, root = Scaled.of(blocks, weight), np.sqrt(weight)
    joint, target = root[:, None] * np.hstack([3 * scaled.x[0], scaled.x[1]]), root * (2 * compared.y - 1)
    refits = [primal(np.delete(joint, i, 0), np.delete(target, i), told.shrinkage) for i in range(n)]
    slope = platt_slope(np.array([joint[i] @ refit for i, refit in enumerate(refits)]) / root, compared)
    unit = np.concatenate([3 * scaled.unit[0], scaled.unit[1]])
    fitted = np.concatenate(told.weights)
    np.testing.assert_allclose(fitted, slope * unit * primal(joint, target, told.shrinkage), rtol=1e-6)
    spread = np.sqrt((weight[:, None] * np.hstack(x) ** 2).sum(0) / weight.sum())
    np.testing.assert_allclose(np.concatenate(told.importance), np.abs(fitted) * spread)


def test_planted_weights_are_recovered() -> None:
    rng = np.random.default_rng(6)
    x = rng.uniform(-1, 1, size=(700, 5))
    planted = np.array([4.0, -2.0, 0.0, 1.0, 0.0])
    told = solve([Block(x, (1.0,))], rows(outcomes(x @ planted, seed=6))).weights[0]
    np.testing.assert_allclose(told, planted, atol=0.6)
    assert list(np.argsort(-np.abs(told))[:3]) == [0, 1, 3]


def test_the_prior_is_kept_where_few_labels_say_nothing_else() -> None:
    """A direction that is already right needs fewer labels than the same direction found anew."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(20, 12))
    margin = x @ np.append([2.0, -1.5, 1.0], np.zeros(9))
    told = solve([Block(margin[:, None], (3.0,), equal=False), Block(x, (1.0,))], rows(outcomes(margin, seed=8)))
    assert told.weights[0][0] > 0
    assert told.importance[0][0] > told.importance[1].sum()


def test_a_factor_of_nothing_leaves_its_block_out() -> None:
    rng = np.random.default_rng(9)
    good, useless = rng.normal(size=(80, 1)), rng.normal(size=(80, 30))
    told = solve([Block(good, (1.0,)), Block(useless, (0.0, 1.0))], rows(outcomes(3 * good[:, 0], seed=9)))
    assert told.factors == (1.0, 0.0)
    assert not told.weights[1].any()
    needed = solve([Block(useless, (1.0,)), Block(good, (0.0, 1.0))], rows(outcomes(3 * good[:, 0], seed=9)))
    assert needed.factors == (1.0, 1.0)


def test_a_fit_is_the_same_each_time() -> None:
    rng = np.random.default_rng(10)
    x, y = rng.normal(size=(30, 4)), (rng.random(30) < 0.5).astype(float)
    compared = rows(y, weight=np.full(30, 0.5), case=np.repeat(np.arange(15), 2))
    one, two = (solve([Block(x, (0.3, 1.0))], compared) for _ in range(2))
    np.testing.assert_array_equal(one.weights[0], two.weights[0])


# Nothing to fit


@pytest.mark.parametrize("blocks", [[], [Block(np.empty((6, 0)), (1.0,))], [Block(np.zeros((6, 3)), (0.3, 1.0))]])
def test_without_a_column_that_varies_nothing_is_learned(blocks: list[Block]) -> None:
    told = solve(blocks, rows(np.array([1, 0, 1, 1, 0, 0.5])))
    assert told.loss == pytest.approx(5 / 6)  # the mean square of the outcomes themselves
    assert [w.tolist() for w in told.weights] == [[0.0] * block.x.shape[1] for block in blocks]


def test_a_block_without_a_factor_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no block has a factor"):
        solve([Block(np.ones((2, 1)), ())], rows(np.array([1.0, 0.0])))


@pytest.mark.parametrize("case", [[0], [0, 0, 0]])
def test_a_single_case_is_fitted_without_a_fuss(case: list[int]) -> None:
    n = len(case)
    told = solve([Block(np.ones((n, 1)), (1.0,))], rows(np.ones(n), weight=np.full(n, 1 / n), case=np.array(case)))
    assert np.isfinite(told.weights[0]).all()


# Folds over cases


# The slope


def likelihood(b: float, margins: Vector, compared: Rows) -> float:
    """Of the outcomes, less the faint pull towards 0 that keeps a separable fit finite."""
    z = b * margins
    told = compared.y * -np.logaddexp(0, -z) + (1 - compared.y) * -np.logaddexp(0, z)
    return float((compared.weight * told).sum() - 0.5e-3 * b * b)


def slopes() -> Iterator[tuple[str, Vector, Vector]]:
    rng = np.random.default_rng(11)
    for scale in (0.05, 1.0, 8.0):
        margins = rng.normal(size=60) * scale
        yield f"at scale {scale}", margins, outcomes(margins / scale, seed=12)
    yield "with ties", margins, np.where(np.abs(margins) < 3, 0.5, margins > 0)
    yield "the wrong way round", margins, (margins < 0).astype(float)
    yield "separable", margins, (margins > 0).astype(float)


@pytest.mark.parametrize(("margins", "y"), [pytest.param(m, y, id=name) for name, m, y in slopes()])
def test_the_slope_maximises_the_likelihood(margins: Vector, y: Vector) -> None:
    compared = rows(y, weight=np.random.default_rng(13).choice((0.25, 1.0), size=len(y)))
    told = platt_slope(margins, compared)
    grid = np.append(0.0, np.geomspace(1e-4, 64, 4000))
    best = max(likelihood(b, margins, compared) for b in grid)
    assert 0 <= told <= 64
    assert likelihood(told, margins, compared) >= best - 1e-6


def test_margins_that_point_the_wrong_way_are_given_no_slope() -> None:
    assert platt_slope(np.array([1.0, 2.0, -1.0]), rows(np.array([0.0, 0.0, 1.0]))) == 0.0
