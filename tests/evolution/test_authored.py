"""A model as analyst and author, over HTTP, on preferences whose taste is known. The model is a simulation."""

import asyncio
import json
import signal
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openai_compatible import ModelServer, SimulatedAuthor

from rubrica.evolution.authored import Authored
from rubrica.evolution.drafts import draft_of, edit_of
from rubrica.evolution.evidence import Judge
from rubrica.evolution.evolve import Means, evolve
from rubrica.evolution.run import Options, Run
from rubrica.library.library import Library
from rubrica.library.message import CommitMessage
from rubrica.library.store import LibraryStore
from rubrica.memory.cache import Cached, ResponseStore
from rubrica.parallel import Plan
from rubrica.reasoners.direct import Direct
from rubrica.reasoners.llm import LanguageModel
from rubrica.reasoners.retry import Retry
from rubrica.requests.propose import Edit as Draft
from rubrica.tools.entry import ToolEntry

QUICK = Retry(failures=4, deadline_s=20.0, first_wait_s=0.001, longest_wait_s=0.01)
HARMFUL = {
    "id": "trust-hedges",
    "action": "add-skill",
    "skills": [
        {
            "name": "careful-tone",
            "description": "Prefer texts that hedge.",
            "body": "Careful writers hedge what they say.",
            "criteria": [
                {"id": "hedges", "text": "It hedges.", "scored_by": "tool", "tool": "measure",
                 "arguments": {"of": "hedge"}, "weight": 3.0}
            ],
        }
    ],
    "why": "Hedged texts look careful.",
}  # fmt: skip
SKILL = {
    "id": "list-form",
    "action": "add-skill",
    "skills": [
        {
            "name": "list-form",
            "description": "Prefer steps that are laid out as a list.",
            "body": "See whether the lines are laid out as an ordered list.",
            "criteria": [{"id": "listed", "text": "The lines form a list.", "weight": 3.0}],
        }
    ],
    "why": "People preferred ordered lists.",
}
SOURCE = """
import re


def check(task, candidate, **arguments):
    if not candidate.strip():
        return {"value": None, "detail": "empty"}
    found = re.findall(r"(?i)\\b(?:perhaps|maybe|possibly)\\b", candidate)
    return {"value": 0.0 if found else 1.0, "detail": f"{len(found)} hedging words"}
"""
TOOL = {
    "id": "plain-words",
    "action": "add-tool",
    "tools": [
        {
            "name": "plain-words",
            "description": "Whether a text says what it says without hedging.",
            "source": SOURCE,
            "cases": [
                {"prompt": "Say it.", "candidate": "It rains.", "value": 1.0},
                {"prompt": "Say it.", "candidate": "Perhaps it rains.", "value": 0.0},
                {"prompt": "Say it.", "candidate": " ", "value": None},
            ],
        }
    ],
    "skills": [
        {
            "name": "plain-speech",
            "description": "Prefer texts that commit themselves.",
            "body": "Look for words that take back what they say.",
            "criteria": [
                {"id": "plain", "text": "It does not hedge.", "scored_by": "tool", "tool": "plain-words", "weight": 3.0}
            ],
        }
    ],
    "why": "People did not like hedging.",
}


def mind(ids: list[str]) -> SimulatedAuthor:
    return SimulatedAuthor(
        aspects={"list": lambda _, text: 1.0 if text.startswith("1.") else 0.0},
        mechanisms=(
            {"name": "overlooks-form", "description": "Form is not looked at.", "cause": "missing-skill", "cases": ids},
        ),
        edits=(HARMFUL, SKILL, TOOL),
    )


def grown(data: Path, library: Path, cache: Path, server: SimulatedAuthor) -> tuple[Any, Counter[str], list[Any]]:
    """Evolve against a server; return the report and what the server counted."""

    async def main() -> tuple[Any, Counter[str], list[Any]]:
        async with ModelServer(mind=server) as serving:
            model = LanguageModel(Direct("m", [serving.url], key="", timeout_s=20.0, stream=False), retry=QUICK)
            reasoner = Cached(model, ResponseStore(cache), place="test")
            plan = Plan(Library(), effort="low", sandbox="wasm", reasoner=reasoner, in_flight=64)
            means = Means(Judge(plan, 1), Authored(reasoner, after=Nothing()))
            options = Options(data=str(data), train=100, draws=49, patience=5)
            return await asyncio.to_thread(evolve, library, options, means), serving.counts, serving.bodies

    return asyncio.run(main())


class Nothing:
    """Proposes nothing."""

    def propose(self, situation: object) -> None:
        del situation


