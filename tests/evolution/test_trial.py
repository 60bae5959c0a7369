"""Cross-fitting: no case is scored by what it taught, and the null is the same procedure on labels drawn anew."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabled import a_check, a_library, a_skill, a_table, random_pairs

from rubrica.evolution import trial as module
from rubrica.evolution.edits import Edit
from rubrica.evolution.gate import Comparison, level, p_value
from rubrica.evolution.mining import Calibrate, Mine, Refit
from rubrica.evolution.proposers import Fixed
from rubrica.evolution.table import Scorer, Table, agreement
from rubrica.evolution.trial import DRAWS, GIVE_UP, Trial, resampled
from rubrica.types import Label

CHECKS = [a_check("words", weight=0.5), a_check("bold", weight=0.5), a_check("hedge", weight=0.5)]
LIBRARY = a_library(a_skill("s", *CHECKS))
FOLDS = tuple(np.arange(24)[n::3] for n in range(3))


def trial(*, seed: int = 0, noise: float = 0.2, folds=FOLDS, accepted=()) -> Trial:
    """24 pairs that like words and dislike hedging, in three folds."""
    table = random_pairs(CHECKS, 24, taste=(2, 0, -1), noise=noise, seed=seed)
    return Trial(base=LIBRARY, accepted=accepted, table=table, folds=folds)


def turned(table: Table, cases: np.ndarray) -> Table:
    """The same table with the labels of some cases the other way round."""
    labels = list(table.labels)
    for n in cases:
        labels[n] = Label.best(1 - labels[n].ranks.index(0), 2)
    return table.with_labels(labels)


# Cross-fitting


@pytest.mark.parametrize("proposal", [Refit(), Mine(size=3)])
@pytest.mark.parametrize("held", range(3))
def test_the_labels_of_a_fold_never_reach_its_own_scores(proposal, held: int) -> None:
    tried = trial()
    other = turned(tried.table, FOLDS[held])
    one, two = tried.out_of_fold((proposal,), tried.table), tried.out_of_fold((proposal,), other)
    inside = np.isin(tried.table.case_of, FOLDS[held])
    np.testing.assert_array_equal(one[inside], two[inside])
    assert not np.allclose(one[~inside], two[~inside])


def test_scores_of_a_fold_come_from_a_library_of_the_others() -> None:
    tried = trial(accepted=(Mine(size=2),))
    told = tried.out_of_fold((*tried.accepted, Refit()), tried.table)
    for held in FOLDS:
        others = tried.table.take(np.setdiff1d(np.arange(24), held))
        library = LIBRARY
        for proposal in (Calibrate(), Mine(size=2), Refit()):
            edit = proposal.on(library, others)
            library = library if edit is None else edit.apply(library)
        own = Scorer.of(library, tried.table).raw(library.scoring)
        inside = np.isin(tried.table.case_of, held)
        np.testing.assert_array_equal(told[inside], own[inside])


def test_folds_may_come_in_any_order() -> None:
    rng = np.random.default_rng(0)
    shuffled = tuple(rng.permutation(fold) for fold in FOLDS[::-1])
    one, two = trial(), trial(folds=shuffled)
    np.testing.assert_array_equal(one.out_of_fold((Refit(),), one.table), two.out_of_fold((Refit(),), two.table))


def test_an_edit_comes_from_all_cases_on_top_of_what_is_accepted() -> None:
    tried = trial(accepted=(Mine(size=2),))
    before = tried.library((Mine(size=2),), tried.table)
    assert "learned-taste" in before.skills
    assert tried.edit(Refit()) == Refit().on(before, tried.table)


# The comparison


def test_gains_and_credits_are_those_of_cross_fitted_scores() -> None:
    tried = trial(accepted=(Refit(),))
    told = tried.compare(Mine(size=3), draws=0)
    before = agreement(tried.table, tried.out_of_fold((Refit(),), tried.table))
    after = agreement(tried.table, tried.out_of_fold((Refit(), Mine(size=3)), tried.table))
    assert told == Comparison(
        before=before.credit.tolist(),
        after=after.credit.tolist(),
        gains=(after.probability - before.probability).tolist(),
        null=[],
    )


def test_the_null_is_the_same_procedure_on_labels_the_library_believes() -> None:
    tried = trial()
    told = tried.compare(Refit(), seed=5, draws=3)
    rng, raw, null = np.random.default_rng(5), tried.out_of_fold((), tried.table), []
    for _ in range(3):
        drawn = tried.table.with_labels(resampled(tried.table, raw, rng))
        before, after = (agreement(drawn, tried.out_of_fold(p, drawn)).probability for p in ((), (Refit(),)))
        null.append(float((after - before).mean()))
    assert told.null == null


def test_an_edit_that_gains_nothing_draws_nothing() -> None:
    same = Edit(kind="refit", title="Nothing")
    told = trial().compare(Fixed(same), draws=50)
    assert (told.null, told.before) == ([], told.after)
    assert p_value(told) == 1.0


@pytest.mark.parametrize(
    ("noise", "allowed", "accepted"), [(0.2, 0.0373, True), (1.0, 0.0373, False), (1.0, 0.2, True), (4.0, 0.2, False)]
)
def test_stopping_early_never_changes_the_decision(monkeypatch, noise: float, allowed: float, accepted: bool) -> None:
    tried, draws = trial(noise=noise, seed=1), 29
    early = tried.compare(Refit(), draws=draws, enough=allowed)
    monkeypatch.setattr(module, "GIVE_UP", draws + 1)
    whole = tried.compare(Refit(), draws=draws)
    assert len(whole.null) == draws
    assert (p_value(early) <= allowed, p_value(whole) <= allowed) == (accepted, accepted)
    assert (early.null, early.gains) == (whole.null[: len(early.null)], whole.gains)


def test_giving_up_comes_only_where_the_default_draws_have_lost() -> None:
    """With 8 draws at the seen gain the p-value is above every level that the gate can set."""
    assert max(level(n, n) for n in range(50)) < (1 + GIVE_UP) / (1 + DRAWS)


def test_drawing_stops_when_the_level_is_out_of_reach() -> None:
    """A p-value of 2/30 is above 0.0373: one draw that reaches the gain is enough."""
    tried = trial(noise=4.0, seed=1)
    told = tried.compare(Refit(), draws=29, enough=0.0373)
    seen = np.mean(told.gains)
    assert seen > 0
    assert [value >= seen for value in told.null] == [False] * (len(told.null) - 1) + [True]
    assert len(told.null) < 29


def test_without_a_case_there_is_nothing_to_compare() -> None:
    tried = trial()
    told = replace(tried, table=tried.table.take([]), folds=()).compare(Refit())
    assert told == Comparison(before=[], after=[], gains=[], null=[])


# Labels drawn anew

labels = st.one_of(
    st.lists(st.integers(0, 2), min_size=2, max_size=5).map(
        lambda ranks: Label(kind="ranking", ranks=tuple(sorted(set(ranks)).index(r) for r in ranks))
    ),
    st.integers(2, 5).flatmap(lambda k: st.integers(0, k - 1).map(lambda i: Label.best(i, k))),
    st.floats(0, 1).map(lambda score: Label.from_scores((score,))),
)


@given(st.lists(labels, max_size=4), st.integers(0, 99))
def test_ties_stay_ties_and_what_is_known_stays_known(given_labels: list[Label], seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = a_table(["column"], [(label, [[0.5]] * len(label.ranks)) for label in given_labels])
    drawn = resampled(table, rng.normal(size=len(table.grades)), rng)
    for before, after in zip(given_labels, drawn, strict=True):
        assert sorted(after.ranks) == sorted(before.ranks)
        assert (after.kind, len(list(after.pairs()))) == (before.kind, len(list(before.pairs())))
        assert (after.scores in {(0.0,), (1.0,)}) is (len(before.ranks) == 1)
    assert tuple(table.labels) == tuple(given_labels)


def frequencies(label: Label, raw: list[float], draws: int = 3000) -> dict[tuple[int, ...], float]:
    """How often each ranking is drawn."""
    table = a_table(["column"], [(label, [[0.5]] * len(raw))] * draws)
    drawn = resampled(table, np.tile(raw, draws), np.random.default_rng(0))
    told = [each.ranks if len(each.ranks) > 1 else tuple(map(int, each.scores or ())) for each in drawn]
    return {ranks: told.count(ranks) / draws for ranks in set(told)}


def test_a_pair_is_drawn_by_bradley_terry() -> None:
    told = frequencies(Label.best(0, 2), [0.8, -0.4])
    assert told[0, 1] == pytest.approx(1 / (1 + np.exp(-1.2)), abs=0.03)


def test_a_single_candidate_is_good_with_the_probability_of_its_score() -> None:
    assert frequencies(Label.from_scores((0.0,)), [-1.1])[1,] == pytest.approx(1 / (1 + np.exp(1.1)), abs=0.03)


def test_the_best_of_many_is_drawn_by_its_share_of_worth() -> None:
    raw = [0.5, -1.0, 1.2]
    worth = np.exp(raw) / np.exp(raw).sum()
    told = frequencies(Label.best(1, 3), raw)
    for i, share in enumerate(worth):
        assert told[tuple(int(j != i) for j in range(3))] == pytest.approx(share, abs=0.03)


def test_a_ranking_is_drawn_by_plackett_and_luce() -> None:
    raw = [0.5, -1.0, 1.2]
    worth = np.exp(raw)
    told = frequencies(Label(kind="ranking", ranks=(0, 1, 2)), raw)
    for i, j, k in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        ranks = tuple((i, j, k).index(candidate) for candidate in range(3))
        wanted = worth[i] / worth.sum() * worth[j] / (worth[j] + worth[k])
        assert told[ranks] == pytest.approx(wanted, abs=0.03)


def test_a_tie_for_the_lead_is_drawn_as_one() -> None:
    """Who comes last of three is drawn; that two are first, is not."""
    told = frequencies(Label(kind="ranking", ranks=(0, 0, 1)), [0.0, 0.0, 0.0])
    assert set(told) == {(0, 0, 1), (0, 1, 0), (1, 0, 0)}
    assert list(told.values()) == pytest.approx([1 / 3] * 3, abs=0.03)
