"""A prompt tool asks a model one narrow question about each candidate; its answer counts when its quote is there.

The question is the library's, the text is the candidate's, and who answers is injected: tools know no reasoner.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pydantic import Field

from rubrica.errors import ReplyError, ToolError
from rubrica.tools.base import Arguments, ToolSpec
from rubrica.tools.checked import conforms
from rubrica.tools.entry import ToolEntry
from rubrica.tools.quoting import find_quote
from rubrica.types import Candidate, Evidence, TaskView, Value


class ToolQuestion(Value):
    """What is asked about one candidate."""

    tool: str
    question: str
    """The tool's own text, from the library."""
    arguments: str = ""
    """The call's arguments as JSON; empty without any."""
    text: str
    """The candidate."""


class ToolAnswer(Value):
    """What was found."""

    detail: str = ""
    quote: str = ""
    """The candidate's own words that the finding rests on; a quote that is not there makes the value null."""
    value: float | None = Field(default=None, ge=0, le=1)
    """1 = holds, 0 = does not, between = degree; null = cannot be told."""


class Ask(Protocol):
    """Puts a question to a model."""

    async def __call__(self, task: TaskView, question: ToolQuestion) -> ToolAnswer:
        """Answer the question.

        Raises:
            ReasonerError: there is no answer; the case it was asked for has none either.
        """
        ...


@dataclass(frozen=True)
class PromptTool:
    """A library entry of kind `prompt`, made callable."""

    entry: ToolEntry
    ask: Ask

    @property
    def spec(self) -> ToolSpec:
        fields = ("name", "description", "kind", "input_schema", "output_schema")
        return ToolSpec.model_validate({name: getattr(self.entry, name) for name in fields})

    async def check(self, task: TaskView, candidates: Sequence[Candidate], arguments: Arguments) -> list[Evidence]:
        conforms(self.entry.name, arguments, self.entry.input_schema, what="arguments")
        return [await self._check(task, candidate, arguments) for candidate in candidates]

    async def _check(self, task: TaskView, candidate: Candidate, arguments: Arguments) -> Evidence:
        question = ToolQuestion(
            tool=self.entry.name,
            question=self.entry.body or self.entry.description,
            arguments=json.dumps(dict(arguments), sort_keys=True, ensure_ascii=False) if arguments else "",
            text=candidate.text,
        )
        try:
            answer = await self.ask(task, question)
        except ReplyError as error:  # an answer that nobody can read is no finding; an outage ends the case
            raise ToolError(f"{self.entry.name}: {error}") from None
        span = find_quote(candidate.text, answer.quote) if answer.quote else None
        invented = bool(answer.quote) and span is None
        return Evidence(
            tool=self.entry.name,
            candidate=candidate.id,
            claim=self.entry.description,
            value=None if invented else answer.value,
            detail="the quote it rests on is not in the answer" if invented else answer.detail,
            span=span,
        )
