"""Python tools of a library run in a real sandbox, and their answers are checked."""

import asyncio
from collections.abc import Iterator

import pytest

from rubrica.tools.entry import ToolCase, ToolEntry
from rubrica.tools.python_tool import PythonTool, failed_cases
from rubrica.tools.sandbox.base import Sandbox
from rubrica.tools.sandbox.router import open_sandbox
from rubrica.types import Candidate, Evidence, Message, TaskView, TextPart

COUNTS = """
def check(task, candidate, word="fish"):
    start = candidate.find(word)
    return {
        "value": 1.0 if start >= 0 else 0.0,
        "detail": task["prompt"],
        "span": [start, start + len(word)] if start >= 0 else None,
    }
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox("auto")
    yield opened
    asyncio.run(opened.close())


def entry(source: str, *cases: ToolCase) -> ToolEntry:
    return ToolEntry(name="finds", description="Finds a word.", kind="python", source=source, cases=cases)


def evidence(source: str, sandbox: Sandbox | None, text: str = "a fish", **arguments: str) -> Evidence:
    task = TaskView(messages=(Message(role="user", parts=(TextPart(text="Name an animal."),)),))
    candidate = Candidate(id="A", parts=(TextPart(text=text),))
    return asyncio.run(PythonTool.of(entry(source), sandbox).check(task, [candidate], arguments))[0]


def test_it_answers_with_value_detail_and_span(sandbox: Sandbox) -> None:
    told = evidence(COUNTS, sandbox)
    assert (told.value, told.detail) == (1.0, "Name an animal.")
    assert told.span is not None
    assert told.span.text == "fish"


def test_arguments_reach_it(sandbox: Sandbox) -> None:
    assert evidence(COUNTS, sandbox, word="bird").value == 0.0


@pytest.mark.parametrize(
    "body", ["return {'value': 2}", "return 'yes'", "raise ValueError('no')", "return {'value': 1, 'more': 2}"]
)
def test_what_is_no_answer_is_null(sandbox: Sandbox, body: str) -> None:
    assert evidence(f"def check(task, candidate):\n    {body}\n", sandbox).value is None


def test_without_a_sandbox_it_cannot_tell() -> None:
    assert evidence(COUNTS, None).value is None


def test_its_own_cases_hold_or_say_what_is_wrong(sandbox: Sandbox) -> None:
    right = ToolCase(prompt="p", candidate="no fish", value=1.0)
    wrong = ToolCase(prompt="p", candidate="none", value=1.0)
    assert asyncio.run(failed_cases(entry(COUNTS, right), sandbox)) == []
    assert asyncio.run(failed_cases(entry(COUNTS, right, wrong), sandbox)) == ["case 2: answered 0.0, should be 1.0"]
