"""The contest of one edit, in a run of its own: what is compared, on which cases, and what forbids it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tabled import a_check, a_skill

from rubrica.evolution.contest import contest
from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.evidence import Judge
from rubrica.evolution.evolve import ignore
from rubrica.evolution.gate import Decision, level
from rubrica.evolution.memory import Memory
from rubrica.evolution.mining import Calibrate, Mine
from rubrica.evolution.proposers import Embedded, Fixed
from rubrica.evolution.run import Options, Run
from rubrica.evolution.session import Session
from rubrica.evolution.start import start
from rubrica.evolution.steps import baseline
from rubrica.evolution.table import Scorer, agreement
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.library.store import LibraryStore
from rubrica.parallel import Plan
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.types import Criterion

MEASURE = builtin_entry(load_builtins()["measure"])
WORDY = Library.of([a_skill("wordy", a_check("words"))], tools=[MEASURE])
Open = Callable[..., Session]


@pytest.fixture
def begin(write, tmp_path: Path, vocabulary) -> Iterator[Open]:
    """Begin a run on 24 cases (three fifths of `size`) that like numbered lists and dislike hedging."""
    opened = []

    def make(base: Library = WORDY, size: int = 40, **given: Any) -> Session:
        LibraryStore.init(tmp_path / "library", base)
        options = Options(data=str(write(size)), train=size * 3 // 5, folds=3, draws=19, **given)
        context = Run.open(tmp_path / "library/.rubrica/runs/0001", options)
        run = context.__enter__()
        opened.append(context)
        store, memory = LibraryStore.open(tmp_path / "library"), Memory(tmp_path / "library")
        start(run, memory)
        judge = Judge(Plan(Library(), sandbox="none"), workers=1)
        session = Session(run, store, memory, judge, Embedded(), vocabulary, listen=ignore)
        baseline(session, {"round": 1})
        return session

    yield make
    for context in opened:
        context.__exit__(None, None, None)


def adding(*criteria: Criterion, **given: Any) -> Edit:
    fields = {"kind": "add-skill", "title": "Add lists", "put_skills": (a_skill("lists", *criteria),)}
    return Edit.model_validate({**fields, "put_tools": (MEASURE,), **given})


LISTS = adding(a_check("numbered", weight=9, baseline=0.2), a_check("hedge", weight=9, prefer="low"))
HARM = adding(a_check("numbered", weight=9, prefer="low"), a_check("hedge", weight=9))


def contested(session: Session, proposal: Edit | Proposal, number: int = 1) -> tuple[Decision, dict[str, Any]]:
    """Put an edit, or what a procedure comes to, to the contest of a round."""
    given = Fixed(proposal) if isinstance(proposal, Edit) else proposal
    edit = given.on(session.before(number), session.judged({"round": number}))
    assert edit is not None
    session.run.propose(number, given.key, edit)
    return contest(session, number, edit)


def credits_of(session: Session, edit: Edit | None = None) -> np.ndarray:
    """Each fold's credits, by a library whose scale is calibrated on the others."""
    table = session.table([WORDY, LISTS.apply(WORDY)], step="check")
    fold_of = np.array(session.run.folds())
    found = np.empty(len(table))
    for fold in set(fold_of):
        held, others = (np.flatnonzero(mask) for mask in (fold_of == fold, fold_of != fold))
        calibrated = Calibrate().on(WORDY, table.take(others))
        assert calibrated is not None
        library = calibrated.apply(WORDY) if edit is None else edit.apply(calibrated.apply(WORDY))
        part = table.take(held)
        found[held] = agreement(part, Scorer.of(library, part).raw(library.scoring)).credit
    return found


def test_facts_are_those_of_the_cases(begin: Open) -> None:
    session = begin()
    decision, facts = contested(session, LISTS)
    before, after = credits_of(session), credits_of(session, LISTS)
    ids = np.array([preference.case.id for preference in session.train])
    assert facts["helped"]
    assert facts["helped"] == ids[after > before].tolist()
    assert facts["hurt"] == ids[after < before].tolist()
    assert (facts["accuracy_before"], facts["accuracy_after"]) == (before.mean(), after.mean())
    assert facts["gain"] == decision.gain == pytest.approx(after.mean() - before.mean())
    assert (facts["policy"], facts["n"], decision.n) == ("sequential", 24, 24)
    assert decision.accepted
    assert decision.level == level(0, 0)


