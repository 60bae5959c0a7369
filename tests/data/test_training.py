"""Training rows: what is chosen is what was judged better, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.data.training import best_of, conditioned, pairs
from rubrica.rewards.aggregate import sigmoid
from rubrica.rewards.compare import ranks, win_matrix
from rubrica.types import Candidate, Case, Message, Provenance, Rubric, Score, Scoring, Task, TextPart, Verdict


def judged(raws: list[float]) -> tuple[Case, Verdict]:
    candidates = tuple(Candidate(id=f"c{i}", parts=(TextPart(text=f"text {i}"),)) for i in range(len(raws)))
    case = Case(
        task=Task(id="t", messages=(Message(role="user", parts=(TextPart(text="ask"),)),)), candidates=candidates
    )
    scores = tuple(
        Score(candidate=f"c{i}", reward=sigmoid(raw), raw=raw, sigma=0, rank=rank)
        for i, (raw, rank) in enumerate(zip(raws, ranks(raws), strict=True))
    )
    made_by = Provenance(library="v", reasoner="r")
    win = win_matrix(raws, Scoring())
    return case, Verdict(case="t", scores=scores, win=win, confidence=1, rubric=Rubric(), provenance=made_by)


RAWS = st.lists(st.floats(-12, 12), min_size=1, max_size=6)


@given(RAWS)
def test_the_best_is_the_best(raws: list[float]) -> None:
    (row,) = best_of(*judged(raws))
    assert row["reward"] == pytest.approx(sigmoid(max(raws)), abs=1e-9)
    assert list(best_of(*judged(raws), above=1.0)) == []


@given(RAWS, st.floats(0, 3), st.booleans())
def test_chosen_beats_rejected_by_more_than_the_margin(raws: list[float], above: float, every: bool) -> None:
    case, verdict = judged(raws)
    rows = list(pairs(case, verdict, above=above, every=every))
    for row in rows:
        assert isinstance(row["margin"], float)
        assert row["margin"] > above
        assert row["probability"] == pytest.approx(sigmoid(row["margin"]), abs=1e-9)
    if every:
        told = ranks(raws)
        wanted = sum(a - b > above and told[i] < told[j] for i, a in enumerate(raws) for j, b in enumerate(raws))
        assert len(rows) == wanted


def test_rows_are_conversational_and_say_what_made_them() -> None:
    (row,) = pairs(*judged([1.0, -1.0]))
    assert row["prompt"] == [{"role": "user", "content": "ask"}]
    assert row["chosen"] == [{"role": "assistant", "content": "text 0"}]
    assert row["rejected"] == [{"role": "assistant", "content": "text 1"}]
    made_by = row["provenance"]
    assert isinstance(made_by, dict)
    assert (made_by["library"], made_by["case"], made_by["candidates"]) == ("v", "t", ["c0", "c1"])


@given(RAWS)
def test_conditions_grow_with_the_reward(raws: list[float]) -> None:
    rows = list(conditioned(*judged(raws)))
    levels = [row["level"] for row in sorted(rows, key=lambda row: float(str(row["reward"])))]
    assert levels == sorted(levels)  # type: ignore[type-var]  # levels are whole numbers
    assert set(levels) <= set(range(10))
