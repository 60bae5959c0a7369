"""What a model that proposes is shown."""

import numpy as np
import pytest
from tabled import a_check, a_library, a_skill, a_table

from rubrica.evolution.authored import became, summary
from rubrica.evolution.diagnose import diagnose
from rubrica.evolution.edits import Edit
from rubrica.evolution.proposers import Situation
from rubrica.evolution.reading import at_fault, cards, chains
from rubrica.evolution.run import Decision
from rubrica.library.seed import seed_library
from rubrica.requests.propose import features
from rubrica.types import Candidate, Case, Label, Message, Preference, Scoring, Task, TaskFeatures, TextPart


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
        ({"helped": [], "hurt": [], "n": 24}, "of 24 verdicts none changed"),
        (
            {"helped": ["a"], "hurt": ["b", "c"], "n": 24},
            "of 24 verdicts 1 became right or righter, 2 the opposite (p = 1)",
        ),
        ({}, "p = 1"),
    ],
)
def test_an_author_hears_what_an_idea_did(facts: dict, said: str) -> None:
    decision = Decision(round=1, key="k", title="Add x", outcome="rejected", reason="p = 1", facts=facts)
    assert became(decision) == said


def test_an_author_hears_what_an_idea_was() -> None:
    library = seed_library()
    before = library.skills["clean-and-complete"]
    cut = before.criteria[0].model_copy(update={"weight": 2.0})
    edit = Edit(
        kind="revise-skill",
        title="Revise skill clean-and-complete",
        rationale="A cut text is worse than that.",
        put_skills=(before.model_copy(update={"criteria": (cut,)}),),
    )
    decision = Decision(round=1, key="k", title=edit.title, outcome="rejected", reason="p = 1")
    assert summary(decision, edit, library).split("\n") == [
        "Revise skill clean-and-complete",
        "A cut text is worse than that.",
        "- clean-and-complete/not-cut-off (weight 2, by tool truncation): It is complete.",
        "- without clean-and-complete/reads-well",
    ]
    assert summary(decision, None, library) == edit.title


def test_an_analyst_sees_on_what_all_answers_got_the_same() -> None:
    checks = [a_check(name) for name in ("words", "numbers", "bold")]
    label = Label.best(0, 2)
    table = a_table(
        checks,
        [(label, [[0.5, 0.25, None], [0.5, 1.0, None]]), (label, [[0.5, None, 1.0], [0.5, 1.0, 1.0]])],
    )
    library = a_library(a_skill("one", *checks))
    train = [Preference(case=a_case("One.", "Two."), label=label) for _ in range(2)]
    diagnosis = diagnose(library, table, np.zeros(4), ["", ""])
    first, second = chains(Situation(library, table, diagnosis, (), train=train, folds=[0, 1]), [0, 1])
    assert first.equal == ("one/words 0.50",)
    assert second.equal == ("one/words 0.50", "one/bold 1.00")
    assert "one/numbers" in first.answers[0].why


def a_case(*texts: str) -> Case:
    task = Task(id="case", messages=(Message(role="user", parts=(TextPart(text="Tell me."),)),))
    candidates = (Candidate(id=name, parts=(TextPart(text=text),)) for name, text in zip("AB", texts, strict=True))
    return Case(task=task, candidates=tuple(candidates))
