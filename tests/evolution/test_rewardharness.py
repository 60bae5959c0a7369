"""The preset end to end over HTTP, on preferences whose taste is known. The model is a simulation."""

import asyncio
import json
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from openai_compatible import ModelServer, Question, SimulatedAuthor

from rubrica.errors import OutageError, UserError
from rubrica.evolution.evidence import Judge
from rubrica.evolution.evolve import Means, evolve, resume
from rubrica.evolution.pairs import SWAPPED
from rubrica.evolution.report import Report
from rubrica.evolution.rewardharness import RewardHarness
from rubrica.evolution.run import Options
from rubrica.library.library import Library
from rubrica.library.store import LibraryStore
from rubrica.parallel import Plan
from rubrica.reasoners.direct import Direct
from rubrica.reasoners.llm import LanguageModel
from rubrica.reasoners.retry import Retry

QUICK = Retry(failures=2, deadline_s=20.0, first_wait_s=0.001, longest_wait_s=0.01)


def a_skill(name: str, body: str) -> dict[str, Any]:
    criteria = [{"id": "seen", "text": "It is so."}]
    return {"name": name, "description": f"About {name}.", "body": body, "criteria": criteria}


LIST = {"id": "a", "action": "add-skill", "skills": [a_skill("list-form", "See whether the lines are numbered.")]}
PLAIN = {"id": "b", "action": "add-skill", "skills": [a_skill("commits", "See whether it avoids hedging.")]}
CONTRARY = {
    "id": "c",
    "action": "add-tool",
    "tools": [{"name": "ask-back", "description": "Asks back.", "kind": "prompt", "question": "Is it good?"}],
    "skills": [a_skill("contrary", "See how contrary it is.")],
}
IDLE = {**CONTRARY, "skills": [a_skill("idle", "Look again.")]}
BROKEN = {"id": "d", "action": "add-skill", "skills": [{**a_skill("bad-when", "Look."), "when": "no_such_feature"}]}


def mind(*edits: dict[str, Any]) -> SimulatedAuthor:
    def listed(_: str, text: str) -> float:
        return 1.0 if text.startswith("1.") else 0.0

    def plain(_: str, text: str) -> float:
        return 0.0 if any(word in text for word in ("Perhaps", "Maybe", "Possibly")) else 1.0

    return SimulatedAuthor(
        aspects={"numbered": listed, "hedging": plain, "contrary": lambda task, text: 1.0 - listed(task, text)},
        mechanisms=(
            {"name": "overlooks-form", "description": "Form is not looked at.", "cause": "missing-skill",
             "cases": [f"case-{n}{end}" for n in range(40) for end in ("", SWAPPED)]},
        ),
        edits=edits,
    )  # fmt: skip


def means(url: str) -> Means:
    model = LanguageModel(Direct("m", [url], key="", timeout_s=20.0, stream=False), retry=QUICK)
    plan = Plan(Library(), sandbox="none", reasoner=model, in_flight=32)
    return Means(Judge(plan, 1), walk=RewardHarness(model))


def run(data: Path, library: Path, *edits: dict[str, Any], gate: str = "strict", rounds: int = 2, **server: Any) -> Any:
    """Return the report, the events and the server of a run."""

    async def main() -> Any:
        async with ModelServer(mind=mind(*edits), **server) as serving:
            options = Options(data=str(data), gate=gate, rounds=rounds)
            events: list[Any] = []
            report = await asyncio.to_thread(evolve, library, options, means(serving.url), listen=events.append)
            return report, events, serving

    return asyncio.run(main())


def outcomes(report: Report) -> list[tuple[int, str]]:
    return [(decision.round, decision.outcome) for decision in report.decisions]


def test_what_is_better_on_the_gate_is_kept_and_what_is_equal_is_not(write, library) -> None:
    report, events, server = run(write(40), library, LIST, PLAIN, IDLE)
    found = LibraryStore.open(library).load()
    assert set(found.skills) == {"list-form", "commits"}  # both skills in one try
    assert not found.tools
    assert outcomes(report) == [(1, "accepted"), (2, "rejected"), (4, "rejected")]  # round 3 brings no new skill
    skills, tools, _ = report.decisions
    assert skills.facts["accuracy_after"] > skills.facts["accuracy_before"]
    assert tools.facts["accuracy_after"] == tools.facts["accuracy_before"] == skills.facts["accuracy_after"]
    assert report.examination.after.accuracy.value > report.examination.before.accuracy.value
    assert (report.train, report.test, report.stop) == (24, 16, "2 rounds are over")
    assert skills.facts["n"] == 10  # 40% of 24, in one order
    (baseline,) = [event for event in events if event.step == "baseline"]
    assert "28 train pairs" in baseline.text  # 60% of 24, in both orders
    assert report.usage.calls == server.counts["calls"]
    assert report.judged < report.asked


