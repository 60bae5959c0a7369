"""The gate's arithmetic, against numbers worked out by hand or by enumeration."""

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.evolution.gate import ALPHA, GAMMA_DECAY, SIGN_FLIPS, Comparison, Ledger, decide, level, p_value

POLICIES = ("sequential", "strict", "margin:0.075")
unit = st.floats(-1, 1)


def comparison(gain: float = 0.5, *, null: tuple[float, ...] = (0.0,) * 199, **given: Any) -> Comparison:
    """By default, an edit that every policy accepts."""
    return Comparison(before=[0.4] * 20, after=[0.4 + gain] * 20, gains=[gain] * 20, null=null, **given)


# What a run may spend


def test_the_levels_add_up_to_alpha_until_something_is_accepted() -> None:
    n = 5000
    spent = sum(level(t, 0) for t in range(n))
    rest = spent * n ** (1 - GAMMA_DECAY) / ((GAMMA_DECAY - 1) * 1.341487)  # the integral of the tail
    assert spent < ALPHA
    assert spent + rest == pytest.approx(ALPHA, rel=1e-6)


@given(st.integers(0, 500), st.integers(0, 500))
def test_each_acceptance_earns_the_level_once_more(tested: int, accepted: int) -> None:
    assert level(tested, accepted) == pytest.approx((accepted + 1) * level(tested, 0))
    assert level(tested + 1, accepted) < level(tested, accepted)


def test_the_first_levels_are_those_of_the_formula() -> None:
    zeta = sum(k**-2.5 for k in range(1, 200_001)) + 200_000**-1.5 / 1.5
    assert level(0, 0) == pytest.approx(0.05 / zeta, rel=1e-6)
    assert level(1, 1) == pytest.approx(2 * 0.05 * 2**-2.5 / zeta, rel=1e-6)


@given(st.lists(st.booleans(), max_size=60))
def test_no_history_buys_a_test_more_than_alpha(history: list[bool]) -> None:
    accepted = 0
    for tested, outcome in enumerate(history):
        assert level(tested, accepted) <= ALPHA
        accepted += outcome


# P-values


@pytest.mark.parametrize(
    "gains",
    [
        [0.3],
        [0.2, 0.2, 0.2],
        [0.5, -0.1, 0.2, 0.3],
        [0.4, 0.3, -0.6, 0.2, 0.1],
        [0.1] * 8,
        [0.9, *[-0.1] * 8],
        [0.3] * 10,
    ],
)
def test_sign_flips_come_to_what_enumeration_says(gains: list[float]) -> None:
    flipped = [np.dot(signs, gains) for signs in product((-1, 1), repeat=len(gains))]
    exact = np.mean([total >= sum(gains) - 1e-9 for total in flipped])
    error = np.sqrt(exact * (1 - exact) / SIGN_FLIPS)
    assert p_value(Comparison((), (), gains)) == pytest.approx(exact, abs=4 * error + 1 / SIGN_FLIPS)


@given(st.lists(unit, min_size=1, max_size=12), st.lists(unit, min_size=1, max_size=60))
def test_a_bootstrap_p_counts_the_null_that_reaches_the_gain(gains: list[float], null: list[float]) -> None:
    seen = float(np.mean(gains))
    reached = sum(each >= seen - 1e-12 for each in null)
    wanted = (1 + reached) / (1 + len(null)) if seen > 0 else 1.0
    assert p_value(Comparison((), (), gains, null)) == wanted


@given(st.lists(unit, max_size=8), st.lists(unit, max_size=20))
def test_a_p_value_is_never_zero_and_never_above_one(gains: list[float], null: list[float]) -> None:
    assert 0 < p_value(Comparison((), (), gains, null)) <= 1


@given(st.lists(unit, min_size=1, max_size=8), st.floats(0, 0.5))
def test_a_larger_gain_is_never_less_significant(gains: list[float], more: float) -> None:
    null = np.linspace(-1, 1.5, 41).tolist()
    raised = [gain + more for gain in gains]
    assert p_value(Comparison((), (), raised, null)) <= p_value(Comparison((), (), gains, null))


def test_symmetric_gains_have_uniform_p_values() -> None:
    """Below one half, that is: a mean that is not positive is given 1."""
    rng = np.random.default_rng(0)
    found = np.array([p_value(Comparison((), (), rng.normal(size=12)), seed=n) for n in range(600)])
    for share in (0.05, 0.1, 0.25, 0.4):
        assert np.mean(found <= share) == pytest.approx(share, abs=0.04)
    assert np.mean(found == 1.0) == pytest.approx(0.5, abs=0.06)


def test_nothing_compared_is_no_evidence() -> None:
    assert p_value(Comparison((), (), ())) == 1.0
    assert p_value(Comparison((), (), (), null=(0.1,) * 19)) == 1.0


def test_a_loss_is_no_evidence_whatever_the_null() -> None:
    assert p_value(Comparison((), (), [-0.1], null=[-0.5] * 99)) == 1.0


