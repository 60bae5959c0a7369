"""Baselines read nothing but length, place and reference."""

import pytest

from rubrica.evals.baselines import baseline_credits, bleu_scores
from rubrica.types import Candidate, Case, Label, Message, Preference, Task, TextPart


def preference(*texts: str, best: int = 0, reference: str | None = None) -> Preference:
    message = Message(role="user", parts=(TextPart(text="ask"),))
    candidates = tuple(Candidate(id=str(i), parts=(TextPart(text=text),)) for i, text in enumerate(texts))
    case = Case(task=Task(id="c", messages=(message,), reference=reference), candidates=candidates)
    return Preference(case=case, label=Label.best(best, len(texts)))


def test_each_baseline_earns_what_its_ranking_earns() -> None:
    earned = baseline_credits(preference("long answer", "short", "middling", best=1))
    assert earned == {"first": 0.0, "longer": 0.0, "shorter": 1.0, "random": pytest.approx(1 / 3)}


def test_equal_lengths_share_the_credit() -> None:
    assert baseline_credits(preference("abc", "xyz"))["longer"] == 0.5


def test_bleu_needs_a_reference_and_prefers_what_is_like_it() -> None:
    told = preference("the cat sat on a mat", "dogs bark at night", reference="the cat sat on the mat")
    assert baseline_credits(told)["bleu"] == 1.0
    assert bleu_scores(told.case)[0] > 50 > bleu_scores(told.case)[1]
    assert "bleu" not in baseline_credits(preference("a", "b", reference=" "))
