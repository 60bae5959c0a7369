"""The built-in tool `constraints`: what the prompt demands of the answer, one observation per demand."""

from collections.abc import Iterator
from typing import Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import builtin
from rubrica.tools.builtin.constraints.engine import extract_task, family_of, verify
from rubrica.types import Candidate, TaskView, Value

FamilyName = Literal[
    "length",
    "layout",
    "items",
    "vocabulary",
    "punctuation",
    "case",
    "edges",
    "frame",
    "form",
    "markup",
    "choice",
    "order",
    "wording",
    "sequence",
    "language",
]


class ConstraintArguments(Value):
    """Which families of constraints to look at."""

    include: tuple[FamilyName, ...] = ()
    """Only these; empty = all."""
    exclude: tuple[FamilyName, ...] = ()


@builtin(
    "constraints",
    "Finds the checkable constraints that the prompt states (length, layout, words, letter case, beginning and"
    " end, format, order,"
    " language) and checks the answer against each.",
    arguments=ConstraintArguments,
)
def constraints(task: TaskView, candidate: Candidate, arguments: ConstraintArguments) -> Iterator[Observation]:
    """Yield one observation per constraint of the prompt."""
    for constraint in extract_task(task):
        family = family_of(constraint)
        if family not in arguments.exclude and (not arguments.include or family in arguments.include):
            yield verify(constraint, candidate.text)
