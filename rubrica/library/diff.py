"""What changed between two versions: entries with their text, criteria weights, and the fitted scoring."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import JsonValue

from rubrica.library.files import Files
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.skills.markdown import render_skill
from rubrica.tools.entry import ToolEntry
from rubrica.tools.manifest import render_tool
from rubrica.types import Scoring, Value


class EntryChange(Value):
    """A skill or tool that came, went or changed."""

    kind: Literal["skill", "tool"]
    name: str
    change: Literal["added", "removed", "changed"]
    text: str
    """Unified diff of the entry's files."""


class WeightChange(Value):
    """A criterion whose weight in its skill file changed; None = the criterion is not there."""

    criterion: str
    """skill/criterion"""
    before: float | None
    after: float | None


class ScoringChange(Value):
    """A fitted number that changed; None = not set."""

    field: str
    """Field of `Scoring`, with the criterion's key for a mapping: "weights.units/present"."""
    before: JsonValue
    after: JsonValue


class LibraryDiff(Value):
    """All changes from version `before` to version `after`."""

    before: str
    after: str
    entries: tuple[EntryChange, ...] = ()
    weights: tuple[WeightChange, ...] = ()
    scoring: tuple[ScoringChange, ...] = ()


def diff_libraries(before: Library, after: Library) -> LibraryDiff:
    """Compare two libraries; everything comes in name order."""
    return LibraryDiff(
        before=before.version,
        after=after.version,
        entries=(*_skills(before.skills, after.skills), *_tools(before.tools, after.tools)),
        weights=tuple(_weights(before, after)),
        scoring=tuple(_scoring(before.scoring, after.scoring)),
    )


def _skills(before: Mapping[str, Skill], after: Mapping[str, Skill]) -> Iterator[EntryChange]:
    for name in sorted({*before, *after}):
        if (old := before.get(name)) != (new := after.get(name)):
            files = (render_skill(old) if old else {}, render_skill(new) if new else {})
            text = _text(*files, prefix=f"skills/{name}/")
            yield EntryChange(kind="skill", name=name, change=_change(old, new), text=text)


def _tools(before: Mapping[str, ToolEntry], after: Mapping[str, ToolEntry]) -> Iterator[EntryChange]:
    for name in sorted({*before, *after}):
        if (old := before.get(name)) != (new := after.get(name)):
            files = (render_tool(old) if old else {}, render_tool(new) if new else {})
            text = _text(*files, prefix=f"tools/{name}/")
            yield EntryChange(kind="tool", name=name, change=_change(old, new), text=text)


def _change(old: object, new: object) -> Literal["added", "removed", "changed"]:
    return "added" if old is None else "removed" if new is None else "changed"


def _text(old: Files, new: Files, *, prefix: str) -> str:
    lines: list[str] = []
    for name in sorted({*old, *new}):
        (a, a_name), (b, b_name) = (_side(files, name, prefix=prefix) for files in (old, new))
        lines += difflib.unified_diff(a, b, a_name, b_name, lineterm="")
    return "\n".join(lines)


def _side(files: Files, name: str, *, prefix: str) -> tuple[list[str], str]:
    """Return lines and label; a file that is not there has no lines, and git's name for that."""
    return (files[name].decode().splitlines(), prefix + name) if name in files else ([], "/dev/null")


def _weights(before: Library, after: Library) -> Iterator[WeightChange]:
    old, new = _weights_of(before), _weights_of(after)
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            yield WeightChange(criterion=key, before=old.get(key), after=new.get(key))


def _weights_of(library: Library) -> dict[str, float]:
    return {f"{skill.name}/{c.id}": c.weight for skill in library.skills.values() for c in skill.criteria}


def _scoring(before: Scoring, after: Scoring) -> Iterator[ScoringChange]:
    old, new = _flat(before), _flat(after)
    for field in sorted({*old, *new}):
        if old.get(field) != new.get(field):
            yield ScoringChange(field=field, before=old.get(field), after=new.get(field))


def _flat(scoring: Scoring) -> dict[str, JsonValue]:
    flat: dict[str, JsonValue] = {}
    for name, value in scoring.model_dump(mode="json").items():
        flat |= {f"{name}.{key}": item for key, item in value.items()} if isinstance(value, dict) else {name: value}
    return flat
