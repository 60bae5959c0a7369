"""Which skills apply to this task? Names and descriptions only: bodies are read once chosen."""

from typing import ClassVar

from rubrica.requests.base import Request
from rubrica.types import TaskFeatures, TaskView, Value


class Card(Value):
    """What a selector may read of a skill."""

    name: str
    description: str
    when: str = ""


class Choice(Value):
    """One skill chosen, and why."""

    name: str
    why: str = ""


class Selection(Value):
    """Zero skills are a valid answer."""

    skills: tuple[Choice, ...] = ()


class SelectRequest(Request[Selection]):
    """Choose among the library's skills."""

    role: ClassVar[str] = "selector"
    reply: ClassVar[type[Value]] = Selection

    task: TaskView
    features: TaskFeatures
    skills: tuple[Card, ...]
