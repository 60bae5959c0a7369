"""Which entry flipped which ranking."""

import pytest

from rubrica.evolution.behaviour import Behaviour, behaviour
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.parallel import Plan
from rubrica.skills.base import Skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import Candidate, Case, Criterion, Message, Scoring, Task, TextPart

MEASURE = builtin_entry(load_builtins()["measure"])


def skill(name: str, of: str, weight: float, prefer: str = "high") -> Skill:
    criterion = Criterion.model_validate(
        {
            "id": "c",
            "text": "T.",
            "scored_by": "tool",
            "tool": "measure",
            "arguments": {"of": of},
            "weight": weight,
            "prefer": prefer,
        }
    )
    return Skill(name=name, description=name, criteria=(criterion,))


def compared(before: Library, after: Library) -> Behaviour:
    prompt = Message(role="user", parts=(TextPart(text="Say something."),))
    texts = {"a": "Many more words stand here than in the other one.", "b": "Few words!"}
    candidates = tuple(Candidate(id=id_, parts=(TextPart(text=text),)) for id_, text in texts.items())
    case = Case(task=Task(id="only", messages=(prompt,)), candidates=candidates)
    return behaviour(Plan(after, sandbox="none"), before, after, [case])


LONG = Library.of([skill("long", "words", 4.0)], tools=[MEASURE])


def test_equal_libraries_behave_alike() -> None:
    found = compared(LONG, LONG)
    assert (found.flips, found.shift, found.moved) == ((), 0.0, 0.0)


def test_the_entry_that_flips_a_ranking_is_named() -> None:
    after = LONG.with_skill(skill("loud", "exclamations", 9.0)).with_skill(skill("idle", "bold", 1.0))
    (flip,) = compared(LONG, after).flips
    assert (flip.before, flip.after, flip.causes) == ((0, 1), (1, 0), ("skill loud",))


def test_scoring_is_an_entry_too() -> None:
    two = LONG.with_skill(skill("short", "words", 1.0, "low"))
    after = two.with_scoring(Scoring(weights={"short/c": 20.0}))
    (flip,) = compared(two, after).flips
    assert flip.causes == ("scoring",)


def test_a_flip_that_no_single_entry_undoes_says_so() -> None:
    after = LONG.with_skill(skill("loud", "exclamations", 9.0)).with_skill(skill("louder", "exclamations", 9.0))
    assert [flip.causes for flip in compared(LONG, after).flips] == [("several entries together",)]


@pytest.mark.parametrize("weight", [0.5, 9.0])
def test_rewards_move_with_the_weight(weight: float) -> None:
    assert compared(LONG, LONG.with_skill(skill("loud", "exclamations", weight))).moved > 0
