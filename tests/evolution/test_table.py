"""A table scores as the judge does, reads labels as `Label.pairs` does, and agrees as `evals.metrics` does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tabled import a_check, a_library, a_skill, a_table

from rubrica.data.demo import demo_path
from rubrica.data.read import read
from rubrica.evals.metrics import credit
from rubrica.evolution.evidence import Judge, Judgements
from rubrica.evolution.run import Options, Run
from rubrica.evolution.table import Rows, Scorer, Table, agreement, column_of
from rubrica.harness import Harness
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.parallel import Plan
from rubrica.rewards.aggregate import aggregate, criterion_key, sigmoid
from rubrica.rewards.compare import ranks
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


# What labels make known

labels = st.one_of(
    st.lists(st.integers(0, 3), min_size=2, max_size=5).map(lambda r: Label(kind="ranking", ranks=_dense(r))),
    st.lists(st.sampled_from([0.0, 0.3, 1.0, 4.5]), min_size=2, max_size=5).map(lambda s: Label.from_scores(tuple(s))),
    st.integers(2, 5).flatmap(lambda k: st.integers(0, k - 1).map(lambda i: Label.best(i, k))),
    unit.map(lambda s: Label.from_scores((s,))),
    st.just(Label(kind="ranking", ranks=(0,))),
)


def _dense(values: list[int]) -> tuple[int, ...]:
    levels = sorted(set(values))
    return tuple(levels.index(value) for value in values)


def labelled(*given: Label, columns: int = 1, seed: int = 0) -> Table:
    rng = np.random.default_rng(seed)
    cases = [(label, rng.random((len(label.ranks), columns)).tolist()) for label in given]
    return a_table([f"column {n}" for n in range(columns)], cases)


@given(st.lists(labels, max_size=5))
def test_rows_are_the_known_comparisons_and_each_case_weighs_one(given_labels: list[Label]) -> None:
    table = labelled(*given_labels)
    told = Rows.of(table)
    for n, label in enumerate(given_labels):
        own = told.case == n
        found = sorted(zip(told.first[own], told.second[own], told.y[own], strict=True))
        start = int(table.start[n])
        wanted = [(start + i, start + j, y) for i, j, y in label.pairs()]
        if len(label.ranks) == 1 and label.scores is not None:
            wanted = [(start, -1, label.scores[0])]
        assert found == sorted(wanted)
        assert told.weight[own].sum() == pytest.approx(1.0 if wanted else 0.0)
        assert len(set(told.weight[own].tolist())) <= 1


def test_pairs_ties_and_rankings_by_hand() -> None:
    told = Rows.of(
        labelled(Label.best(1, 2), Label(kind="ranking", ranks=(0, 0)), Label(kind="ranking", ranks=(1, 0, 2)))
    )
    assert list(zip(told.first, told.second, told.y, told.weight, strict=True)) == [
        (0, 1, 0.0, 1.0),
        (2, 3, 0.5, 1.0),
        (4, 5, 0.0, pytest.approx(1 / 3)),
        (4, 6, 1.0, pytest.approx(1 / 3)),
        (5, 6, 1.0, pytest.approx(1 / 3)),
    ]


def test_of_the_best_of_many_only_its_own_comparisons_are_known() -> None:
    told = Rows.of(labelled(Label.best(2, 4)))
    assert [(int(i), int(j), y) for i, j, y in zip(told.first, told.second, told.y, strict=True)] == [
        (0, 2, 0.0),
        (1, 2, 0.0),
        (2, 3, 1.0),
    ]


def test_a_rating_of_one_candidate_outside_its_range_says_nothing() -> None:
    told = Rows.of(labelled(Label.from_scores((4.0,)), Label.from_scores((0.25,))))
    assert (told.case.tolist(), told.y.tolist(), told.second.tolist()) == ([1], [0.25], [-1])
    assert told.absolute.tolist() == [True]


@given(st.integers(2, 9), st.integers(1, 12))
def test_long_rankings_are_thinned_evenly(size: int, most: int) -> None:
    table = labelled(Label(kind="ranking", ranks=tuple(range(size))))
    whole, told = Rows.of(table), Rows.of(table, per_case=most)
    everything = list(zip(whole.first, whole.second, whole.y, strict=True))
    kept = [everything.index(row) for row in zip(told.first, told.second, told.y, strict=True)]
    assert len(kept) == len(set(kept)) == min(most, len(everything))
    assert told.weight.sum() == pytest.approx(1.0)
    gaps = np.diff(kept)
    assert not len(gaps) or (gaps.min() > 0 and gaps.max() - gaps.min() <= 1)
    assert most == 1 or {kept[0], kept[-1]} == {0, len(everything) - 1}


@given(st.lists(labels, min_size=1, max_size=4), st.integers(1, 3))
def test_differences_are_first_less_second_and_single_candidates_keep_theirs(
    given_labels: list[Label], columns: int
) -> None:
    table = labelled(*given_labels, columns=columns)
    before = table.grades.copy()
    told = Rows.of(table)
    for values in (table.grades, table.grades[:, 0]):
        wanted = [values[i] - (values[j] if j >= 0 else 0) for i, j in zip(told.first, told.second, strict=True)]
        np.testing.assert_array_equal(told.difference(values), np.array(wanted).reshape(len(wanted), *values.shape[1:]))
    np.testing.assert_array_equal(table.grades, before)


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


# Agreement

scores = st.sampled_from([-12.0, -1.0, -1e-10, 0.0, 1e-10, 0.5, 12.0]) | st.floats(-12, 12)


@given(st.lists(labels.filter(lambda label: len(label.ranks) > 1), min_size=1, max_size=4), st.data())
def test_credit_is_the_one_of_the_metrics(given_labels: list[Label], data: st.DataObject) -> None:
    table = labelled(*given_labels)
    raw = np.array([data.draw(scores) for _ in range(len(table.grades))])
    told = agreement(table, raw).credit
    own = [raw[table.start[n] : table.start[n + 1]].tolist() for n in range(len(table))]
    assert told.tolist() == [credit(label, ranks(each)) for label, each in zip(given_labels, own, strict=True)]


@pytest.mark.parametrize(
    ("label", "raw", "wanted"),
    [(1.0, 0.2, 1.0), (1.0, -0.2, 0.0), (0.0, -0.2, 1.0), (0.0, 0.2, 0.0), (0.5, 3.0, 1.0), (0.0, 1e-10, 0.5)],
)
def test_single_candidates_are_held_to_the_reference_point(label: float, raw: float, wanted: float) -> None:
    assert agreement(labelled(Label.from_scores((label,))), np.array([raw])).credit.tolist() == [wanted]


@given(st.lists(labels, min_size=1, max_size=4), st.data())
def test_probability_is_the_mean_over_what_the_label_says(given_labels: list[Label], data: st.DataObject) -> None:
    table = labelled(*given_labels)
    raw = np.array([data.draw(scores) for _ in range(len(table.grades))])
    told = agreement(table, raw).probability
    for n, label in enumerate(given_labels):
        own = raw[table.start[n] : table.start[n + 1]]
        known = [(float(own[i] - own[j]), y) for i, j, y in label.pairs()]
        if len(own) == 1 and label.scores is not None:
            known = [(float(own[0]), label.scores[0])]
        assert told[n] == pytest.approx(np.mean([_given_to(y, d) for d, y in known]) if known else 0.0, abs=1e-9)


def _given_to(outcome: float, difference: float) -> float:
    """P(first wins), P(second wins), or for a tie how near the two are to each other."""
    p = sigmoid(difference)
    return {0.0: 1 - p, 0.5: 2 * min(p, 1 - p), 1.0: p}.get(outcome, p if outcome > 0.5 else 1 - p)


def test_nothing_to_agree_with() -> None:
    told = agreement(labelled(), np.empty(0))
    assert (told.credit.shape, told.probability.shape) == ((0,), (0,))


def test_a_column_that_is_not_there_is_not_graded() -> None:
    table = a_table([a_check("words")], [(Label.best(0, 2), [[0.5], [0.7]])])
    told = table.of([a_check("bold"), a_check("words", prefer="low")], ["", ""])
    assert np.isnan(told[:, 0]).all()
    assert told[:, 1] == pytest.approx([0.5, 0.3])
