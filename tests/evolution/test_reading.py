"""What a model that proposes is shown."""

import pytest

from rubrica.evolution.authored import _rejected
from rubrica.evolution.reading import at_fault, cards
from rubrica.evolution.run import Decision
from rubrica.library.seed import seed_library
from rubrica.requests.propose import features
from rubrica.types import Scoring, TaskFeatures


@pytest.mark.parametrize(
    ("entry", "skills"),
    [
        ("no-gaming", ["no-gaming"]),
        ("answers-the-question/is-an-answer", ["answers-the-question"]),
        ("refusal", ["answers-the-question"]),
        ("nothing-of-the-kind", []),
        ("no", []),
    ],
)
def test_the_skills_at_fault_are_found_by_skill_criterion_or_tool(entry: str, skills: list[str]) -> None:
    assert at_fault(seed_library(), {entry}) == skills


def test_the_library_is_shown_with_the_weights_that_count() -> None:
    library = seed_library().with_scoring(Scoring(weights={"no-harm/nobody-is-hurt": 1.25}))
    card = next(card for card in cards(library) if card.name == "no-harm")
    assert "- nobody-is-hurt (weight 1.25, by the judge): " in card.description
    assert "Applies: sensitive or harmful_request" in card.description


def test_every_feature_is_shown_with_its_type_and_meaning() -> None:
    told = features()
    assert [line.split(" (")[0] for line in told] == list(TaskFeatures.model_fields)
    assert all(line.split("): ", 1)[1].endswith(".") for line in told)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"helped": [], "hurt": [], "n": 24}, "no verdict changed (p = 1)"),
        (
            {"helped": ["a"], "hurt": ["b", "c"], "n": 24},
            "of 24 verdicts 1 became right or righter, 2 the opposite (p = 1)",
        ),
        ({}, "p = 1"),
    ],
)
def test_an_author_hears_what_an_idea_did(facts: dict, said: str) -> None:
    decision = Decision(round=1, key="k", title="Add x", outcome="rejected", reason="p = 1", facts=facts)
    assert _rejected(decision).reason == said