def test_a_margin_keeps_what_is_equal(write, library) -> None:
    report, _, _ = run(write(40), library, LIST, PLAIN, IDLE, gate="margin:0.075", rounds=1)
    assert outcomes(report) == [(1, "accepted"), (2, "accepted")]
    assert set(LibraryStore.open(library).load().tools) == {"ask-back"}


def test_a_run_that_a_margin_let_drift_returns_to_its_best_library(write, library) -> None:
    report, _, _ = run(write(40), library, LIST, PLAIN, CONTRARY, gate="margin:1", rounds=1)
    assert [d.outcome for d in report.decisions] == ["accepted"] * 3
    assert report.decisions[1].facts["accuracy_after"] < report.decisions[1].facts["accuracy_before"]
    assert report.decisions[2].title == "Return to the best library"
    store = LibraryStore.open(library)
    assert set(store.load().skills) == {"list-form", "commits"}
    assert not store.load().tools
    assert report.after == store.load().version
    assert len(store.log()) == 4


def test_equal_runs_are_equal_and_every_train_pair_is_asked_in_both_orders(write, tmp_path) -> None:
    data = write(40)
    first, _, server = run(data, tmp_path / "one", LIST, CONTRARY, rounds=1)
    second, _, _ = run(data, tmp_path / "two", LIST, CONTRARY, rounds=1)
    assert first == second
    asked = {orders(body) for body in server.bodies if "answer" in properties(body)}
    assert sum(pair[::-1] in asked for pair in asked) == 28  # the gate and the test are asked as they stand
    assert len(asked) == 28 + 10 + 16


def orders(body: Any) -> tuple[str, ...]:
    return tuple(candidate.text for candidate in Question.of(body).all("candidate"))


def properties(body: Any) -> Any:
    return body["response_format"]["json_schema"]["schema"]["properties"]


def test_failed_judgements_are_counted_and_never_ties(write, library) -> None:
    report, events, server = run(write(40), library, LIST, rounds=1, rates={"both-at-once": 0.2})
    (decision,) = report.decisions
    assert server.counts["both-at-once"] > 5
    assert decision.facts["unscored_before"] > 0
    assert decision.facts["right_before"] == decision.facts["right_before_by_its_rule"]  # no label is a tie
    told = next(event for event in events if event.step == "test")
    assert told.facts["unscored_after"] == report.examination.after.unscored > 0
    assert told.facts["right_after"] + told.facts["unscored_after"] <= report.test


@pytest.mark.parametrize("calls", [5, 60, -8])
def test_an_outage_stops_the_run_and_it_goes_on_to_the_same_end(calls, write, tmp_path) -> None:
    data, library = write(40), tmp_path / "cut"
    calm, _, server = run(data, tmp_path / "calm", LIST, PLAIN, IDLE, rounds=1)
    calls %= server.counts["calls"]
    with pytest.raises(OutageError):
        run(data, library, LIST, PLAIN, IDLE, rounds=1, script=deque([""] * calls + ["server"] * 5000))

    async def rest() -> Report:
        async with ModelServer(mind=mind(LIST, PLAIN, IDLE)) as serving:
            return await asyncio.to_thread(resume, library / ".rubrica" / "runs" / "0001", means(serving.url))

    report = asyncio.run(rest())
    assert (report.after, report.decisions) == (calm.after, calm.decisions)
    assert (report.baseline, report.examination) == (calm.baseline, calm.examination)


def test_an_edit_outside_the_format_is_dropped_and_the_others_are_tried(write, library) -> None:
    report, _, _ = run(write(40, seed=1), library, BROKEN, LIST, rounds=1)
    assert outcomes(report) == [(1, "accepted")]
    assert set(LibraryStore.open(library).load().skills) == {"list-form"}


@pytest.mark.parametrize("gate", ["sequential", "margin:", "margin:wide", "strict:1"])
def test_other_gates_are_none_of_the_protocol(gate, write, library) -> None:
    with pytest.raises(UserError, match="strict or margin"):
        run(write(20), library, gate=gate)


def test_the_test_cases_are_asked_at_the_end_only(write, library) -> None:
    _, _, server = run(write(40), library, LIST, rounds=1)
    last = [json.dumps(body) for body in server.bodies[-2 * 16 :]]
    report = json.loads((library / ".rubrica/runs/0001/report.json").read_text("utf-8"))
    assert report["test"] == 16
    earlier = {text for body in server.bodies[: -2 * 16] for text in [json.dumps(body)]}
    assert len(last) == 32
    assert not earlier & set(last)
