"""A run keeps what it is told, says nothing twice, and can be left and taken up at any point."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tabled import a_check, a_skill

from rubrica.data.split import Side
from rubrica.errors import InputError
from rubrica.evolution.edits import Edit
from rubrica.evolution.run import Event, Findings, Options, Run, next_run_folder
from rubrica.types import Candidate, Case, Label, Message, Preference, Task, TaskFeatures, TextPart, Usage

OPTIONS = Options(data="data.jsonl", seed=3, allow_benchmarks=("exam",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "0001"


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    with Run.open(folder, OPTIONS) as opened:
        yield opened


def a_preference(number: int) -> Preference:
    def text(value: str) -> tuple[TextPart, ...]:
        return (TextPart(text=value),)

    task = Task(id=f"case-{number}", messages=(Message(role="user", parts=text("Qu'est-ce que c'est? \u2028 é")),))
    candidates = (Candidate(id="A", parts=text("a")), Candidate(id="B", parts=text("b")))
    return Preference(case=Case(task=task, candidates=candidates), label=Label.best(number % 2, 2), subset="s")


def found(**grades: tuple[float | None, ...]) -> Findings:
    return Findings(features=TaskFeatures(words=7), grades=grades)


# Opening


def test_a_run_is_taken_up_as_it_was_left(folder: Path) -> None:
    with Run.open(folder, OPTIONS) as first:
        first.keep("where", {"round": 2})
    with Run.open(folder) as second:
        assert second.options == OPTIONS
        assert second.noted("where") == {"round": 2}
    with Run.open(folder, OPTIONS) as third:
        assert third.noted("where") == {"round": 2}


def test_a_run_with_other_options_is_refused_and_stays(folder: Path, run: Run) -> None:
    with (
        pytest.raises(InputError, match="a run with other options is here"),
        Run.open(folder, OPTIONS.model_copy(update={"seed": 4})),
    ):
        pass
    assert run.options == OPTIONS


def test_where_no_run_is_none_is_made(folder: Path) -> None:
    with pytest.raises(InputError, match="no run here"), Run.open(folder):
        pass
    assert not folder.exists()


# Notes


def test_of_noted_facts_the_first_stays_and_of_kept_ones_the_last(run: Run) -> None:
    for value in ([1], {"two": None}):
        run.note("first", value)
        run.keep("last", value)
    assert (run.noted("first"), run.noted("last"), run.noted("never")) == ([1], {"two": None}, None)


# Cases


def test_cases_come_back_whole_in_order_and_by_side(run: Run) -> None:
    sides: list[tuple[Preference, Side, int]] = [
        (a_preference(3), "train", 1), (a_preference(1), "test", -1), (a_preference(2), "train", 0)
    ]  # fmt: skip
    for _ in range(2):
        run.add_cases(sides)
    assert run.cases("train") == [a_preference(3), a_preference(2)]
    assert run.cases("test") == [a_preference(1)]
    assert run.folds() == [1, 0]


def test_cases_are_stored_all_or_none(run: Run) -> None:
    def broken() -> Iterator[tuple[Preference, Side, int]]:
        yield a_preference(0), "train", 0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.add_cases(broken())
    assert run.cases("train") == []
    run.add_cases([(a_preference(1), "train", 0)])
    assert len(run.cases("train")) == 1


# Findings and what they cost


def test_grades_are_added_to_what_is_known_of_a_case(run: Run) -> None:
    run.add_findings("work", "judge", found(one=(0.5, None), two=(0.0, 1.0)), Usage(calls=1, cost_usd=0.5), step="a")
    run.add_findings("work", "judge", found(two=(0.25, 0.75), three=(1.0, 1.0)), Usage(calls=2), step="b")
    told = run.findings("work", "judge")
    assert told is not None
    assert told.grades == {"one": (0.5, None), "two": (0.25, 0.75), "three": (1.0, 1.0)}
    assert told.features.words == 7
    assert run.findings("work", "other judge") is run.findings("other work", "judge") is None
    assert run.spent() == Usage(calls=3, cost_usd=0.5)


def test_judgements_are_counted_by_step_and_asking_again_counts_once(run: Run) -> None:
    for _ in range(2):
        run.count_asked("one", 4)
    run.count_asked("two", 3)
    for work in "abc":
        run.add_findings(work, "judge", found(), Usage(), step="one")
    assert run.judgements() == (7, 3)


def test_what_proposals_cost_is_spent_too_and_once_a_round(run: Run) -> None:
    run.add_findings("work", "judge", found(), Usage(calls=1, tokens_in=10), step="one")
    for calls in (5, 7):
        run.add_proposing(1, Usage(calls=calls))
    run.add_proposing(12, Usage(calls=2))
    assert run.spent() == Usage(calls=8, tokens_in=10)


def test_one_unknown_price_makes_the_sum_unknown(run: Run) -> None:
    run.add_findings("a", "judge", found(), Usage(cost_usd=0.5), step="one")
    run.add_findings("b", "judge", found(), Usage(cost_usd=None), step="one")
    assert run.spent().cost_usd is None


# Proposals and decisions


def test_rounds_are_told_in_order_with_the_title_of_their_edit(run: Run) -> None:
    edit = Edit(kind="add-skill", title="Add one", put_skills=(a_skill("one", a_check("words")),))
    run.propose(2, "edit 1", edit)
    run.propose(1, "mine", None)
    run.propose(3, "refit", edit)
    run.decide(2, "accepted", "p = 0.01", {"p_value": 0.01, "helped": ["a"]})
    run.decide(1, "refused", "no edit", {})
    told = run.decisions()
    assert [(d.round, d.key, d.title, d.outcome) for d in told] == [
        (1, "mine", "mine", "refused"),
        (2, "edit 1", "Add one", "accepted"),
    ]
    assert told[1].facts == {"p_value": 0.01, "helped": ["a"]}
    assert run.proposal(2) == ("edit 1", edit)
    assert run.proposal(1) == ("mine", None)


def test_a_round_that_is_repeated_replaces_what_it_said(run: Run) -> None:
    for outcome, reason in (("rejected", "first"), ("rejected", "second")):
        run.propose(1, "mine", None)
        run.decide(1, outcome, reason, {})
    assert [d.reason for d in run.decisions()] == ["second"]


# Events


def events(folder: Path) -> list[Event]:
    lines = (folder / "events.jsonl").read_text("utf-8").removesuffix("\n").split("\n")
    return [Event.model_validate_json(line) for line in lines]


def an_event(number: int, **given: object) -> Event:
    fields = {"round": number, "step": "judge", "text": f"é {number}", "facts": {"z": 1, "a": [None]}}
    return Event.model_validate({**fields, **given})


def test_an_event_is_told_once(folder: Path, run: Run) -> None:
    told = [run.tell(an_event(n)) for n in (1, 2, 1)]
    assert told == [True, True, False]
    assert not run.tell(an_event(2, text="said otherwise"))
    assert run.tell(an_event(2, subject="another"))
    assert events(folder) == [an_event(1), an_event(2), an_event(2, subject="another")]


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_events_that_a_crash_kept_from_the_file_are_written_when_the_run_is_taken_up(folder: Path, cut: int) -> None:
    path = folder / "events.jsonl"
    with Run.open(folder, OPTIONS) as first:
        for number in range(4):
            first.tell(an_event(number))
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with Run.open(folder) as second:
        assert events(folder) == [an_event(n) for n in range(4)]
        assert not second.tell(an_event(3))
        assert second.tell(an_event(4))
    assert events(folder) == [an_event(n) for n in range(5)]


def test_a_file_of_events_that_is_whole_is_left_alone(folder: Path) -> None:
    path = folder / "events.jsonl"
    with Run.open(folder, OPTIONS) as first:
        first.tell(an_event(1))
    before = path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino
    with Run.open(folder):
        pass
    assert (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_ino) == before


# Folders


def test_runs_are_numbered_after_the_last(tmp_path: Path) -> None:
    assert next_run_folder(tmp_path / "none") == tmp_path / "none" / "0001"
    for name in ("0001", "0009", "notes", "0012-old", "7"):
        (tmp_path / name).mkdir()
    assert next_run_folder(tmp_path).name == "0010"
    (tmp_path / "12345").mkdir()
    assert next_run_folder(tmp_path).name == "12346"
