"""How well does each candidate meet each criterion that no tool can grade?"""

from typing import ClassVar

from pydantic import Field

from rubrica.requests.base import Request
from rubrica.requests.solve import Solution
from rubrica.types import Candidate, Criterion, Evidence, Finding, TaskView, Value


class Grade(Value):
    """One criterion, one candidate: the critique comes before the grade."""

    criterion: str
    candidate: str
    critique: str = ""
    quotes: tuple[str, ...] = ()
    """Verbatim pieces of the candidate; a quote that is not there is refused."""
    grade: float | None = Field(default=None, ge=0, le=1)
    """Null = cannot be graded."""


class Grades(Value):
    """All grades, and the ranking they imply: candidate ids, best first, ties grouped."""

    grades: tuple[Grade, ...] = ()
    ranking: tuple[tuple[str, ...], ...] = ()


class JudgeRequest(Request[Grades]):
    """Grade all candidates together, on the criteria that are left to a reasoner."""

    role: ClassVar[str] = "judge"
    reply: ClassVar[type[Value]] = Grades

    task: TaskView
    candidates: tuple[Candidate, ...]
    """In the order in which they are shown."""
    criteria: tuple[Criterion, ...]
    findings: tuple[Finding, ...] = ()
    """What tools have already graded."""
    evidence: tuple[Evidence, ...] = ()
    solution: Solution | None = None
