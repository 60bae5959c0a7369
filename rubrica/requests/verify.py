"""Which further facts about this candidate should a tool check? The role runs the tools, never the reasoner."""

import json
from typing import ClassVar

from pydantic import Field, JsonValue

from rubrica.requests.base import Request
from rubrica.tools.base import ToolSpec
from rubrica.types import Candidate, Evidence, Rubric, TaskView, Value


class ToolCall(Value):
    """One call of one tool."""

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)


class ToolCard(Value):
    """What a caller reads of a tool: enough to call it, and no more."""

    name: str
    description: str
    arguments: str = ""
    """JSON Schema of the arguments by name, as text; empty when it takes none."""

    @classmethod
    def of(cls, spec: ToolSpec) -> "ToolCard":
        taken = {key: spec.input_schema[key] for key in ("properties", "required") if spec.input_schema.get(key)}
        return cls(
            name=spec.name,
            description=spec.description,
            arguments=json.dumps(taken, sort_keys=True, ensure_ascii=False) if taken else "",
        )


class Claim(Value):
    """Something the candidate says that can be checked, and what the evidence shows."""

    text: str
    quote: str = ""
    """The candidate's own words; a claim that it does not make is refused."""
    evidence: tuple[str, ...] = ()
    """Ids of evidence that was really observed; others are refused."""
    source_quote: str = ""
    """Words of the task or of a source that settle the claim; words that stand in neither are refused."""
    holds: bool | None = None


class Verification(Value):
    """Either more calls to make, or the claims as far as they could be checked."""

    calls: tuple[ToolCall, ...] = ()
    claims: tuple[Claim, ...] = ()


class VerifyRequest(Request[Verification]):
    """One turn of checking one candidate."""

    role: ClassVar[str] = "verifier"
    reply: ClassVar[type[Value]] = Verification

    task: TaskView
    candidate: Candidate
    """Under a neutral id: equal texts are one question, wherever they stood."""
    rubric: Rubric = Rubric()
    """What the candidate will be graded on, to say which claims matter."""
    tools: tuple[ToolCard, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    """Everything observed so far, numbered anew for this request."""
    calls_left: int = 0
    """0 = this turn answers."""
