"""What is the right answer? Asked blind, before any candidate is read."""

from typing import ClassVar

from rubrica.requests.base import Request
from rubrica.requests.verify import ToolCall, ToolCard
from rubrica.types import Evidence, TaskFeatures, TaskView, Value


class Solution(Value):
    """A worked answer; `answer` is null when the solver has none it would stand by."""

    working: str = ""
    calls: tuple[ToolCall, ...] = ()
    """Tools to run on this draft before it is final."""
    answer: str | None = None
    sure: bool = False

    @property
    def draft(self) -> str:
        """The text that the solver's tools check."""
        return "\n\n".join(part for part in (self.working, self.answer) if part)


class SolveRequest(Request[Solution]):
    """Solve the task, with tools that check the draft."""

    role: ClassVar[str] = "solver"
    reply: ClassVar[type[Value]] = Solution

    task: TaskView
    features: TaskFeatures
    tools: tuple[ToolCard, ...] = ()
    draft: str = ""
    """The draft of the turn before."""
    evidence: tuple[Evidence, ...] = ()
    """What tools said about it."""
    calls_left: int = 0
