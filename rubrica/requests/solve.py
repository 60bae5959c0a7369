"""What is the right answer? Asked blind, before any candidate is read."""

from typing import ClassVar

from rubrica.requests.base import Request
from rubrica.types import TaskFeatures, TaskView, Value


class Solution(Value):
    """A worked answer; `answer` is null when the solver is not sure."""

    answer: str | None = None
    working: str = ""
    sure: bool = False


class SolveRequest(Request[Solution]):
    """Solve the task."""

    role: ClassVar[str] = "solver"
    reply: ClassVar[type[Value]] = Solution

    task: TaskView
    features: TaskFeatures
