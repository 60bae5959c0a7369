"""A skill says what to look for: an Agent Skills document with structured criteria beside it."""

from collections.abc import Mapping

from pydantic import Field

from rubrica.types import Criterion, Value

NAME_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class Skill(Value):
    """One entry of the library's `skills/` folder."""

    name: str = Field(pattern=NAME_PATTERN, max_length=64)
    description: str = Field(min_length=1, max_length=1024)
    """What it looks for and when to use it; all that a selector reads."""
    body: str = ""
    """Markdown for a careful grader; read only once the skill is selected."""
    criteria: tuple[Criterion, ...] = ()
    when: str = ""
    """Condition over `TaskFeatures` under which the skill applies; empty = always."""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = Field(default_factory=dict)
    """Lineage and other notes: string to string, as the Agent Skills format has it."""
