"""Whatever goes wrong with one case stays with that case."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import pytest

from rubrica.agents.graph import Chunk, run_chunk
from rubrica.agents.work import Work
from rubrica.errors import OutageError, SandboxInfraError, ToolError
from rubrica.harness import Harness
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.reasoners.embedded import Embedded
from rubrica.requests.base import Reply, Request
from rubrica.requests.select import SelectRequest
from rubrica.skills.base import Skill
from rubrica.tools.base import Arguments, ToolSpec
from rubrica.tools.entry import ToolEntry
from rubrica.tools.toolbox import Toolbox
from rubrica.types import (
    Candidate,
    Case,
    Criterion,
    Evidence,
    Message,
    Task,
    TaskView,
    TextPart,
    Unscored,
    Usage,
    Value,
)

POISON = "poison"
T = TypeVar("T", bound=Value)


def case(number: int, answer: str = "It is 5.") -> Case:
    prompt = Message(role="user", parts=(TextPart(text=f"What is {number} + 2? Use at least {number % 5 + 1} words."),))
    texts = (f"{number} + 2 = {number + 2}", answer)
    candidates = tuple(Candidate(id=id_, parts=(TextPart(text=text),)) for id_, text in zip("AB", texts, strict=True))
    return Case(task=Task(id=f"c{number}", messages=(prompt,)), candidates=candidates)


class Poisoned:
    """Answers as the embedded reasoner, but one task makes it fail."""

    def __init__(self, task: str, error: BaseException) -> None:
        self._task, self._error, self._inner = task, error, Embedded()

    @property
    def id(self) -> str:
        return self._inner.id

    async def complete(self, request: Request[T]) -> Reply[T]:
        if isinstance(request, SelectRequest) and self._task in request.task.prompt:
            raise self._error
        return await self._inner.complete(request)


def test_one_poisoned_case_of_500_leaves_the_other_499_unchanged() -> None:
    cases = [case(number) for number in range(500)]
    harness = Harness(library=seed_library())
    clean = [judged.result for judged in harness.judge_all(cases)]
    poisoned = replace(harness, reasoner=Poisoned("What is 250 +", ZeroDivisionError("boom")))
    results = [judged.result for judged in poisoned.judge_all(cases)]
    assert [i for i in range(500) if results[i] != clean[i]] == [250]
    assert isinstance(results[250], Unscored)
    assert (results[250].case, results[250].reason) == ("c250", "error")
    assert results[250].detail == "ZeroDivisionError: boom"


@pytest.mark.parametrize(
    ("error", "reason"),
    [(OutageError("down"), "outage"), (SandboxInfraError("gone"), "outage"), (RecursionError(), "error")],
)
def test_a_failure_keeps_its_reason(error: Exception, reason: str) -> None:
    (judged,) = Harness(library=seed_library(), reasoner=Poisoned("What is 1 +", error)).judge_all([case(1)])
    assert isinstance(judged.result, Unscored)
    assert judged.result.reason == reason


class Fragile:
    """A tool that fails on one text."""

    spec = ToolSpec(name="fragile", description="fails on poison")

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def check(self, task: TaskView, candidates: Sequence[Candidate], arguments: Arguments) -> list[Evidence]:
        if any(POISON in candidate.text for candidate in candidates):
            raise self._error
        return [Evidence(tool="fragile", candidate=c.id, claim="holds", value=0.75) for c in candidates]


async def graded(error: Exception, cases: Sequence[Case]) -> list[object]:
    criterion = Criterion(id="whole", text="it holds", scored_by="tool", tool="fragile")
    skill = Skill(name="careful", description="checks", criteria=(criterion,))
    entry = ToolEntry(name="fragile", description="fails on poison", kind="builtin")
    crew = replace(
        Harness(library=Library.of([skill], tools=[entry])).crew(), toolbox=Toolbox({"fragile": Fragile(error)})
    )
    works = tuple(Work(case=each, view=TaskView.of(each.task)) for each in cases)
    await run_chunk(Chunk(works=works, crew=crew))
    return [work.result.kind if work.result else None for work in works]


def test_a_tool_that_fails_on_one_case_grades_the_others() -> None:
    kinds = asyncio.run(graded(ValueError("defect"), [case(1), case(2, answer=POISON), case(3)]))
    assert kinds == ["verdict", "unscored", "verdict"]


def test_a_tool_without_an_answer_is_no_low_grade() -> None:
    assert asyncio.run(graded(ToolError("cannot tell"), [case(2, answer=POISON)])) == ["unscored"]


def test_a_case_without_a_verdict_has_cost_what_was_asked_for_it() -> None:
    error = OutageError("gone")
    error.usage = Usage(calls=6, tokens_in=22_779, tokens_out=1_200)
    harness = Harness(library=seed_library(), reasoner=Poisoned("What is 1 +", error))
    (failed,) = harness.judge_all([case(1)])
    assert isinstance(failed.result, Unscored)
    assert (failed.usage.calls, failed.usage.tokens_in, failed.usage.tokens_out) == (6, 22_779, 1_200)
