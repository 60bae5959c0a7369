"""Calibration against truths that are known because the labels are drawn from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.evolution.calibrate import ISOTONIC_CASES, calibrated
from rubrica.evolution.table import Rows, Scorer, Table, column_of
from rubrica.library.library import Library
from rubrica.rewards.compare import ranks, win_probability
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Label, Scoring, TaskFeatures


def library(**scoring: object) -> Library:
    criterion = Criterion(
        id="c", text="A check.", scored_by="tool", tool="measure", arguments={"of": "words"}, weight=8.0
    )
    skill = Skill(name="one", description="One check.", criteria=(criterion,))
    return Library(skills={"one": skill}, scoring=Scoring.model_validate(scoring))


def table(grades: np.ndarray, labels: list[Label]) -> Table:
    """Pairs of candidates with one grade each; `grades` has shape (N, 2)."""
    n = len(grades)
    return Table(
        ids=tuple(f"case-{i}" for i in range(n)),
        labels=tuple(labels),
        features=(TaskFeatures(),) * n,
        start=np.arange(0, 2 * n + 1, 2).astype(np.int64),
        columns={column_of(library().skills["one"].criteria[0]): 0},
        grades=grades.reshape(-1, 1),
    )


def drawn(n: int, slope: float, seed: int, *, ties: float = 0.0) -> Table:
    """Labels whose truth is a Bradley-Terry law: log-odds = slope * (difference of the library's raw scores)."""
    rng = np.random.default_rng(seed)
    grades = rng.random((n, 2))
    p = 1 / (1 + np.exp(-slope * 8.0 * (grades[:, 0] - grades[:, 1])))
    first = rng.random(n) < p
    tied = rng.random(n) < ties
    return table(
        grades,
        [
            Label(kind="ranking", ranks=(0, 0) if t else (0, 1) if f else (1, 0))
            for f, t in zip(first, tied, strict=True)
        ],
    )


def raw_of(of: Library, data: Table) -> np.ndarray:
    return Scorer.of(of, data).raw(of.scoring)


def after(of: Library, data: Table) -> Library:
    edit = calibrated(of, data, raw_of(of, data))
    assert edit is not None
    return edit.apply(of)


def test_the_columns_of_this_file_are_read() -> None:
    assert np.ptp(raw_of(library(), drawn(10, 1.0, 0))) > 0.5


@pytest.mark.parametrize("slope", [0.25, 1.0, 2.0])
def test_the_temperature_is_that_of_the_truth(slope: float) -> None:
    found = after(library(), drawn(4000, slope, 1)).scoring
    assert found.temperature == pytest.approx(1 / slope, rel=0.15)


def test_the_share_of_ties_is_that_of_the_labels() -> None:
    data = drawn(1000, 1.0, 2, ties=0.3)
    found = after(library(), data)
    margins = Rows.of(data).difference(raw_of(found, data))
    half = np.exp(np.abs(margins) / 2)
    told = float(np.mean(found.scoring.tie / (half + 1 / half + found.scoring.tie)))
    assert told == pytest.approx(0.3, abs=0.05)


def test_probabilities_mean_what_they_say_on_other_cases() -> None:
    of = library(temperature=0.2)  # five times too sure, and often at the end of the scale

    def error(told: Library) -> float:
        data = drawn(4000, 1.0, 4)
        rows = Rows.of(data)
        p = np.array([win_probability(d, told.scoring) for d in rows.difference(raw_of(told, data))])
        return float(np.mean((p - rows.y) ** 2))

    assert error(after(of, drawn(300, 1.0, 3))) < error(of) - 0.01


@given(slope=st.floats(-2.0, 4.0), seed=st.integers(0, 99), cap=st.sampled_from([None, 0.3]))
def test_no_ranking_of_a_train_case_changes(slope: float, seed: int, cap: float | None) -> None:
    base = library()
    skill = base.skills["one"]
    rule = skill.criteria[0].model_copy(update={"cap": cap})
    of = base.with_skill(skill.model_copy(update={"criteria": (rule,)}))
    data = drawn(30, slope, seed)
    old, new = raw_of(of, data), raw_of(after(of, data), data)
    for n in range(len(data)):
        assert ranks(old[2 * n : 2 * n + 2].tolist()) == ranks(new[2 * n : 2 * n + 2].tolist())


def test_the_isotonic_map_waits_for_enough_cases_and_is_never_certain() -> None:
    few, many = (after(library(), drawn(n, 1.0, 5)).scoring for n in (ISOTONIC_CASES - 1, ISOTONIC_CASES))
    assert few.isotonic == ()
    told = [y for _, y in many.isotonic]
    assert len(told) > 3
    assert told == sorted(told)
    assert 0.5 <= told[0] <= told[-1] < 1.0


def test_noise_is_how_far_margins_move_without_their_fold() -> None:
    of, data = library(), drawn(200, 1.0, 6)
    raw = raw_of(of, data)
    moved = raw + np.tile([0.3, -0.3], len(data))  # each margin 0.6 off
    edit = calibrated(of, data, moved)
    assert edit is not None
    assert edit.scoring is not None
    rows, temperature = Rows.of(data), edit.scoring.temperature
    whole = rows.difference(raw_of(edit.apply(of), data))
    wanted = np.sqrt(np.mean((whole - rows.difference(moved) / temperature) ** 2))
    assert edit.scoring.noise == pytest.approx(wanted, abs=1e-5)


def test_without_labels_to_compare_there_is_no_edit() -> None:
    data = drawn(3, 1.0, 7)
    empty = data.take([])
    assert calibrated(library(), empty, np.empty(0)) is None
