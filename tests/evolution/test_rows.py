"""What labels make known, and how raw scores agree with it: as `Label.pairs` and `evals.metrics` say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabled import labelled, labels

from rubrica.evals.metrics import credit
from rubrica.evolution.table import Rows, agreement
from rubrica.rewards.aggregate import sigmoid
from rubrica.rewards.compare import ranks
from rubrica.types import Label

# What labels make known


@given(st.lists(labels, max_size=5))
def test_rows_are_the_known_comparisons_and_each_case_weighs_one(given_labels: list[Label]) -> None:
    table = labelled(*given_labels)
    told = Rows.of(table)
    for n, label in enumerate(given_labels):
        own = told.case == n
        found = sorted(zip(told.first[own], told.second[own], told.y[own], strict=True))
        start = int(table.start[n])
        wanted = [(start + i, start + j, y) for i, j, y in label.pairs()]
        if len(label.ranks) == 1 and label.scores is not None:
            wanted = [(start, -1, label.scores[0])]
        assert found == sorted(wanted)
        assert told.weight[own].sum() == pytest.approx(1.0 if wanted else 0.0)
        assert len(set(told.weight[own].tolist())) <= 1


def test_pairs_ties_and_rankings_by_hand() -> None:
    told = Rows.of(
        labelled(Label.best(1, 2), Label(kind="ranking", ranks=(0, 0)), Label(kind="ranking", ranks=(1, 0, 2)))
    )
    assert list(zip(told.first, told.second, told.y, told.weight, strict=True)) == [
        (0, 1, 0.0, 1.0),
        (2, 3, 0.5, 1.0),
        (4, 5, 0.0, pytest.approx(1 / 3)),
        (4, 6, 1.0, pytest.approx(1 / 3)),
        (5, 6, 1.0, pytest.approx(1 / 3)),
    ]


def test_of_the_best_of_many_only_its_own_comparisons_are_known() -> None:
    told = Rows.of(labelled(Label.best(2, 4)))
    assert [(int(i), int(j), y) for i, j, y in zip(told.first, told.second, told.y, strict=True)] == [
        (0, 2, 0.0),
        (1, 2, 0.0),
        (2, 3, 1.0),
    ]


def test_a_rating_of_one_candidate_outside_its_range_says_nothing() -> None:
    told = Rows.of(labelled(Label.from_scores((4.0,)), Label.from_scores((0.25,))))
    assert (told.case.tolist(), told.y.tolist(), told.second.tolist()) == ([1], [0.25], [-1])
    assert told.absolute.tolist() == [True]


@given(st.integers(2, 9), st.integers(1, 12))
def test_long_rankings_are_thinned_evenly(size: int, most: int) -> None:
    table = labelled(Label(kind="ranking", ranks=tuple(range(size))))
    whole, told = Rows.of(table), Rows.of(table, per_case=most)
    everything = list(zip(whole.first, whole.second, whole.y, strict=True))
    kept = [everything.index(row) for row in zip(told.first, told.second, told.y, strict=True)]
    assert len(kept) == len(set(kept)) == min(most, len(everything))
    assert told.weight.sum() == pytest.approx(1.0)
    gaps = np.diff(kept)
    assert not len(gaps) or (gaps.min() > 0 and gaps.max() - gaps.min() <= 1)
    assert most == 1 or {kept[0], kept[-1]} == {0, len(everything) - 1}


@given(st.lists(labels, min_size=1, max_size=4), st.integers(1, 3))
def test_differences_are_first_less_second_and_single_candidates_keep_theirs(
    given_labels: list[Label], columns: int
) -> None:
    table = labelled(*given_labels, columns=columns)
    before = table.grades.copy()
    told = Rows.of(table)
    for values in (table.grades, table.grades[:, 0]):
        wanted = [values[i] - (values[j] if j >= 0 else 0) for i, j in zip(told.first, told.second, strict=True)]
        np.testing.assert_array_equal(told.difference(values), np.array(wanted).reshape(len(wanted), *values.shape[1:]))
    np.testing.assert_array_equal(table.grades, before)


# Agreement

scores = st.sampled_from([-12.0, -1.0, -1e-10, 0.0, 1e-10, 0.5, 12.0]) | st.floats(-12, 12)


@given(st.lists(labels.filter(lambda label: len(label.ranks) > 1), min_size=1, max_size=4), st.data())
def test_credit_is_the_one_of_the_metrics(given_labels: list[Label], data: st.DataObject) -> None:
    table = labelled(*given_labels)
    raw = np.array([data.draw(scores) for _ in range(len(table.grades))])
    told = agreement(table, raw).credit
    own = [raw[table.start[n] : table.start[n + 1]].tolist() for n in range(len(table))]
    assert told.tolist() == [credit(label, ranks(each)) for label, each in zip(given_labels, own, strict=True)]


@pytest.mark.parametrize(
    ("label", "raw", "wanted"),
    [(1.0, 0.2, 1.0), (1.0, -0.2, 0.0), (0.0, -0.2, 1.0), (0.0, 0.2, 0.0), (0.5, 3.0, 1.0), (0.0, 1e-10, 0.5)],
)
def test_single_candidates_are_held_to_the_reference_point(label: float, raw: float, wanted: float) -> None:
    assert agreement(labelled(Label.from_scores((label,))), np.array([raw])).credit.tolist() == [wanted]


@given(st.lists(labels, min_size=1, max_size=4), st.data())
def test_probability_is_the_mean_over_what_the_label_says(given_labels: list[Label], data: st.DataObject) -> None:
    table = labelled(*given_labels)
    raw = np.array([data.draw(scores) for _ in range(len(table.grades))])
    told = agreement(table, raw).probability
    for n, label in enumerate(given_labels):
        own = raw[table.start[n] : table.start[n + 1]]
        known = [(float(own[i] - own[j]), y) for i, j, y in label.pairs()]
        if len(own) == 1 and label.scores is not None:
            known = [(float(own[0]), label.scores[0])]
        assert told[n] == pytest.approx(np.mean([_given_to(y, d) for d, y in known]) if known else 0.0, abs=1e-9)


def _given_to(outcome: float, difference: float) -> float:
    """P(first wins), P(second wins), or for a tie how near the two are to each other."""
    p = sigmoid(difference)
    return {0.0: 1 - p, 0.5: 2 * min(p, 1 - p), 1.0: p}.get(outcome, p if outcome > 0.5 else 1 - p)


def test_nothing_to_agree_with() -> None:
    told = agreement(labelled(), np.empty(0))
    assert (told.credit.shape, told.probability.shape) == ((0,), (0,))
