"""The library as a value: skills, tools and scoring, with a version that is the hash of their content."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from rubrica.skills.base import Skill
from rubrica.tools.entry import ToolEntry
from rubrica.types import Scoring, content_hash


@dataclass(frozen=True)
class Library:
    """An immutable version; every edit makes another value, and nothing touches the disk."""

    skills: Mapping[str, Skill] = field(default_factory=dict)
    tools: Mapping[str, ToolEntry] = field(default_factory=dict)
    scoring: Scoring = field(default_factory=Scoring)

    @cached_property
    def version(self) -> str:
        """SHA-256 over all content, in name order: equal content, equal version, wherever it is stored."""
        return content_hash(
            {
                "skills": {name: self.skills[name].model_dump(mode="json") for name in sorted(self.skills)},
                "tools": {name: self.tools[name].model_dump(mode="json") for name in sorted(self.tools)},
                "scoring": self.scoring.model_dump(mode="json"),
            }
        )

    def with_skill(self, skill: Skill) -> "Library":
        return replace(self, skills={**self.skills, skill.name: skill})

    def without_skill(self, name: str) -> "Library":
        return replace(self, skills={key: value for key, value in self.skills.items() if key != name})

    def with_tool(self, tool: ToolEntry) -> "Library":
        return replace(self, tools={**self.tools, tool.name: tool})

    def without_tool(self, name: str) -> "Library":
        return replace(self, tools={key: value for key, value in self.tools.items() if key != name})

    def with_scoring(self, scoring: Scoring) -> "Library":
        return replace(self, scoring=scoring)
