"""How the protocol of RewardHarness deals, swaps and counts its pairs."""

import random
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.agents.chain import ChainRun
from rubrica.errors import InputError
from rubrica.evals.chained import Chained
from rubrica.evolution.pairs import SWAPPED, chain, counts, dealt, swapped
from rubrica.requests.chain import ChainStep, ChainVerdict
from rubrica.requests.verify import ToolCall
from rubrica.types import Candidate, Case, Label, Message, Preference, Task, TextPart, Unscored


def preference(number: int, rng: random.Random, *, tie: bool = False) -> Preference:
    words = [" ".join(rng.choice(string.ascii_lowercase) * rng.randint(2, 9) for _ in range(12)) for _ in range(3)]
    task = Task(id=f"case-{number}", messages=(Message(role="user", parts=(TextPart(text=words[0]),)),))
    candidates = tuple(
        Candidate(id=id_, parts=(TextPart(text=text),)) for id_, text in zip("xy", words[1:], strict=True)
    )
    label = Label.from_scores((0.5, 0.5)) if tie else Label.best(rng.randrange(2), 2, votes=(3, 4), critique="Clearer.")
    return Preference(case=Case(task=task, candidates=candidates), label=label, subset="ab"[number % 2])


def preferences(size: int) -> list[Preference]:
    rng = random.Random(size)
    return [preference(number, rng, tie=number % 7 == 6) for number in range(size)]


@given(size=st.integers(5, 40), seed=st.integers(0, 3))
def test_train_holds_every_pair_in_both_orders_and_nothing_of_the_gate(size: int, seed: int) -> None:
    given_ = {p.case.id: p for p in preferences(size)}
    train, gate = dealt(list(given_.values()), seed=seed)
    half = len(train) // 2
    for one, other in zip(train[:half], train[half:], strict=True):
        assert one == given_[one.case.id]
        assert other.case.id == one.case.id + SWAPPED
        assert other.case.candidates == one.case.candidates[::-1]
        assert other.case.task.messages == one.case.task.messages
        assert other.label.ranks == one.label.ranks[::-1]
        assert swapped(other).label == one.label
    learned, held = {p.case.id for p in train[:half]}, {p.case.id for p in gate}
    assert not learned & held
    assert learned | held == set(given_)
    assert len(gate) == round(0.4 * size)
    assert all(p == given_[p.case.id] for p in gate)  # in the order given


def test_the_seed_alone_decides_who_is_in_the_gate() -> None:
    cases = preferences(30)
    asked = ((cases, 0), (cases[::-1], 0), (cases, 1))
    gates = [{p.case.id for p in dealt(order, seed=seed)[1]} for order, seed in asked]
    assert gates[0] == gates[1] != gates[2]


def test_what_is_no_pair_is_left_out_and_too_few_pairs_are_an_error() -> None:
    cases = preferences(10)
    alone = cases[0].model_copy(
        update={
            "case": cases[0].case.model_copy(update={"candidates": cases[0].case.candidates[:1]}),
            "label": Label.from_scores((1.0,)),
        }
    )
    train, gate = dealt([alone, *cases[1:]], seed=0)
    assert len(train) // 2 + len(gate) == 9
    with pytest.raises(InputError, match="1 pairs"):
        dealt(cases[:1], seed=0)


def judged(case: Preference, preferred: str | None) -> Chained:
    if preferred is None:
        return Chained(case.case, Unscored(case=case.case.id, reason="parse"))
    told = ChainVerdict.model_validate(
        {"preference": preferred, "following_a": 4, "following_b": 1, "quality_a": 3, "quality_b": 2}
    )
    step = ChainStep(think="look", tool=ToolCall(tool="arithmetic"), obs="A: it adds up: 1.00.")
    return Chained(case.case, ChainRun(told, "so", (step,)), ("a-skill",))


def test_a_failed_judgement_is_not_right_and_its_own_rule_is_told_beside() -> None:
    rng = random.Random(0)
    tie, clear = preference(0, rng, tie=True), preference(1, rng)
    winner = "AB"[clear.label.ranks.index(0)]
    told = [(tie, "tie"), (tie, "A"), (tie, None), (clear, winner), (clear, "tie"), (clear, None)]
    found = counts("x", [judged(case, preferred) for case, preferred in told], [case for case, _ in told])
    assert found == {"right_x": 2, "right_x_by_its_rule": 3, "unscored_x": 2}


def test_the_analyst_sees_the_chain_and_both_places() -> None:
    case = preference(1, random.Random(0))
    shown = chain(judged(case, "tie"), case)
    assert [answer.judged for answer in shown.answers] == [1, 1]
    assert [answer.place for answer in shown.answers] == [rank + 1 for rank in case.label.ranks]
    assert "4 of 4" in shown.answers[0].why
    assert "arithmetic observed: A: it adds up: 1.00." in shown.answers[0].why
    assert (shown.right, shown.skills) == (False, ("a-skill",))
    failed = chain(judged(case, None), case)
    assert failed.right is None
    assert [answer.judged for answer in failed.answers] == [None, None]