@pytest.mark.timeout(180)
def test_the_missing_skill_and_tool_pass_the_gate_and_the_harmful_edit_does_not(write, library, tmp_path) -> None:
    data = write(140)
    server = mind([f"case-{n}" for n in range(140)])
    report, counts, bodies = grown(data, library, tmp_path / "cache.sqlite", server)
    found = LibraryStore.open(library).load()
    assert set(found.skills) == {"list-form", "plain-speech"}
    assert set(found.tools) == {"plain-words"}
    assert report.examination.after.accuracy.value > report.examination.before.accuracy.value + 0.15
    assert counts["calls"] == len(bodies) > 100
    with Run.open(library / ".rubrica" / "runs" / "0001") as run:
        proposing = [run.noted(f"proposing {number:04d}") for number in (1, 2, 3, 4)]
    assert all(isinstance(told, dict) and told["calls"] >= 1 for told in proposing)

    other = tmp_path / "again"
    LibraryStore.init(other, Library())
    again, counts, _ = grown(data, other, tmp_path / "cache.sqlite", server)
    assert counts["calls"] == 0  # everything that it asks has been answered before
    assert LibraryStore.open(other).load().version == found.version
    assert again.accepted == report.accepted


def by_measure(name: str, of: str, prefer: str) -> dict[str, Any]:
    criterion = {"id": "m", "text": "It has more.", "scored_by": "tool", "tool": "measure", "arguments": {"of": of},
                 "prefer": prefer, "weight": 20.0}  # fmt: skip
    skill = {"name": name, "description": "Counts.", "body": "Count.", "criteria": [criterion]}
    return {"id": name, "action": "add-skill", "skills": [skill], "why": "It counts."}


@pytest.mark.timeout(180)
def test_an_edit_that_the_gate_refused_is_narrowed_once_and_tested_on_what_its_author_has_not_read(
    write, library, tmp_path
) -> None:
    data = write(140)
    LibraryStore.init(tmp_path / "lists", Library())
    store = LibraryStore.open(tmp_path / "lists")
    measure = ToolEntry(name="measure", description="Counts.", kind="builtin")
    store.commit(store.load().with_tool(measure), CommitMessage(subject="Bring the tool"))
    server = mind([f"case-{n}" for n in range(140)])
    weak, better = by_measure("weak", "words", "high"), by_measure("better", "numbered", "high")
    server = replace(server, edits=(weak,), narrowed=(better,))
    LibraryStore.init(tmp_path / "words", store.load())
    # With this seed length fits the cases that the author reads, by chance, and not the others.
    report, bodies = asyncio.run(written(data, tmp_path / "words", server, seed=4))
    first, second = report.decisions[:2]
    assert (first.title, first.outcome) == ("Add skill weak", "rejected")
    assert (second.title, second.outcome) == ("Add skill better", "accepted")
    shown = [text for body in bodies if "Your edit was refused" in (text := body["messages"][1]["content"])]
    assert len(shown) == 1
    assert shown[0].count('name="broke"') == min(3, len(first.facts["hurt"]))
    assert shown[0].count('name="fixed"') == min(2, len(first.facts["helped"]))
    assert "Task features: " in shown[0]
    with Run.open(tmp_path / "words" / ".rubrica" / "runs" / "0001") as run:
        sources = [set(edit.sources) for number in (1, 2) if (edit := run.proposal(number)[1])]
        assert sources[1] == sources[0] | set(first.facts["hurt"][:3]) | set(first.facts["helped"][:2])
        assert second.facts["n"] == len(run.cases("train")) - len(sources[1])


@pytest.mark.timeout(180)
def test_a_patch_of_one_criterion_is_tried_and_kept_like_any_edit(write, library, tmp_path) -> None:
    data = write(140)
    wrong = edit_of(Draft.model_validate(by_measure("form", "numbered", "low")), (), Library()).apply(Library())
    measure = ToolEntry(name="measure", description="Counts.", kind="builtin")
    store = LibraryStore.open(library)
    store.commit(wrong.with_tool(measure), CommitMessage(subject="Point the wrong way"))
    patch = {"id": "p", "action": "patch-skill", "targets": ["form"], "why": "It points the wrong way.",
             "patches": [{"op": "change", "id": "m", "prefer": "high"}]}  # fmt: skip
    server = replace(mind([f"case-{n}" for n in range(140)]), edits=(patch,))
    report, _ = asyncio.run(written(data, library, server, rounds=1))
    assert (report.decisions[0].title, report.decisions[0].outcome) == ("Patch skill form (change m)", "accepted")
    (criterion,) = LibraryStore.open(library).load().skills["form"].criteria
    assert (criterion.prefer, criterion.text, criterion.weight) == ("high", "It has more.", 20.0)


async def written(
    data: Path,
    library: Path,
    server: SimulatedAuthor,
    *,
    sandbox: str = "none",
    cache: Path | None = None,
    rounds: int = 2,
    seed: int = 0,
) -> tuple[Any, list[Any]]:
    """Evolve with rules that judge and a model that writes."""
    async with ModelServer(mind=server) as serving:
        author: Any = LanguageModel(Direct("m", [serving.url], key="", timeout_s=20.0, stream=False), retry=QUICK)
        if cache is not None:
            author = Cached(author, ResponseStore(cache), place="test")
        judge = Judge(Plan(Library(), effort="low", sandbox=sandbox), 1)
        means = Means(judge, Authored(author, after=Nothing()))
        options = Options(data=str(data), train=100, draws=49, rounds=rounds, seed=seed)
        return await asyncio.to_thread(evolve, library, options, means), serving.bodies


