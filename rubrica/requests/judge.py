"""How well does each candidate meet each criterion that no tool can grade?"""

from typing import ClassVar

from pydantic import Field, model_validator

from rubrica.requests.base import Request
from rubrica.requests.solve import Solution
from rubrica.types import Candidate, Criterion, Evidence, TaskView, Value

TOP_GRADE = 4
"""Grades go from 0 to 4, each whole number with an anchor in words: models use a short scale more steadily."""

GRADE_TOKENS = 150
"""What one grade takes with its critique, quotes and evidence, generously."""


class Grade(Value):
    """One criterion, one candidate: the critique comes before the grade."""

    criterion: str
    """`c1` for the first criterion shown, and so on."""
    candidate: str
    """The label under which the candidate was shown."""
    critique: str = ""
    quotes: tuple[str, ...] = ()
    """Verbatim pieces of the candidate; a quote that is not there is refused."""
    evidence: tuple[str, ...] = ()
    """Ids of evidence that the grade rests on."""
    grade: float | None = Field(default=None, ge=0, le=TOP_GRADE)
    """Null = cannot be graded; a step between two anchors is accepted."""


class Dispute(Value):
    """A finding of a tool that is plainly false."""

    evidence: str
    reason: str
    quotes: tuple[str, ...] = ()
    """Verbatim words of the candidate or of the task that show it; without any that are there it counts nothing."""


class Grades(Value):
    """All grades, and the ranking they imply: labels, best first, ties grouped."""

    grades: tuple[Grade, ...] = ()
    ranking: tuple[tuple[str, ...], ...] = ()
    disputes: tuple[Dispute, ...] = ()
    """Last, so that a model that loses itself in them has graded before."""

    @model_validator(mode="after")
    def _on_this_scale(self) -> "Grades":
        """Refuse grades that fit another scale: 0.8 is a good grade from 0 to 1 and a bad one from 0 to 4."""
        told = [one.grade for one in self.grades if one.grade is not None]
        if any(grade % 1 for grade in told) and max(told) <= 1:
            raise ValueError(f"grades are whole numbers from 0 to {TOP_GRADE}, not shares of 1")
        return self


class Guide(Value):
    """What a selected skill says about grading."""

    skill: str
    body: str


class JudgeRequest(Request[Grades]):
    """Grade the candidates together, or one alone, on the criteria that are left to a reasoner.

    Candidates stand under labels drawn for this request, so that no id of the data set and no letter of the alphabet
    can sway a grade; evidence names them by the same labels.
    """

    role: ClassVar[str] = "judge"
    reply: ClassVar[type[Value]] = Grades

    task: TaskView
    candidates: tuple[Candidate, ...]
    """In the order in which they are shown."""
    criteria: tuple[Criterion, ...]
    guides: tuple[Guide, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    clean: tuple[str, ...] = ()
    """Tools that look for defects of manner and found none in any answer shown: said in one line."""
    solution: Solution | None = None
    objections: tuple[str, ...] = ()
    """Why the reply before this one was refused."""

    @property
    def reply_tokens(self) -> int:
        return GRADE_TOKENS * len(self.criteria) * len(self.candidates)
