"""Why was the judge wrong, and was it right for a sound reason? Asked about train cases, whose labels it shows."""

from typing import ClassVar, Literal

from rubrica.requests.base import Request
from rubrica.requests.select import Card
from rubrica.types import Value

Cause = Literal[
    "missing-skill",
    "misleading-skill",
    "wrong-weight",
    "misapplied",
    "missing-tool",
    "wrong-tool",
    "misreading",
    "label",
]
"""Where the fault lies."""


class Answer(Value):
    """One candidate of a case with what people and the judge made of it."""

    label: str
    text: str
    place: int
    """By the people's label: 1 = best, equal = tie."""
    judged: int | None = None
    """By the judge; null when it came to no verdict."""
    why: str = ""
    """The findings that moved its score, weightiest first."""


class Chain(Value):
    """One judged case, from the task to the verdict."""

    id: str
    prompt: str
    answers: tuple[Answer, ...]
    right: bool | None
    """Whether the verdict agrees with the label; null = no verdict."""
    skills: tuple[str, ...] = ()
    """Skills that were selected."""
    equal: tuple[str, ...] = ()
    """Criteria on which all answers got the same grade, with the grade; what is named nowhere was not graded."""
    note: str = ""
    """What a person wrote about the choice."""


class Mechanism(Value):
    """A way in which judging goes wrong, with the cases that show it."""

    name: str
    """A few words with hyphens: "rewards-length-over-content"."""
    description: str
    cause: Cause
    entry: str = ""
    """What is at fault, if the library holds it: a skill, `skill/criterion`, or a tool."""
    cases: tuple[str, ...] = ()
    remedy: str = ""


class Lucky(Value):
    """A case that was right for a reason that does not hold."""

    case: str
    why: str = ""


class Diagnosis(Value):
    """Named mechanisms of failure, and rights that deserve no credit."""

    mechanisms: tuple[Mechanism, ...] = ()
    lucky: tuple[Lucky, ...] = ()


class DiagnoseRequest(Request[Diagnosis]):
    """Read a group of chains, right and wrong ones mixed."""

    role: ClassVar[str] = "analyst"
    reply: ClassVar[type[Value]] = Diagnosis

    chains: tuple[Chain, ...]
    skills: tuple[Card, ...] = ()
    """What the library holds, by name and description; a description may go on with the criteria."""
    tools: tuple[Card, ...] = ()
    wrong: int = 0
    """How many of the chains went wrong."""
    reads: bool = True
    """Whether the judge has a reader; without one, only criteria by a tool are graded."""


class MergeRequest(Request[Diagnosis]):
    """Make one diagnosis of several that were written about different groups."""

    role: ClassVar[str] = "analyst_merge"
    reply: ClassVar[type[Value]] = Diagnosis

    diagnoses: tuple[Diagnosis, ...]
    most: int = 8
    """Mechanisms in the result."""
