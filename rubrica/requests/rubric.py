"""What should a good answer to this task satisfy? Asked before any candidate is read."""

from typing import ClassVar, Literal

from rubrica.requests.base import Request
from rubrica.skills.base import Skill
from rubrica.types import TaskFeatures, TaskView, Value


class Precedent(Value):
    """A labelled case of the past that resembles this one."""

    prompt: str
    preferred: str
    rejected: str
    note: str = ""
    similarity: float = 0.0


class Demand(Value):
    """A criterion of this task's own."""

    id: str
    text: str
    kind: Literal["rule", "principle"] = "principle"
    weight: float = 1.0


class Reweighed(Value):
    """Another weight, within bounds, for a skill's criterion that a model grades."""

    criterion: str
    """`skill/criterion`."""
    weight: float


class Rewritten(Value):
    """A skill's criterion that a model grades, in the words of the task; it keeps its name and its weight."""

    criterion: str
    """`skill/criterion`."""
    text: str


class RubricDraft(Value):
    """What to change about the selected skills' criteria; an empty draft takes them as they are."""

    rewrite: tuple[Rewritten, ...] = ()
    add: tuple[Demand, ...] = ()
    drop: tuple[str, ...] = ()
    """`skill/criterion` of criteria that do not fit this task."""
    reweigh: tuple[Reweighed, ...] = ()


class RubricRequest(Request[RubricDraft]):
    """Fit the selected skills' criteria to the task: its own demands added, what does not apply dropped."""

    role: ClassVar[str] = "rubricist"
    reply: ClassVar[type[Value]] = RubricDraft

    task: TaskView
    features: TaskFeatures
    skills: tuple[Skill, ...]
    """Selected skills, with the criteria whose condition holds for the task."""
    constraints: tuple[str, ...] = ()
    """Checkable demands that the prompt states, in words."""
    precedents: tuple[Precedent, ...] = ()
    most: int = 0
    """How many criteria may be added."""
