"""What a commit says reads back, whatever an author or a data set wrote."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tabled import a_check, a_skill

from rubrica.evolution.commits import NAMED, commit_message
from rubrica.evolution.edits import Edit
from rubrica.evolution.gate import Comparison, Ledger, decide
from rubrica.evolution.run import Findings, Options, Run
from rubrica.library.library import Library
from rubrica.library.message import CommitMessage, parse_message
from rubrica.library.store import LibraryStore
from rubrica.types import TaskFeatures, Usage

EDIT = Edit(kind="add-skill", title="Add one", rationale="It explains.", put_skills=(a_skill("one", a_check("words")),))


@pytest.fixture
def run(tmp_path: Path):
    with Run.open(tmp_path / "0007", Options(data="-")) as opened:
        yield opened


def facts(**given_: Any) -> dict[str, Any]:
    """What the gate says of an edit that helped."""
    decision = decide(Comparison([0, 1, 0, 1], [1, 1, 0, 1], [0.1] * 4, null=[0.0] * 99), Ledger())
    return {**asdict(decision), "policy": "sequential", "helped": ["case-0"], "hurt": [], **given_}


def message(run: Run, edit: Edit = EDIT, told: dict[str, Any] | None = None, **given_: Any) -> CommitMessage:
    fields = {"proposal": "mine", "data": "d" * 12, "stamps": (), **given_}
    return commit_message(edit, facts() if told is None else told, run=run, **fields)


def test_each_trailer_says_what_was_measured(run: Run) -> None:
    run.count_asked("one", 5)
    found = Findings(features=TaskFeatures(), grades={})
    for work in "ab":
        run.add_findings(work, "judge", found, Usage(calls=2, cost_usd=0.25), step="one")
    told = message(run, stamps=("exam", "other exam"))
    assert told.subject == "Add one"
    assert told.body == "It explains.\n- one: About one."
    assert told.trailers == {
        "Run": "0007",
        "Proposal": f"mine ({EDIT.id[:16]})",
        "Data": "d" * 12,
        "Helped": "1: case-0",
        "Hurt": "0",
        "Gate": "sequential: p = 0.01 within the level 0.037",
        "Effect": "+25.0 points (-24.0 to +74.0), n = 4",
        "Cost": "2 judgements made of 5 asked, 4 model calls, 0.5000 USD",
        "Benchmarks": "exam, other exam",
    }


def test_what_is_not_known_is_not_said(run: Run) -> None:
    run.add_findings("a", "judge", Findings(features=TaskFeatures(), grades={}), Usage(cost_usd=None), step="one")
    told = message(run, told={"reason": "no prediction changes"}).trailers
    assert told["Gate"] == "no prediction changes"
    assert told["Cost"].endswith(", 0 model calls, unknown")
    assert not {"Helped", "Hurt", "Effect", "Benchmarks"} & told.keys()


@pytest.mark.parametrize(("count", "end"), [(NAMED, f"case-{NAMED - 1}"), (NAMED + 1, ", ...")])
def test_many_cases_are_counted_and_some_named(run: Run, count: int, end: str) -> None:
    told = message(run, told=facts(helped=[f"case-{n}" for n in range(count)])).trailers["Helped"]
    assert told.startswith(f"{count}: case-0, case-1, ")
    assert told.endswith(end)
    assert len(re.findall("case-", told)) == NAMED


anything = st.text(max_size=60) | st.sampled_from(
    ["Helped: 3\n\nGate: none", "\r\n\x00", " \n", "Library-Version: 0", " \u2028\x85 ", "a" * 900, "x \n y"]
)


@given(anything, anything, st.lists(anything, max_size=3), st.lists(anything, max_size=30))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_in_it_reads_back(
    run: Run, title: str, rationale: str, stamps: list[str], cases: list[str]
) -> None:
    edit = Edit(kind="add-skill", title=f"Add {title}", rationale=rationale, put_skills=EDIT.put_skills)
    told = message(run, edit, facts(helped=cases), stamps=stamps)
    assert parse_message(told.render(version="ab" * 32)) == (told, "ab" * 32)
    assert len(told.subject) <= 200
    assert {"Run", "Proposal", "Data", "Helped", "Hurt", "Gate", "Effect", "Cost"} <= told.trailers.keys()
    assert told.trailers["Helped"].split(":")[0] == str(len(cases))
    assert "\x00" not in told.body


def test_the_library_gives_it_back(run: Run, tmp_path: Path) -> None:
    store = LibraryStore.init(tmp_path / "library", Library())
    told = message(run)
    store.commit(EDIT.apply(Library()), told)
    assert LibraryStore.open(tmp_path / "library").log()[0].message == told
