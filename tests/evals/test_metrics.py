"""Each metric against values worked out by hand or by brute force."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.evals.metrics import (
    auroc,
    auroc_share,
    balanced_accuracy,
    balanced_share,
    best_threshold,
    expected_calibration_error,
    mcnemar,
    outcome,
    reliability,
    spearman,
    summarise,
    wilson,
)
from rubrica.types import Label, Provenance, Rubric, Score, Unscored, Verdict


def verdict(*ranks: int) -> Verdict:
    return Verdict(
        case="c",
        scores=tuple(Score(candidate=str(i), reward=0.5, raw=-r, sigma=0, rank=r) for i, r in enumerate(ranks)),
        win=tuple(tuple(0.5 if a == b else 0.9 if a < b else 0.1 for b in ranks) for a in ranks),
        confidence=1,
        rubric=Rubric(),
        provenance=Provenance(library="l", reasoner="r"),
    )


@pytest.mark.parametrize(
    ("ranks", "label", "credit", "decided"),
    [
        ((0, 1), Label.best(0, 2), 1.0, True),
        ((1, 0), Label.best(0, 2), 0.0, True),
        ((0, 0), Label.best(0, 2), 0.5, False),
        ((0, 0, 1), Label.best(1, 3), 0.5, False),
        ((0, 1), Label.from_scores((3.0, 3.0)), 0.0, True),
        ((0, 0), Label.from_scores((3.0, 3.0)), 1.0, False),
        ((0, 1, 2), Label.from_scores((3.0, 3.0, 1.0)), 1.0, True),
    ],
)
def test_credit(ranks: tuple[int, ...], label: Label, credit: float, decided: bool) -> None:
    told = outcome("c", label, verdict(*ranks))
    assert (told.credit, told.decided) == (credit, decided)


def test_unscored_counts_one_over_k_and_is_counted() -> None:
    told = outcome("c", Label.best(2, 4), Unscored(case="c", reason="undecided"))
    summary = summarise([told])
    assert told.credit == 0.25
    assert (summary.unscored, summary.coverage) == (1, 0.0)


def test_pairwise_agreement_counts_only_known_comparisons() -> None:
    told = outcome("c", Label.best(0, 3), verdict(0, 2, 1))
    assert (told.pairs_right, told.pairs) == (2.0, 2)


def test_wilson_matches_a_published_value() -> None:
    share = wilson(81, 263)  # Newcombe (1998), table I, method 3: 0.2553 to 0.3662
    assert share.low == pytest.approx(0.2553, abs=1e-4)
    assert share.high == pytest.approx(0.3662, abs=1e-4)


def test_mcnemar_by_hand() -> None:
    before, after = [True, False, False, False, True], [False, True, True, True, True]
    assert mcnemar(before, after) == pytest.approx(2 * (1 + 4) / 16)


def test_calibration_error_by_hand() -> None:
    bins = reliability([0.9, 0.95, 0.6, 0.6, 1.0, 0.55], [1, 0, 1, 0, 1, 1])
    assert [(b.n, b.low) for b in bins] == [(1, 0.5), (2, 0.6), (3, 0.9)]
    assert bins[2].probability == pytest.approx(0.95)
    assert expected_calibration_error(bins) == pytest.approx((0.45 + 0.2 + abs(2 / 3 - 0.95) * 3) / 6)
    assert math.isnan(expected_calibration_error(()))


def test_ties_reasons_and_groups_are_counted() -> None:
    told = summarise(
        [
            outcome("a", Label.best(0, 2), verdict(0, 0)),
            outcome("b", Label.best(0, 3), verdict(0, 1, 2)),
            outcome("c", Label.best(0, 3), Unscored(case="c", reason="timeout")),
        ]
    )
    assert (told.ties, told.reasons, told.unscored) == (1, {"timeout": 1}, 1)
    assert (told.groups.n, told.groups.value) == (2, pytest.approx(2 / 3))


def test_auroc_interval_matches_the_published_formula() -> None:
    share = auroc_share([1, 2, 4, 3, 5, 6], [False, False, False, True, True, True])
    q1, q2, a = 0.8, 2 * (64 / 81) / (17 / 9), 8 / 9  # eight of the nine pairs are in order
    error = math.sqrt((a * (1 - a) + 2 * (q1 - a * a) + 2 * (q2 - a * a)) / 9)
    assert (share.value, share.low, share.high) == (pytest.approx(a), pytest.approx(a - 1.959964 * error), 1.0)


def test_balanced_accuracy_and_its_interval_by_hand() -> None:
    share = balanced_share([1, 2, 3, 4], [False, True, False, True], 2.5)
    assert share.value == 0.5
    assert share.high == pytest.approx(0.5 + 1.959964 * math.sqrt(0.125 + 0.125) / 2)


scored = st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=12)


@given(scored)
def test_auroc_is_the_share_of_ordered_pairs(rows: list[tuple[int, bool]]) -> None:
    positives, negatives = [s for s, y in rows if y], [s for s, y in rows if not y]
    told = auroc([s for s, _ in rows], [y for _, y in rows])
    if not positives or not negatives:
        assert math.isnan(told)
        return
    pairs = [1.0 if p > n else 0.5 if p == n else 0.0 for p, n in itertools.product(positives, negatives)]
    assert told == pytest.approx(sum(pairs) / len(pairs))


@given(scored)
def test_no_threshold_beats_the_best_one(rows: list[tuple[int, bool]]) -> None:
    scores, labels = [float(s) for s, _ in rows], [y for _, y in rows]
    if all(labels) or not any(labels):
        return
    best = balanced_accuracy(scores, labels, best_threshold(scores, labels))
    assert all(best >= balanced_accuracy(scores, labels, t) - 1e-12 for t in (*scores, math.inf, -1.0))


def test_spearman_of_a_monotone_relation_is_one() -> None:
    assert spearman([1, 2, 3, 10], [2, 4, 8, 9]) == pytest.approx(1.0)
    assert math.isnan(spearman([1, 1, 1], [1, 2, 3]))
