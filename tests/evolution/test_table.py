"""A table scores as the judge does, and a part of a table is what it was."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabled import a_check, a_library, a_skill, a_table, labelled, labels

from rubrica.data.demo import demo_path
from rubrica.data.read import read
from rubrica.evolution.evidence import Judge, Judgements
from rubrica.evolution.run import Options, Run
from rubrica.evolution.table import Scorer, Table, column_of
from rubrica.harness import Harness
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.parallel import Plan
from rubrica.rewards.aggregate import aggregate, criterion_key, sigmoid
from rubrica.skills.when import parse
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.entry import ToolCase, ToolEntry
from rubrica.types import Criterion, Label, Rubric, Scoring, TaskFeatures, Verdict

CONDITIONS = ("", "asks_math", "not asks_math", "words > 10", "asks_code or words > 20")
FEATURES = tuple(TaskFeatures(asks_math=m, asks_code=c, words=w) for m in (0, 1) for c in (0, 1) for w in (5, 15, 25))
unit = st.floats(0, 1)
grade = st.none() | unit | st.sampled_from([0.0, 0.5, 1.0])


# One meaning of a score


@st.composite
def criteria(draw: st.DrawFn, number: int) -> Criterion:
    rule = draw(st.booleans())
    by_tool = draw(st.booleans())
    return Criterion(
        id=f"c{number}",
        text="T.",
        kind="rule" if rule else "principle",
        weight=draw(st.floats(0, 20)),
        scored_by="tool" if by_tool else "model",
        tool="measure" if by_tool else None,
        arguments={"of": draw(st.sampled_from(["words", "bold", "hedge"]))} if by_tool else {},
        prefer=draw(st.sampled_from(["high", "low"])) if by_tool else "high",
        baseline=draw(unit),
        cap=draw(st.none() | st.floats(0.01, 0.99)) if rule else None,
        when=draw(st.sampled_from(CONDITIONS)),
    )


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    skills = []
    for name in ("beta", "alpha", "gamma")[: draw(st.integers(0, 3))]:
        own = [draw(criteria(n)) for n in range(draw(st.integers(0, 3)))]
        skills.append(a_skill(name, *own, when=draw(st.sampled_from(CONDITIONS))))
    some = st.sampled_from(["stranger/c0", *(criterion_key(c) for skill in skills for c in skill.criteria)])
    scoring = Scoring(
        weights=draw(st.dictionaries(some, st.floats(0, 20), max_size=3)),
        baselines=draw(st.dictionaries(some, unit, max_size=3)),
        temperature=draw(st.floats(0.05, 20)),
        reference=draw(st.floats(-5, 5)),
    )
    return a_library(*skills, scoring=scoring)


@st.composite
def tables(draw: st.DrawFn, library: Library) -> Table:
    """Cases of one to four candidates, with a column for each criterion, sometimes one fewer."""
    known = {column_of(c, library) for skill in library.skills.values() for c in skill.criteria}
    columns = sorted(known)[: len(known) - draw(st.integers(0, 1))]
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    row = st.lists(grade, min_size=len(columns), max_size=len(columns))
    cases = [(Label(kind="ranking", ranks=(0,) * k), draw(st.lists(row, min_size=k, max_size=k))) for k in sizes]
    return a_table(columns, cases, [draw(st.sampled_from(FEATURES)) for _ in sizes])


def judged(library: Library, table: Table, n: int) -> list[float]:
    """Score a case the way the judge does: the criteria that apply, grades by name, `rewards.aggregate`."""
    holding = tuple(
        criterion
        for skill in library.skills.values()
        if parse(skill.when).holds(table.features[n])
        for criterion in skill.criteria
        if parse(criterion.when).holds(table.features[n])
    )
    candidates = [str(i) for i in range(table.start[n], table.start[n + 1])]
    grades: dict[tuple[str, str], float] = {}
    for criterion in holding:
        position = table.columns.get(column_of(criterion, library))
        for candidate in candidates:
            value = table.grades[int(candidate), position] if position is not None else np.nan
            if not np.isnan(value):
                told = 1.0 - value if criterion.prefer == "low" else value
                grades[criterion_key(criterion), candidate] = told
    return [raw.score for raw in aggregate(Rubric(criteria=holding), grades, candidates, library.scoring)]


@given(st.data())
def test_a_score_has_one_meaning(data: st.DataObject) -> None:
    """The same grades give the same raw score here and in the judge: weights, caps, baselines, `prefer`, conditions."""
    library = data.draw(libraries())
    table = data.draw(tables(library))
    told = Scorer.of(library, table).raw(library.scoring)
    wanted = [score for n in range(len(table)) for score in judged(library, table, n)]
    np.testing.assert_allclose(told, wanted, atol=1e-7)


def test_the_judge_itself_says_the_same_as_the_table(tmp_path) -> None:
    """Through every tool and role: low preferences, caps, conditions of skills and criteria, fitted baselines."""
    library = Library.of(
        [
            a_skill("brief", a_check("words", prefer="low", weight=6, baseline=0.4), a_check("hedge", prefer="low")),
            a_skill("shown", a_check("numbers", weight=3, when="not asks_code"), when="asks_math or asks_code"),
            a_skill("calm", a_check("exclamations", kind="rule", prefer="low", cap=0.3), a_check("bold", kind="rule")),
        ],
        tools=[builtin_entry(load_builtins()["measure"])],
        scoring=Scoring(weights={"brief/hedge": 2.5}, baselines={"brief/hedge": 0.9}, temperature=0.7, reference=0.4),
    )
    preferences = [row.preference for row in read(demo_path()) if row.preference is not None][::2]
    with Run.open(tmp_path, Options(data="-")) as run:
        table = Judgements(run, Judge(Plan(library, sandbox="none"), workers=1), ()).table(
            preferences, [library], step="all"
        )
    raw = Scorer.of(library, table).raw(library.scoring)
    capped = 0
    for n, told in enumerate(Harness(library=library).judge_all([p.case for p in preferences])):
        assert isinstance(told.result, Verdict)
        capped += sum(score.capped_by is not None for score in told.result.scores)
        scores = [score.raw for score in told.result.scores]
        np.testing.assert_allclose(raw[table.start[n] : table.start[n + 1]], scores, atol=1e-9)
    assert capped > 0
    assert {bool(table.holds("asks_math or asks_code")[n]) for n in range(len(table))} == {True, False}


def test_a_raw_score_worked_out_by_hand() -> None:
    library = a_library(
        a_skill("s", a_check("words", weight=2, baseline=0.25), a_check("hedge", weight=4, prefer="low")),
        scoring=Scoring(weights={"s/hedge": 3.0}, baselines={"s/words": 0.5}, temperature=2.0, reference=0.2),
    )
    table = a_table([a_check("words"), a_check("hedge")], [(Label.best(0, 2), [[0.9, 0.1], [None, 0.7]])])
    told = Scorer.of(library, table).raw(library.scoring)
    assert told.tolist() == [
        pytest.approx((2 * (0.9 - 0.5) + 3 * (1 - 0.1 - 0.5) - 0.2) / 2),
        pytest.approx((3 * (1 - 0.7 - 0.5) - 0.2) / 2),
    ]


def test_the_lowest_of_several_caps_holds() -> None:
    rules = [a_check(of, kind="rule", weight=0, cap=cap) for of, cap in (("words", 0.4), ("hedge", 0.2))]
    library = a_library(a_skill("s", *rules))
    table = a_table(rules, [(Label.best(0, 2), [[0.0, 0.5], [1.0, None]])])
    capped, free = Scorer.of(library, table).raw(library.scoring)
    assert sigmoid(capped) == pytest.approx(0.4 * 0.5)  # 1 - 0.8 x 0.5 = 0.6 allows more than 0.4
    assert free == 0.0


def test_an_empty_library_scores_nothing() -> None:
    table = a_table([a_check("words")], [(Label.best(0, 2), [[0.9], [0.1]])])
    assert Scorer.of(Library(), table).raw(Scoring()).tolist() == [0.0, 0.0]


# Columns


def python_tool(source: str) -> ToolEntry:
    cases = (ToolCase(prompt="p", candidate="c", value=1.0),)
    return ToolEntry(name="odd", description="Odd.", kind="python", source=source, cases=cases)


def test_what_a_library_may_rewrite_is_another_column_when_it_is_rewritten() -> None:
    odd = a_check("words", tool="odd")
    one, two = (Library.of(tools=[python_tool(f"def check(task, candidate): return {n}\n")]) for n in (1, 2))
    assert column_of(odd, one) != column_of(odd, two) != column_of(odd)
    read = Criterion(id="c", text="T.")
    old, new = (a_library(a_skill("s", read, body=body)) for body in ("Old.", "New."))
    stamped = old.skills["s"].criteria[0]
    assert column_of(stamped, old) != column_of(stamped, new)


def test_built_in_checks_are_one_column_in_every_library() -> None:
    words = a_check("words")
    own = Library.of([a_skill("s", words)], tools=[builtin_entry(load_builtins()["measure"])])
    assert (
        column_of(own.skills["s"].criteria[0], own)
        == column_of(words)
        == column_of(words.model_copy(update={"id": "x"}))
    )
    assert column_of(words) != column_of(a_check("bold"))
    assert column_of(words) != column_of(a_check("words", kind="rule"))  # the lowest, not the mean


def test_a_column_that_is_not_there_is_not_graded() -> None:
    table = a_table([a_check("words")], [(Label.best(0, 2), [[0.5], [0.7]])])
    told = table.of([a_check("bold"), a_check("words", prefer="low")], ["", ""])
    assert np.isnan(told[:, 0]).all()
    assert told[:, 1] == pytest.approx([0.5, 0.3])


# Parts of a table


@given(st.lists(labels, min_size=1, max_size=5), st.data())
def test_taken_cases_are_what_they_were(given_labels: list[Label], data: st.DataObject) -> None:
    table = labelled(*given_labels, columns=2)
    chosen = data.draw(st.lists(st.integers(0, len(table) - 1), max_size=6))
    taken = table.take(chosen)
    assert taken.ids == tuple(f"case-{n}" for n in chosen)
    assert taken.labels == tuple(given_labels[n] for n in chosen)
    assert len(taken.grades) == taken.start[-1] == sum(len(given_labels[n].ranks) for n in chosen)
    for at, n in enumerate(chosen):
        here = taken.grades[taken.start[at] : taken.start[at + 1]]
        np.testing.assert_array_equal(here, table.grades[table.start[n] : table.start[n + 1]])
    assert taken.case_of.tolist() == [at for at, n in enumerate(chosen) for _ in given_labels[n].ranks]


def test_conditions_are_asked_of_the_taken_cases_anew() -> None:
    cases = [(Label.best(0, 2), [[0.1], [0.2]])] * 3
    table = a_table(["column"], cases, [TaskFeatures(words=n) for n in (1, 5, 9)])
    assert table.holds("words > 4").tolist() == [False, True, True]
    assert table.take([2, 0]).holds("words > 4").tolist() == [True, False]


def test_other_labels_leave_the_rest_and_the_first_table_as_they_were() -> None:
    table = labelled(Label.best(0, 2), Label.best(1, 2))
    turned = table.with_labels([Label.best(1, 2), Label.best(1, 2)])
    assert [label.ranks for label in turned.labels] == [(1, 0), (1, 0)]
    assert [label.ranks for label in table.labels] == [(0, 1), (1, 0)]
    assert (turned.ids, turned.grades is table.grades) == (table.ids, True)