def broken(edit: dict[str, Any], *, by: str) -> dict[str, Any]:
    """An edit that cannot be tried: its tool fails a case of its own, or its skill has no valid name."""
    if by == "case":
        (tool,) = edit["tools"]
        cases = [*tool["cases"], {"prompt": "Say it.", "candidate": "It snows.", "value": 0.0}]
        return {**edit, "tools": [{**tool, "cases": cases}]}
    (skill,) = edit["skills"]
    return {**edit, "skills": [{**skill, "name": "Not A Name"}]}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("by", ["case", "name"])
def test_an_edit_that_cannot_be_tried_is_mended_once(write, library, tmp_path, by) -> None:
    data = write(140)
    server = replace(mind([f"case-{n}" for n in range(140)]), edits=(broken(TOOL, by=by),), mended=(TOOL,))
    rounds = 2 if by == "case" else 1  # what has no valid form is no decision
    report, bodies = asyncio.run(written(data, library, server, sandbox="wasm", rounds=rounds))
    outcomes = [(told.title, told.outcome) for told in report.decisions if told.key.startswith("edit ")]
    assert outcomes[-1] == ("Add tool plain-speech, plain-words", "accepted")
    assert len(outcomes) == rounds
    shown = [text for body in bodies if 'name="reason"' in (text := body["messages"][1]["content"])]
    assert len(shown) == 1
    assert ("fails its own cases" in shown[0]) == (by == "case")


@pytest.mark.timeout(180)
def test_all_edits_of_a_reply_are_tried_before_the_author_is_asked_anew(write, library, tmp_path) -> None:
    data = write(140)
    edits = (by_measure("questions", "questions", "low"), by_measure("numbered", "numbered", "high"))
    server = replace(mind([f"case-{n}" for n in range(140)]), edits=edits)
    report, bodies = asyncio.run(written(data, library, server, cache=tmp_path / "cache.sqlite"))
    tried = [told.title for told in report.decisions if told.key.startswith("edit ")]
    assert tried == ["Add skill questions", "Add skill numbered"]
    asked = [body for body in bodies if body["response_format"]["json_schema"]["name"] == "author"]
    assert sum('name="edit"' not in body["messages"][1]["content"] for body in asked) == 1


@pytest.mark.parametrize("written", [HARMFUL, SKILL, TOOL])
def test_a_draft_comes_back_as_it_was_written(written) -> None:
    draft = Draft.model_validate(written)
    edit = edit_of(draft, ("a",), Library())
    back = draft_of(edit, Library())
    assert back is not None
    assert edit_of(back, ("a",), Library()) == edit
    assert (back.action, back.why, back.tools) == (draft.action, draft.why, draft.tools)


def test_a_fitted_edit_is_no_draft() -> None:
    edit = edit_of(Draft.model_validate(SKILL), ("a",), Library())
    assert draft_of(edit.model_copy(update={"kind": "refit"}), Library()) is None


async def killed_after(calls: int, command: list[str], server: ModelServer) -> bool:
    """Run a command and kill it once the server has so many calls; say whether it was killed."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
    waiting = asyncio.create_task(process.wait())
    while not waiting.done():
        if server.counts["calls"] >= calls:
            process.send_signal(signal.SIGKILL)
            await waiting
            return True
        await asyncio.sleep(0.002)
    assert process.returncode == 0
    return False


async def evolved(data: Path, library: Path, kills: tuple[int, ...]) -> tuple[str, Counter[str]]:
    """Evolve, killed after so many calls each; return the library's version and how often each question was asked."""
    LibraryStore.init(library, Library())
    server = replace(mind([f"case-{n}" for n in range(40)]), edits=(SKILL,))
    async with ModelServer(mind=server, latency_s=0.01) as serving:
        command = [sys.executable, "-m", "rubrica.cli", "evolve", "--json"]
        begin = [*command, str(data), "--library", str(library), "--train", "30", "--draws", "49"]
        begin += ["--effort", "low", "--sandbox", "none", "--cache", str(library.with_suffix(".sqlite"))]
        begin += ["--model", "m", "--api-base", serving.url, "--concurrency", "1"]
        resume = [*command, "--resume", str(library / ".rubrica" / "runs" / "0001")]
        for number, calls in enumerate(kills):
            assert await killed_after(calls, resume if number else begin, serving)
        assert not await killed_after(sys.maxsize, resume if kills else begin, serving)
        asked = Counter(json.dumps(body, sort_keys=True) for body in serving.bodies)
    return LibraryStore.open(library).load().version, asked


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_asks_only_what_was_in_flight_again(write, tmp_path) -> None:
    data = write(40)
    version, asked = asyncio.run(evolved(data, tmp_path / "calm", ()))
    assert sum(asked.values()) == len(asked) > 20
    kills = tuple(len(asked) * part // 5 for part in (1, 2, 3, 4))
    again, also = asyncio.run(evolved(data, tmp_path / "killed", kills))
    assert again == version
    assert set(also) == set(asked)
    assert sum(also.values()) - len(also) <= len(kills)  # one call is in flight at a kill
