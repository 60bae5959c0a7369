"""The nouns hold their invariants."""

import pytest
from pydantic import ValidationError

from rubrica.types import Candidate, Case, Label, Message, Preference, Task, TextPart, Usage, content_hash


def case(*texts: str) -> Case:
    task = Task(id="t", messages=(Message(role="user", parts=(TextPart(text="hi"),)),))
    return Case(
        task=task, candidates=tuple(Candidate(id=str(i), parts=(TextPart(text=t),)) for i, t in enumerate(texts))
    )


def test_best_says_nothing_about_the_losers() -> None:
    assert list(Label.best(1, 3).pairs()) == [(0, 1, 0.0), (1, 2, 1.0)]


def test_scores_rank_with_ties() -> None:
    label = Label.from_scores((2.0, 5.0, 2.0))
    assert label.ranks == (1, 0, 1)
    assert list(label.pairs()) == [(0, 1, 0.0), (0, 2, 0.5), (1, 2, 1.0)]


def test_best_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        Label.best(2, 2)


def test_label_and_case_sizes_agree() -> None:
    with pytest.raises(ValidationError, match="ranks 3 candidates, the case has 2"):
        Preference(case=case("a", "b"), label=Label.best(0, 3))


def test_unknown_cost_stays_unknown() -> None:
    assert (Usage(cost_usd=None) + Usage(cost_usd=1.0)).cost_usd is None


def test_hash_ignores_key_order_and_sees_every_value() -> None:
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash(case("x")) != content_hash(case("y"))
