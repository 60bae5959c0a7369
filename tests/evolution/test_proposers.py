"""What is proposed depends on what was tried, never on the labels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tabled import a_check, a_skill, random_pairs

from rubrica.evolution.diagnose import diagnose
from rubrica.evolution.edits import Edit
from rubrica.evolution.maintain import Prune
from rubrica.evolution.mining import Mine, Refit
from rubrica.evolution.proposers import Embedded, Fixed, Situation, restored
from rubrica.evolution.run import Decision, Outcome
from rubrica.evolution.split import Split
from rubrica.library.library import Library
from rubrica.types import Usage

OUTCOMES: tuple[Outcome, ...] = ("refused", "rejected", "accepted")
MINE, CONDITIONAL, SPLIT, REFIT = "mine", "mine-conditional", "split", "refit"


def situation(*tried: tuple[str, Outcome], seed: int = 0) -> Situation:
    table = random_pairs([a_check("words")], 12, seed=seed)
    history = [Decision(round=n, key=key, title=key, outcome=told, reason="") for n, (key, told) in enumerate(tried)]
    return Situation(Library(), table, diagnose(Library(), table, np.zeros(24), [""] * 12), history)


def proposed(*outcomes: Outcome, seed: int = 0) -> list[str]:
    """Ask round after round; the n-th proposal comes to the n-th outcome."""
    tried: list[tuple[str, Outcome]] = []
    while (proposal := Embedded().propose(situation(*tried, seed=seed))) is not None:
        tried.append((proposal.key, outcomes[len(tried)]))
    return [key for key, _ in tried]


@pytest.mark.parametrize("second", OUTCOMES)
def test_weights_alone_are_refitted_only_where_mining_has_not_done_it(second: Outcome) -> None:
    assert proposed("accepted", second, second) == [MINE, CONDITIONAL, SPLIT]
    assert proposed("rejected", second, "rejected", "rejected") == [MINE, CONDITIONAL, SPLIT, REFIT]
    assert proposed("refused", second, "refused", "accepted") == [MINE, CONDITIONAL, SPLIT, REFIT]


@given(st.tuples(*[st.sampled_from(OUTCOMES)] * 4), st.integers(0, 99))
@settings(max_examples=20, deadline=None)
def test_nothing_is_tried_twice_and_labels_are_not_looked_at(outcomes: tuple[Outcome, ...], seed: int) -> None:
    told = proposed(*outcomes, seed=seed)
    assert len(set(told)) == len(told) <= 4
    assert told == proposed(*outcomes, seed=seed + 1)


def test_ideas_of_others_do_not_count_as_tried() -> None:
    first = Embedded().propose(situation(("edit 0123", "rejected")))
    assert first == Mine()


def test_a_written_edit_is_itself_whatever_the_cases() -> None:
    edit = Edit(kind="add-skill", title="T", put_skills=(a_skill("one", a_check("words")),), sources=("case-1",))
    table = random_pairs([a_check("words")], 4)
    fixed = Fixed(edit)
    assert fixed.on(Library(), table) is fixed.on(edit.apply(Library()), table.take([1])) is edit
    assert fixed.key == f"edit {edit.id[:16]}"
    assert Fixed(edit.model_copy(update={"title": "Another name"})).key == fixed.key


@pytest.mark.parametrize("proposal", [Mine(), Mine(conditional=True), Split(), Refit(), Prune()])
def test_a_procedure_is_restored_as_itself(proposal) -> None:
    """And not as the edit that it led to once: a fold must be mined anew."""
    edit = Edit(kind="refit", title="T")
    assert restored(proposal.key, edit) == restored(proposal.key, None) == proposal


def test_a_written_edit_is_restored_from_the_run() -> None:
    edit = Edit(kind="refit", title="T")
    assert restored(Fixed(edit).key, edit) == Fixed(edit)
    with pytest.raises(ValueError, match="neither a procedure nor an edit"):
        restored(Fixed(edit).key, None)


def test_a_situation_costs_nothing_unless_someone_counts() -> None:
    told: list[Usage] = []
    situation().spend(Usage(calls=3))
    counted = Situation(Library(), situation().table, situation().diagnosis, (), spend=told.append)
    counted.spend(Usage(calls=3))
    assert told == [Usage(calls=3)]
