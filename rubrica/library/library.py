"""The library as a value: skills, tools and scoring, with a version that is the hash of their content."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeVar

from pydantic import JsonValue

from rubrica.skills.base import Skill
from rubrica.tools.entry import ToolEntry
from rubrica.types import Scoring, Value, content_hash

V = TypeVar("V", bound=Value)


@dataclass(frozen=True)
class Library:
    """An immutable version; every edit makes another value, and nothing touches the disk."""

    skills: Mapping[str, Skill] = field(default_factory=dict)
    tools: Mapping[str, ToolEntry] = field(default_factory=dict)
    scoring: Scoring = field(default_factory=Scoring)

    def __post_init__(self) -> None:
        """Keep entries in name order, so that a library judges alike however it was put together."""
        filed: list[tuple[str, Skill | ToolEntry]] = [*self.skills.items(), *self.tools.items()]
        for key, entry in filed:
            if key != entry.name:
                raise ValueError(f"the entry '{entry.name}' is filed under '{key}'")
        object.__setattr__(self, "skills", dict(sorted(self.skills.items())))
        object.__setattr__(self, "tools", dict(sorted(self.tools.items())))

    @classmethod
    def of(
        cls, skills: Iterable[Skill] = (), *, tools: Iterable[ToolEntry] = (), scoring: Scoring | None = None
    ) -> "Library":
        """Put a library together from entries.

        Raises:
            ValueError: two skills or two tools have the same name.
        """
        listed, equipped = tuple(skills), tuple(tools)
        for names in ([skill.name for skill in listed], [tool.name for tool in equipped]):
            if len(set(names)) < len(names):
                raise ValueError(f"names repeat: {names}")
        return cls(
            skills={skill.name: skill for skill in listed},
            tools={tool.name: tool for tool in equipped},
            scoring=scoring or Scoring(),
        )

    @cached_property
    def version(self) -> str:
        """SHA-256 over all content, in name order: equal content, equal version, wherever it is stored.

        Fields at their defaults are left out, so that a field added to a format later changes no version.
        """
        return content_hash(
            {
                "skills": {name: _content(skill) for name, skill in self.skills.items()},
                "tools": {name: _content(tool) for name, tool in self.tools.items()},
                "scoring": _content(self.scoring),
            }
        )

    def with_skill(self, skill: Skill) -> "Library":
        return replace(self, skills={**self.skills, skill.name: _validated(skill)})

    def without_skill(self, name: str) -> "Library":
        return replace(self, skills={key: value for key, value in self.skills.items() if key != name})

    def with_tool(self, tool: ToolEntry) -> "Library":
        return replace(self, tools={**self.tools, tool.name: _validated(tool)})

    def without_tool(self, name: str) -> "Library":
        return replace(self, tools={key: value for key, value in self.tools.items() if key != name})

    def with_scoring(self, scoring: Scoring) -> "Library":
        return replace(self, scoring=_validated(scoring))


def _content(value: Value) -> dict[str, JsonValue]:
    plain: dict[str, JsonValue] = value.model_dump(mode="json", exclude_defaults=True)
    return plain


def _validated(value: V) -> V:
    """Build the value again: one made by `model_copy(update=...)` has skipped its validators."""
    return type(value).model_validate(value.model_dump())