def test_a_harmful_edit_is_rejected(begin: Open) -> None:
    decision, facts = contested(begin(), HARM)
    assert not decision.accepted
    assert decision.gain < 0
    assert len(facts["hurt"]) > len(facts["helped"])


def test_a_written_edit_is_tested_on_cases_that_its_author_has_not_read(begin: Open) -> None:
    session = begin()
    read = [preference.case.id for preference in session.train][:10]
    decision, facts = contested(session, LISTS.model_copy(update={"sources": tuple(read)}))
    assert decision.n == 14
    assert facts["helped"]
    assert not {*facts["helped"], *facts["hurt"]} & set(read)


@pytest.mark.parametrize("policy", ["sequential", "strict", "margin:1"])
def test_an_edit_whose_author_has_read_everything_is_not_accepted(begin: Open, policy: str) -> None:
    session = begin(gate=policy)
    read = tuple(preference.case.id for preference in session.train)
    decision, facts = contested(session, LISTS.model_copy(update={"sources": read}))
    assert (decision.accepted, decision.reason) == (False, "no case is left that tests it")
    assert (facts["n"], facts["accuracy_before"], facts["accuracy_after"]) == (0, 0.0, 0.0)


def test_a_fitted_edit_is_held_to_labels_drawn_anew(begin: Open) -> None:
    """No p-value is below 1 / (1 + draws), however good the edit; there are as many as the level takes, if not more."""
    session = begin(size=100)
    fitted, _ = contested(session, Mine(), number=1)
    assert fitted.gain > 0.2
    assert fitted.p_value == pytest.approx(1 / 27)
    assert fitted.p_value <= fitted.level < 1 / 20
    written, _ = contested(session, LISTS, number=2)
    assert written.p_value < 1 / 27


def test_other_policies_draw_nothing(begin: Open) -> None:
    decision, facts = contested(begin(gate="strict", size=100), Mine())
    assert (decision.accepted, facts["policy"], decision.reason) == (True, "strict", "higher accuracy")
    assert decision.p_value < 1 / 20  # by sign flips: there is no null of 19 draws


def test_earlier_rounds_count_and_what_they_accepted_is_in_both_libraries(begin: Open) -> None:
    session = begin()
    first, facts = contested(session, LISTS, number=1)
    session.run.decide(1, "accepted", "", facts)
    more = adding(a_check("exclamations", weight=1), put_skills=(a_skill("loud", a_check("exclamations")),))
    second, later = contested(session, more, number=2)
    assert later["accuracy_before"] == facts["accuracy_after"]
    assert (second.level, first.level) == (level(1, 1), level(0, 0))


def test_what_leaves_cases_without_a_verdict_is_refused(begin: Open) -> None:
    """No prompt is long enough for the edit's skill, and `wordy`, which graded them all, goes."""
    session = begin()
    narrow = a_skill("lists", *LISTS.put_skills[0].criteria, when="words > 900")
    decision, _ = contested(session, adding(put_skills=(narrow,), drop_skills=("wordy",)))
    assert decision.reason == "more cases without a verdict: 0 before, 24 after"
    assert not decision.accepted


def test_a_check_that_grades_more_cases_is_no_harm(begin: Open) -> None:
    decision, _ = contested(begin(Library()), LISTS)
    assert decision.accepted


@pytest.mark.parametrize(("when", "ratio"), [("", "3.0"), ("words > 900", "")])
def test_what_a_model_must_read_is_counted_where_it_applies(begin: Open, when: str, ratio: str) -> None:
    """Each case costs one, and each criterion that a model grades one more, where its conditions hold."""
    read = [Criterion(id=name, text="T.", when=when) for name in ("clear", "kind")]
    decision, _ = contested(begin(), adding(*LISTS.put_skills[0].criteria, *read))
    told = f"judging would cost {ratio} times as much; at most 2.0 is allowed"
    assert (decision.reason == told) is bool(ratio)
    assert decision.accepted is not bool(ratio)
