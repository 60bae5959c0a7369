"""The table of a data set against sums done by hand."""

import math

import pytest

from rubrica.evals.metrics import Outcome, auroc, balanced_accuracy
from rubrica.evals.runner import Assessed, is_fitting_third
from rubrica.evals.summary import paired, report


def ranked(case: str, credit: float, *, swap: bool = True, subset: str = "s", size: int = 2) -> Assessed:
    return Assessed(
        data="d",
        case=case,
        subset=subset,
        rewards=(0.7, 0.3),
        lengths=(10, 20),
        outcome=Outcome(case, subset, size, credit, decided=True, probability=0.7, pairs_right=credit, pairs=1),
        swap_consistent=swap,
        baselines={"first": 1.0},
    )


def single(case: str, reward: float | None, *, good: bool, length: int = 5) -> Assessed:
    rewards = () if reward is None else (reward,)
    return Assessed("d", case, "", rewards, (length,), positive=good, unscored=None if rewards else "timeout")


def test_pairs_are_summed_over_all_and_over_the_rest() -> None:
    cases = [ranked(f"c{i}", float(i % 4 != 0), swap=i != 5, subset="even" if i % 2 == 0 else "odd") for i in range(20)]
    told = report("d", "v", cases)
    rest = [i for i in range(20) if not is_fitting_third(f"c{i}")]
    assert told.pairs is not None
    assert told.swap is not None
    assert told.pairs.accuracy.value == pytest.approx(0.75)
    assert (told.rest.n, told.rest.value) == (len(rest), pytest.approx(sum(i % 4 != 0 for i in rest) / len(rest)))
    assert (told.swap.value, told.length, told.baselines["first"].value) == (0.95, pytest.approx(-1.0), 1.0)
    assert {name: part.accuracy.value for name, part in told.subsets.items()} == {"even": 0.5, "odd": 1.0}


def test_the_threshold_is_fitted_on_the_third_and_reported_on_the_rest() -> None:
    cases = [single(f"p{i}", (i * 37 % 60) / 60, good=(i * 37 % 60) > 20 + i % 7) for i in range(60)]
    told = report("d", "v", [*cases, single("p-unscored", None, good=True)]).points
    assert told is not None
    rest = [case for case in cases if not is_fitting_third(case.case)]
    rewards, good = [case.rewards[0] for case in rest], [case.positive is True for case in rest]
    assert told.auroc.value == auroc(rewards, good)
    assert told.balanced.value == balanced_accuracy(rewards, good, told.threshold)
    assert told.threshold in {case.rewards[0] for case in cases if is_fitting_third(case.case)}
    assert (told.n - told.unscored, told.unscored) == (len(rest), int(not is_fitting_third("p-unscored")))


def test_one_class_gives_no_auroc() -> None:
    told = report("d", "v", [single(f"p{i}", 0.5, good=True) for i in range(9)]).points
    assert told is not None
    assert math.isnan(told.auroc.value)
    assert told.threshold == 0.5


def test_versions_are_compared_case_by_case() -> None:
    before = [ranked(str(i), credit) for i, credit in enumerate((1.0, 0.0, 0.5, 1.0))]
    after = [ranked(str(i), credit) for i, credit in enumerate((1.0, 1.0, 1.0, 0.0))]
    (told,) = paired({"a": before, "b": after})
    assert (told.before, told.after, told.n, told.gained, told.lost) == ("a", "b", 4, 2, 1)
    assert told.p == 1.0
