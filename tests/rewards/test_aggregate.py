"""What must hold of every aggregation, whatever the numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.rewards.aggregate import aggregate, confidence, sigmoid
from rubrica.rewards.compare import ranks, win_matrix, win_probability
from rubrica.types import Criterion, Rubric, Scoring

unit = st.floats(0, 1)


def rubric(*weights: float, cap: float | None = None) -> Rubric:
    criteria = [Criterion(id=f"c{i}", text="t", weight=w) for i, w in enumerate(weights)]
    if cap is not None:
        criteria.append(Criterion(id="rule", text="t", kind="rule", weight=0, cap=cap))
    return Rubric(criteria=tuple(criteria))


@given(unit, unit, st.floats(0.1, 10))
def test_a_better_grade_never_lowers_the_score(low: float, high: float, weight: float) -> None:
    low, high = sorted((low, high))
    worse, better = aggregate(rubric(weight), {("c0", "a"): low, ("c0", "b"): high}, ["a", "b"], Scoring())
    assert better.score >= worse.score


def test_a_missing_grade_neither_raises_nor_lowers() -> None:
    known, unknown = aggregate(rubric(2.0), {("c0", "a"): 0.5}, ["a", "b"], Scoring())
    assert known.score == unknown.score == 0.0
    assert unknown.sigma > known.sigma


@given(unit, st.floats(0.01, 0.99))
def test_a_broken_rule_caps_the_reward(grade: float, cap: float) -> None:
    (raw,) = aggregate(rubric(50.0, cap=cap), {("c0", "a"): grade, ("rule", "a"): 0.0}, ["a"], Scoring())
    assert sigmoid(raw.score) <= cap + 1e-9
    assert raw.capped_by == "rule"


def test_candidates_under_the_same_cap_keep_their_order() -> None:
    grades = {("c0", "a"): 0.9, ("c0", "b"): 0.2, ("rule", "a"): 0.0, ("rule", "b"): 0.0}
    a, b = aggregate(rubric(3.0, cap=0.2), grades, ["a", "b"], Scoring())
    assert a.score > b.score


def test_confidence_is_the_graded_share_of_the_weight() -> None:
    assert confidence(rubric(3.0, 1.0), {("c0", "a"): 1.0}, ["a"], Scoring()) == 0.75
    assert confidence(Rubric(), {}, ["a"], Scoring()) == 0.0


def test_fitted_weights_and_baselines_replace_the_files() -> None:
    scoring = Scoring(weights={"c0": 10.0}, baselines={"c0": 0.0}, reference=1.0, temperature=2.0)
    (raw,) = aggregate(rubric(1.0), {("c0", "a"): 0.5}, ["a"], scoring)
    assert raw.score == pytest.approx((10 * 0.5 - 1) / 2)


@given(st.lists(st.floats(-12, 12), min_size=2, max_size=8), st.floats(0, 3))
def test_win_probabilities_of_both_directions_add_up_to_one(scores: list[float], tie: float) -> None:
    matrix = win_matrix(scores, Scoring(tie=tie))
    for i in range(len(scores)):
        for j in range(len(scores)):
            assert matrix[i][j] + matrix[j][i] == pytest.approx(1.0)


def test_isotonic_knots_keep_the_two_directions_consistent() -> None:
    scoring = Scoring(isotonic=((0.5, 0.5), (0.9, 0.7), (1.0, 0.8)))
    assert win_probability(2.0, scoring) + win_probability(-2.0, scoring) == pytest.approx(1.0)
    assert win_probability(50.0, scoring) == pytest.approx(0.8)


def test_equal_scores_share_a_rank() -> None:
    assert ranks([1.0, 3.0, 1.0 + 1e-12, 3.0]) == (1, 0, 1, 0)


@given(st.floats(0, 100), st.floats(0, 100), unit, unit, unit)
def test_no_opinion_puts_what_an_exact_check_found_wrong_before_what_it_found_right(
    weight: float, opinion: float, right: float, wrong: float, other: float
) -> None:
    exact = Criterion(id="exact", text="t", kind="rule", weight=weight, cap=0.1, floor=0.1)
    judged = Rubric(criteria=(exact, Criterion(id="o", text="t", weight=opinion), *rubric(1.0).criteria))
    grades = {("exact", "a"): 1.0, ("exact", "b"): 0.0, ("o", "a"): right, ("o", "b"): wrong, ("c0", "b"): other}
    a, b = aggregate(judged, grades, ["a", "b"], Scoring())
    assert sigmoid(b.score) <= 0.1 + 1e-9
    assert sigmoid(a.score) >= 0.1 - 1e-9
    assert a.score >= b.score


def test_what_is_right_and_attacks_the_grader_is_limited_all_the_same() -> None:
    exact = Criterion(id="exact", text="t", kind="rule", weight=8.0, cap=0.1, floor=0.1)
    attack = Criterion(id="attack", text="t", kind="rule", weight=6.0, cap=0.1, baseline=1.0)
    grades = {("exact", "a"): 1.0, ("exact", "b"): 1.0, ("attack", "a"): 0.0, ("attack", "b"): 1.0}
    a, b = aggregate(Rubric(criteria=(exact, attack)), grades, ["a", "b"], Scoring())
    assert sigmoid(a.score) <= 0.1
    assert sigmoid(b.score) > 0.9


@given(st.lists(st.tuples(unit, unit), min_size=2, max_size=8), unit)
def test_another_baseline_keeps_the_order_of_what_is_graded_alike(
    graded: list[tuple[float, float]], baseline: float
) -> None:
    names = [str(i) for i in range(len(graded))]
    grades = {(f"c{k}", name): pair[k] for name, pair in zip(names, graded, strict=True) for k in (0, 1)}
    plain = rubric(2.0, 3.0)
    moved = Rubric(criteria=tuple(c.model_copy(update={"baseline": baseline}) for c in plain.criteria))
    one, other = ([raw.score for raw in aggregate(r, grades, names, Scoring())] for r in (plain, moved))
    assert ranks(one) == ranks(other)
