import asyncio

import pytest

from rubrica.errors import OutageError, ReplyError, ToolError
from rubrica.tools.entry import ToolEntry
from rubrica.tools.prompt_tool import PromptTool, ToolAnswer
from rubrica.tools.toolbox import Toolbox
from rubrica.types import Candidate, Message, TaskView, TextPart

TASK = TaskView(messages=(Message(role="user", parts=(TextPart(text="Write to Ann."),)),))
ENTRY = ToolEntry(
    name="warm-greeting",
    description="The letter opens warmly.",
    kind="prompt",
    body="Does it greet the reader by name?",
    input_schema={"type": "object", "properties": {"name": {"type": "string"}}, "additionalProperties": False},
)


def check(answer, arguments=None, text="Dear Ann, hello."):
    asked = []

    async def ask(task, question):
        asked.append(question)
        if isinstance(answer, Exception):
            raise answer
        return answer

    candidate = Candidate(id="A", parts=(TextPart(text=text),))
    (evidence,) = asyncio.run(PromptTool(ENTRY, ask).check(TASK, (candidate,), arguments or {}))
    return evidence, asked


def test_an_answer_with_a_quote_that_is_there_is_evidence():
    evidence, asked = check(ToolAnswer(detail="it does", quote="Dear Ann", value=1.0), {"name": "Ann"})
    assert (evidence.value, evidence.span.text, evidence.tool) == (1.0, "Dear Ann", "warm-greeting")
    assert asked[0].question == "Does it greet the reader by name?"
    assert asked[0].arguments == '{"name": "Ann"}'


def test_a_quote_that_is_not_there_makes_the_value_null():
    evidence, _ = check(ToolAnswer(detail="it does", quote="Dearest Ann", value=1.0))
    assert evidence.value is None
    assert evidence.span is None


def test_arguments_outside_the_schema_are_refused_before_anybody_is_asked():
    with pytest.raises(ToolError, match="warm-greeting"):
        check(ToolAnswer(value=1.0), {"nme": "Ann"})


def test_an_answer_nobody_can_read_is_the_tools_error():
    with pytest.raises(ToolError, match="not JSON"):
        check(ReplyError("not JSON"))


def test_an_outage_is_not_the_tools_error():
    with pytest.raises(OutageError):
        check(OutageError("down"))


def test_an_outage_is_no_evidence_either():
    async def ask(task, question):
        raise OutageError("down")

    toolbox = Toolbox({ENTRY.name: PromptTool(ENTRY, ask)})
    with pytest.raises(OutageError):
        asyncio.run(toolbox.check(TASK, (Candidate(id="A", parts=(TextPart(text="Dear Ann"),)),), ENTRY.name, {}))


def test_a_schema_that_points_elsewhere_is_not_followed():
    entry = ENTRY.model_copy(update={"input_schema": {"$ref": "https://example.invalid/schema.json"}})
    candidate = Candidate(id="A", parts=(TextPart(text="x"),))

    async def ask(task, question):
        raise AssertionError("nobody may be asked")

    with pytest.raises(ToolError, match="refers to what it does not hold"):
        asyncio.run(PromptTool(entry, ask).check(TASK, (candidate,), {}))
