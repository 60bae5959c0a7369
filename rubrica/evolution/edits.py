"""An edit is one change to a library, small enough to be judged on its own."""

from collections.abc import Iterable
from typing import Literal, Protocol, TypeVar

from pydantic import JsonValue

from rubrica.evolution.table import Table
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.tools.entry import ToolEntry
from rubrica.types import Scoring, Value, content_hash

Kind = Literal[
    "add-skill",
    "revise-skill",
    "split-skill",
    "merge-skills",
    "retire-skill",
    "add-tool",
    "revise-tool",
    "retire-tool",
    "refit",
]


Entry = TypeVar("Entry", Skill, ToolEntry)


def _in_name_order(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.name)


class Edit(Value):
    """What changes, and why."""

    kind: Kind
    title: str
    """One line, as the commit will say it."""
    rationale: str = ""
    put_skills: tuple[Skill, ...] = ()
    drop_skills: tuple[str, ...] = ()
    put_tools: tuple[ToolEntry, ...] = ()
    drop_tools: tuple[str, ...] = ()
    scoring: Scoring | None = None
    """Replaces the scoring; null keeps it."""
    sources: tuple[str, ...] = ()
    """Ids of the train cases that it was learned from."""

    @property
    def id(self) -> str:
        """Content hash of the change itself, whatever it is called and whyever it was made."""
        return content_hash(
            {
                "put_skills": [skill.model_dump(mode="json") for skill in _in_name_order(self.put_skills)],
                "drop_skills": list[JsonValue](sorted(self.drop_skills)),
                "put_tools": [tool.model_dump(mode="json") for tool in _in_name_order(self.put_tools)],
                "drop_tools": list[JsonValue](sorted(self.drop_tools)),
                "scoring": self.scoring.model_dump(mode="json") if self.scoring else None,
            }
        )

    def apply(self, library: Library) -> Library:
        """Return the library with this edit; the given one is unchanged."""
        for name in self.drop_skills:
            library = library.without_skill(name)
        for name in self.drop_tools:
            library = library.without_tool(name)
        for tool in self.put_tools:
            library = library.with_tool(tool)
        for skill in self.put_skills:
            library = library.with_skill(skill)
        return library.with_scoring(self._forgetting(library.scoring) if self.scoring is None else self.scoring)

    def _forgetting(self, scoring: Scoring) -> Scoring:
        """Return a scoring without what was fitted for dropped skills, which another of the name must not inherit."""
        gone = tuple(f"{name}/" for name in self.drop_skills)
        fitted = {name: getattr(scoring, name) for name in ("weights", "errors", "baselines")}
        kept = {
            name: {key: value for key, value in values.items() if not key.startswith(gone)}
            for name, values in fitted.items()
        }
        return scoring if kept == fitted else scoring.model_copy(update=kept)


class Proposal(Protocol):
    """A way to an edit: what it comes to depends on the cases it may see, so that it can be cross-fitted."""

    @property
    def key(self) -> str:
        """Names the idea; a rejected one is not tried again on the same cases."""
        ...

    def on(self, library: Library, table: Table) -> Edit | None:
        """Return the edit that these cases lead to, or None when they lead to none."""
        ...