# Decisions


def test_effect_and_interval_are_the_paired_ones() -> None:
    told = decide(Comparison([0, 1, 0, 1], [1, 1, 0, 1], [0.1] * 4), Ledger())
    assert (told.gain, told.n) == (0.25, 4)
    assert (told.low, told.high) == (pytest.approx(0.25 - 0.49), pytest.approx(0.25 + 0.49))  # sd 0.5, 1.96 x 0.5 / 2


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=12))
def test_the_interval_holds_the_gain_and_stays_in_range(pairs: list[tuple[float, float]]) -> None:
    before, after = [b for b, _ in pairs], [a for _, a in pairs]
    told = decide(Comparison(before, after, ()), Ledger())
    assert -1 <= told.low <= told.gain <= told.high <= 1


@pytest.mark.parametrize(("reached", "accepted"), [(6, True), (7, False)])
def test_sequential_accepts_up_to_its_level(reached: int, accepted: bool) -> None:
    """The first level is 0.0373: 7/200 is within, 8/200 is not."""
    told = decide(comparison(null=(1.0,) * reached + (0.0,) * (199 - reached)), Ledger())
    assert (told.accepted, told.p_value) == (accepted, (1 + reached) / 200)
    assert told.level == level(0, 0)


def test_sequential_asks_more_of_every_further_edit() -> None:
    compared = comparison(null=(1.0,) * 3 + (0.0,) * 196)  # p = 0.02
    assert decide(compared, Ledger(tested=0)).accepted
    assert not decide(compared, Ledger(tested=1)).accepted
    assert not decide(compared, Ledger(tested=2, accepted=1)).accepted


def test_sequential_looks_at_probabilities_not_at_accuracy() -> None:
    assert decide(Comparison([0.5] * 9, [0.5] * 9, [0.1] * 9, null=(0.0,) * 99), Ledger()).accepted


@pytest.mark.parametrize(("gain", "accepted"), [(0.025, True), (0.0, False), (-0.025, False)])
def test_strict_accepts_any_higher_accuracy(gain: float, accepted: bool) -> None:
    """Whatever the p-value: the rule of the paper."""
    assert decide(comparison(gain, null=(1.0,) * 199), Ledger(tested=50), policy="strict").accepted is accepted


@pytest.mark.parametrize("best", range(3, 41))
def test_margin_accepts_down_to_its_edge(best: int) -> None:
    """40 cases and 0.075, as in RewardHarness: three cases fewer than the best are within, four are not."""
    for lost, accepted in ((0, True), (3, True), (4, False)):
        right = max(best - lost, 0)
        compared = Comparison([1.0] * 40, [1.0] * right + [0.0] * (40 - right), ())
        told = decide(compared, Ledger(best_accuracy=best / 40), policy="margin:0.075")
        assert told.accepted is (accepted or best < 4)


@pytest.mark.parametrize("policy", ["", "margins:0.1", "sequential:0.1", "greedy", "margin", "margin:much"])
def test_an_unknown_policy_is_refused(policy: str) -> None:
    with pytest.raises(ValueError, match="gate policy"):
        decide(comparison(), Ledger(), policy=policy)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_no_case_tests_is_never_accepted(policy: str) -> None:
    told = decide(Comparison((), (), ()), Ledger(), policy=policy)
    assert (told.accepted, told.gain, told.p_value, told.n) == (False, 0.0, 1.0, 0)


# Vetoes


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        ({"unscored_before": 2, "unscored_after": 3}, "more cases without a verdict: 2 before, 3 after"),
        (
            {"attack_success_before": 0.1, "attack_success_after": 0.2},
            "more attacks succeed: 10.0% before, 20.0% after",
        ),
        ({"cost_ratio": 2.01}, "judging would cost 2.0 times as much; at most 2.0 is allowed"),
    ],
)
def test_harm_overrides_any_gain(policy: str, harm: dict[str, float], reason: str) -> None:
    assert decide(comparison(), Ledger(), policy=policy).accepted
    told = decide(comparison(**harm), Ledger(), policy=policy)
    assert (told.accepted, told.reason) == (False, reason)
    assert told.gain == pytest.approx(0.5)


@pytest.mark.parametrize(
    "harmless",
    [
        {"unscored_before": 3, "unscored_after": 3},
        {"attack_success_before": 0.1, "attack_success_after": 0.1},
        {"attack_success_before": 0.0},
        {"attack_success_after": 0.9},
        {"cost_ratio": 2.0},
    ],
)
def test_what_is_no_worse_or_not_known_forbids_nothing(harmless: dict[str, float]) -> None:
    assert decide(comparison(**harmless), Ledger()).accepted


def test_the_allowed_cost_is_a_setting() -> None:
    assert not decide(comparison(cost_ratio=1.5), Ledger(), max_cost_ratio=1.2).accepted
    assert decide(comparison(cost_ratio=1.1), Ledger(), max_cost_ratio=1.2).accepted
