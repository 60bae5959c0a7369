"""Diagnosis on a table small enough to work out by hand."""

import numpy as np
import pytest

from rubrica.evolution.diagnose import Diagnosis, diagnose
from rubrica.evolution.table import Scorer, Table, column_of
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Label, TaskFeatures

GOOD = Criterion(id="good", text="G", scored_by="tool", tool="measure", arguments={"of": "words"}, weight=2.0)
BAD = Criterion(id="bad", text="B", scored_by="tool", tool="measure", arguments={"of": "bold"}, weight=1.0)


@pytest.fixture
def found() -> Diagnosis:
    """The first candidate is always better. Grades of the pair per case: (good, bad) each."""
    pairs = [
        ((0.9, 0.5), (0.1, 0.5)),  # right by `good`
        ((0.5, 0.1), (0.5, 0.9)),  # wrong by `bad`
        ((0.5, 0.0), (0.5, 1.0)),  # wrong by `bad`
        ((0.5, 0.9), (0.5, 0.1)),  # right by `bad`, which is mostly wrong
        ((0.5, 0.5), (0.5, 0.5)),  # nothing tells them apart
    ]
    library = Library.of([Skill(name="s", description="S.", criteria=(GOOD, BAD))])
    table = Table(
        ids=tuple("abcde"),
        labels=(Label.best(0, 2),) * 5,
        features=tuple(TaskFeatures(asks_math=n in (1, 2, 4)) for n in range(5)),
        start=np.arange(0, 11, 2),
        columns={column_of(GOOD): 0, column_of(BAD): 1},
        grades=np.array([side for pair in pairs for side in pair]),
    )
    return diagnose(library, table, Scorer.of(library, table).raw(library.scoring), ["x", "x", "x", "y", "y"])


def test_accuracy_counts_an_undecided_case_in_part(found: Diagnosis) -> None:
    assert found.accuracy == pytest.approx(0.5)
    assert {name: (tally.right, tally.n) for name, tally in found.subsets.items()} == {"x": (1.0, 3), "y": (1.5, 2)}


def test_each_wrong_case_names_what_pulled_it(found: Diagnosis) -> None:
    assert [(wrong.case, [pull.criterion for pull in wrong.pulls]) for wrong in found.wrong] == [
        ("b", ["s/bad"]),
        ("c", ["s/bad"]),
        ("e", []),
    ]
    assert found.wrong[0].pulls[0].amount == pytest.approx(-0.8)
    assert (found.wrong[0].pulls[0].preferred, found.wrong[0].pulls[0].other) == (0.1, 0.9)


def test_failures_are_grouped_by_their_cause(found: Diagnosis) -> None:
    assert [(cluster.name, cluster.cases) for cluster in found.clusters] == [
        ("misled by s/bad", ("b", "c")),
        ("nothing tells them apart", ("e",)),
    ]


def test_a_right_verdict_by_an_unreliable_criterion_is_luck(found: Diagnosis) -> None:
    assert [lucky.case for lucky in found.lucky] == ["d"]
