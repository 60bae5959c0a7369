"""What should a good answer to this task satisfy? Asked before any candidate is read."""

from typing import ClassVar

from rubrica.requests.base import Request
from rubrica.skills.base import Skill
from rubrica.types import Rubric, TaskFeatures, TaskView, Value


class Precedent(Value):
    """A labelled case of the past that resembles this one."""

    prompt: str
    preferred: str
    rejected: str
    note: str = ""
    similarity: float = 0.0


class RubricRequest(Request[Rubric]):
    """Turn the selected skills, the task's own demands and precedents into weighted criteria."""

    role: ClassVar[str] = "rubricist"
    reply: ClassVar[type[Value]] = Rubric

    task: TaskView
    features: TaskFeatures
    skills: tuple[Skill, ...]
    precedents: tuple[Precedent, ...] = ()
