"""A tool that the library brings as Python source: it runs in the sandbox, and what it answers is checked.

    def check(task: dict, candidate: str, **arguments) -> dict

`task` holds "prompt", "messages" and "context", and never a label or a reference. The answer holds "value" (a number in
[0, 1], or null) and may hold "claim", "detail" and "span" ([start, end) in the candidate).
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import Field, JsonValue, ValidationError

from rubrica.errors import ToolError
from rubrica.tools.base import Arguments, ToolSpec
from rubrica.tools.entry import ToolEntry
from rubrica.tools.sandbox.base import Job, Sandbox
from rubrica.types import Candidate, Evidence, Span, TaskView, Value

ENTRY = "_rubrica_check"
_CALL = f"""

def {ENTRY}(task, candidate, arguments):
    return check(task, candidate, **arguments)
"""
TEXT_LIMIT = 2000
"""Characters kept of what a tool says."""


class Answer(Value):
    """What `check` must return."""

    value: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    claim: str = ""
    detail: str = ""
    span: tuple[int, int] | None = None


@dataclass(frozen=True)
class PythonTool:
    """One python entry of a library, callable."""

    spec: ToolSpec
    source: str
    sandbox: Sandbox | None

    @classmethod
    def of(cls, entry: ToolEntry, sandbox: Sandbox | None) -> "PythonTool":
        spec = ToolSpec(
            name=entry.name,
            description=entry.description,
            kind="python",
            input_schema=entry.input_schema,
            output_schema=entry.output_schema,
        )
        return cls(spec, entry.source, sandbox)

    async def check(self, task: TaskView, candidates: Sequence[Candidate], arguments: Arguments) -> list[Evidence]:
        view = _plain(task)
        return list(await asyncio.gather(*(self._evidence(view, candidate, arguments) for candidate in candidates)))

    async def _evidence(self, task: Mapping[str, JsonValue], candidate: Candidate, arguments: Arguments) -> Evidence:
        try:
            answer = await self.answer(task, candidate.text, arguments)
        except ToolError as error:
            return Evidence(tool=self.spec.name, candidate=candidate.id, claim="the tool ran", detail=str(error))
        return Evidence(
            tool=self.spec.name,
            candidate=candidate.id,
            claim=answer.claim[:TEXT_LIMIT] or self.spec.description,
            value=answer.value,
            detail=answer.detail[:TEXT_LIMIT],
            span=_span(answer.span, candidate.text),
        )

    async def answer(self, task: Mapping[str, JsonValue], candidate: str, arguments: Arguments) -> Answer:
        """Run the source once.

        Raises:
            ToolError: it failed, or answered something else than an `Answer`.
        """
        if self.sandbox is None:
            raise ToolError("no sandbox to run it in")
        job = Job(code=self.source + _CALL, entry=ENTRY, args=(dict(task), candidate, dict(arguments)))
        outcome = await self.sandbox.run(job)
        if outcome.status != "ok":
            last = outcome.stderr.rstrip().rpartition("\n")[2]
            raise ToolError(f"the tool ended with {outcome.status}: {last[:200]}")
        try:
            return Answer.model_validate(json.loads(outcome.value_json or "null"))
        except (ValueError, ValidationError) as error:
            raise ToolError(f"the tool's answer is not valid: {str(error).splitlines()[0][:200]}") from None


def _plain(task: TaskView) -> dict[str, JsonValue]:
    return {
        "prompt": task.prompt,
        "messages": [{"role": message.role, "text": message.text} for message in task.messages],
        "context": [{"title": document.title, "text": document.text} for document in task.context],
    }


def _span(span: tuple[int, int] | None, text: str) -> Span | None:
    if span is None or not 0 <= span[0] < span[1] <= len(text):
        return None
    return Span(start=span[0], end=span[1], text=text[span[0] : span[1]])


async def failed_cases(entry: ToolEntry, sandbox: Sandbox | None) -> list[str]:
    """Return what is wrong with a python tool's answers to its own cases; empty = it passes them all."""
    tool, wrong = PythonTool.of(entry, sandbox), []
    for number, case in enumerate(entry.cases, start=1):
        task: dict[str, JsonValue] = {
            "prompt": case.prompt,
            "messages": [{"role": "user", "text": case.prompt}],
            "context": [],
        }
        try:
            value = (await tool.answer(task, case.candidate, case.arguments)).value
        except ToolError as error:
            wrong.append(f"case {number}: {error}")
            continue
        same = value == case.value if value is None or case.value is None else abs(value - case.value) <= 1e-6
        if not same:
            wrong.append(f"case {number}: answered {value}, should be {case.value}")
    return wrong
