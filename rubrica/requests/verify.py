"""Which further facts about this candidate should a tool check? The role runs the tools, never the reasoner."""

from typing import ClassVar

from pydantic import Field, JsonValue

from rubrica.requests.base import Request
from rubrica.tools.base import ToolSpec
from rubrica.types import Candidate, Evidence, Rubric, TaskView, Value


class ToolCall(Value):
    """One call of one tool."""

    tool: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)


class Claim(Value):
    """Something the candidate says that can be checked, and what the evidence shows."""

    text: str
    holds: bool | None = None
    evidence: tuple[str, ...] = ()
    """Ids of evidence that was really observed; others are refused."""


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
    rubric: Rubric
    tools: tuple[ToolSpec, ...]
    evidence: tuple[Evidence, ...] = ()
    calls_left: int = 0
