"""A skill says what to look for: an Agent Skills document with structured criteria beside it."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from rubrica.documents import Markdown
from rubrica.types import Criterion, Value

NAME_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
ALWAYS = "always"
"""Tag of a skill that every task needs: it is used without asking a selector."""
RESERVED_METADATA = frozenset({"when", "tags"})
"""Fields of ours that the Agent Skills format has no place for but `metadata`."""


class Skill(Value):
    """One entry of the library's `skills/` folder."""

    name: str = Field(pattern=NAME_PATTERN, max_length=64)
    description: str = Field(min_length=1, max_length=1024)
    """What it looks for and when to use it; all that a selector reads."""
    body: Markdown = ""
    """Markdown for a careful grader; read only once the skill is selected."""
    criteria: tuple[Criterion, ...] = ()
    when: str = ""
    """Condition over `TaskFeatures` under which the skill applies; empty = always."""
    tags: tuple[Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)], ...] = ()
    license: str = Field(default="", max_length=500)
    compatibility: str = Field(default="", max_length=500)
    allowed_tools: tuple[Annotated[str, Field(pattern=r"^\S+$", max_length=200)], ...] = ()
    """Kept for other readers of the format; rubrica calls the tools that criteria name."""
    metadata: Mapping[str, str] = Field(default_factory=dict)
    """Lineage and other notes: string to string, as the Agent Skills format has it."""

    @field_validator("criteria")
    @classmethod
    def _criteria_are_ours(cls, criteria: tuple[Criterion, ...], info: ValidationInfo) -> tuple[Criterion, ...]:
        """Stamp the skill's name on its criteria, which may come from another skill."""
        return tuple(criterion.model_copy(update={"skill": info.data.get("name", "")}) for criterion in criteria)

    @field_validator("metadata")
    @classmethod
    def _metadata_keeps_clear(cls, metadata: Mapping[str, str]) -> Mapping[str, str]:
        if taken := sorted(set(metadata) & RESERVED_METADATA):
            raise ValueError(f"metadata may not name {taken}: they are fields of the skill")
        return metadata
