"""Shapings: what each formula promises, for any group."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.rewards.aggregate import sigmoid
from rubrica.rewards.shape import (
    SHAPINGS,
    Shaping,
    has_cycle,
    has_signal,
    length_penalties,
    shape,
    win_matrix,
)
from rubrica.rewards.vector import Component, RewardVector


def vector(raw: float, *, sigma: float = 0.0, length: int = 10, parts: dict[str, float] | None = None) -> RewardVector:
    components = tuple(
        Component(name, name, "principle", sigmoid(part), part) for name, part in (parts or {"all": raw}).items()
    )
    return RewardVector(sigmoid(raw), raw, sigma, 0, (0.5,), length, components)


def ruled(raw: float, grade: float) -> RewardVector:
    return RewardVector(sigmoid(raw), raw, 0.0, 0, (0.5,), 10, (Component("r", "r", "rule", grade, grade),))


RAWS = st.lists(st.floats(-12, 12), min_size=2, max_size=8)


@given(RAWS, st.sampled_from(sorted(SHAPINGS)), st.floats(0, 1), st.booleans())
def test_every_shaping_is_finite_and_one_number_per_candidate(
    raws: list[float], name: str, beta: float, mask: bool
) -> None:
    shaping = Shaping.model_validate({"name": name, "length": beta, "mask": mask})
    shaped = shape([vector(raw, sigma=abs(raw)) for raw in raws], shaping, noise=1.0)
    assert len(shaped) == len(raws)
    assert all(math.isfinite(value) for value in shaped)


@given(RAWS, st.sampled_from(["bounded", "centred", "win_rate", "pessimistic", "conjunction", "base_bonus"]))
def test_equal_sigma_keeps_the_order(raws: list[float], name: str) -> None:
    shaped = shape([vector(raw, sigma=0.5) for raw in raws], Shaping.model_validate({"name": name}))
    for i, a in enumerate(raws):
        for j, b in enumerate(raws):
            if a > b:
                assert shaped[i] >= shaped[j] - 1e-12


@given(RAWS)
def test_centred_rewards_add_up_to_zero(raws: list[float]) -> None:
    assert sum(shape([vector(raw) for raw in raws], Shaping(name="centred"))) == pytest.approx(0, abs=1e-12)


@given(RAWS)
def test_win_rates_add_up_to_half_the_group(raws: list[float]) -> None:
    assert sum(shape([vector(raw) for raw in raws], Shaping(name="win_rate"))) == pytest.approx(len(raws) / 2)


@given(st.floats(-12, 12), st.floats(0, 5), st.floats(0, 5))
def test_doubt_never_raises_a_pessimistic_reward(raw: float, less: float, more: float) -> None:
    less, more = sorted((less, more))
    shaped = shape([vector(raw, sigma=less), vector(raw, sigma=more)], Shaping(name="pessimistic"))
    assert shaped[0] >= shaped[1]


def test_conjunction_prefers_even_to_lopsided() -> None:
    even, lopsided = vector(2.0, parts={"a": 1.0, "b": 1.0}), vector(2.0, parts={"a": 6.0, "b": -4.0})
    good, bad = shape([even, lopsided], Shaping(name="conjunction"))
    assert good == pytest.approx(2 * math.log(sigmoid(1.0)))
    assert bad < good


def test_no_quality_buys_a_broken_rule() -> None:
    broken, kept = shape([ruled(9.0, 0.0), ruled(-9.0, 1.0)], Shaping(name="base_bonus", base=0.3))
    assert broken == 0.0
    assert kept == pytest.approx(0.3 + 0.7 * sigmoid(-9.0))


def test_length_costs_more_when_the_group_is_right() -> None:
    easy = length_penalties([vector(2.0, length=100), vector(2.0, length=50)], 0.2)
    hard = length_penalties([vector(-2.0, length=100), vector(-2.0, length=50)], 0.2)
    assert easy == pytest.approx([0.2, 0.1])
    assert hard == pytest.approx([0.1, 0.05])
    assert length_penalties([vector(0.0, length=0)], 0.2) == [0.0]


def test_mask_flattens_a_group_without_signal_and_no_other() -> None:
    near, far = [vector(0.0), vector(0.1)], [vector(0.0), vector(3.0)]
    assert not has_signal(near, 0.5)
    assert len(set(shape(near, Shaping(mask=True), noise=0.5))) == 1
    assert shape(far, Shaping(mask=True), noise=0.5) == shape(far, Shaping())


def judged(win: tuple[float, ...]) -> RewardVector:
    return RewardVector(0.5, 0.0, 0.0, 0, win, 1, ())


def test_a_circle_of_majorities_is_flagged() -> None:
    circle = [judged((0.5, 0.9, 0.1)), judged((0.1, 0.5, 0.9)), judged((0.9, 0.1, 0.5))]
    line = [judged((0.5, 0.9, 0.9)), judged((0.1, 0.5, 0.9)), judged((0.1, 0.1, 0.5))]
    assert has_cycle(circle)
    assert not has_cycle(line)


@given(RAWS)
def test_latent_scores_never_make_a_circle(raws: list[float]) -> None:
    group = [vector(raw) for raw in raws]
    assert not has_cycle(group)
    assert all(row[i] == 0.5 for i, row in enumerate(win_matrix(group)))
