"""Reads libraries of RewardHarness (arXiv 2605.08703): `registry.json` beside skills/ and tools/, flat (v1) and v2.

Its registry names a path for each entry and its own reader follows any; here a path must be the one that the entry's
kind and name give. Its tools are prompts to a second model, so they become tools of kind "prompt". Its skills have no
criteria; each gets one, which asks a model whether the candidate does well by the skill's text.
"""

import json
import re
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue

from rubrica.documents import as_mapping, decode, read_json, read_yaml, split_front_matter, tidy, validate
from rubrica.errors import LibraryError
from rubrica.library.folder import read_plain_file
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.tools.entry import ToolEntry
from rubrica.types import TYPICAL_GRADE, Criterion, Value

REGISTRY = "registry.json"
MAX_ENTRIES = 1000
MAX_FILE_BYTES = 64 * 1024

_NAME = re.compile(r"[A-Za-z0-9]+(?:[_-][A-Za-z0-9]+)*")
_TYPES = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "list": "array",
    "dict": "object",
}


class Listing(Value):
    """One entry of the registry."""

    kind: Literal["skill", "tool"]
    description: str
    path: str


class Manifest(Value):
    """The front matter of a RewardHarness SKILL.md."""

    schema_version: int = 1
    name: str = ""
    kind: str = ""
    description: str = ""
    system_prompt: str = ""
    input_schema: dict[str, JsonValue] = Field(default_factory=dict)
    output_schema: dict[str, JsonValue] = Field(default_factory=dict)


def is_rewardharness(folder: Path) -> bool:
    """Tell whether a folder looks like a RewardHarness library."""
    return (folder / REGISTRY).is_file()


def read_rewardharness(folder: Path) -> Library:
    """Read a RewardHarness library.

    Raises:
        LibraryError: the registry or an entry is not valid, or points to anything but its own plain file.
    """
    skills, tools = [], []
    for name, listing in _registry(folder).items():
        front, body = _document(folder, name, listing)
        if listing.kind == "skill":
            skills.append(_skill(name, listing, body))
        else:
            tools.append(_tool(name, listing, front, body))
    try:
        return Library.of(skills, tools=tools)
    except ValueError as error:
        raise LibraryError(str(error), path=REGISTRY, fix="rename one; '_' and '-' count as the same") from None


def _registry(folder: Path) -> dict[str, Listing]:
    text = decode(read_plain_file(folder / REGISTRY, root=folder), path=REGISTRY, limit=1024 * 1024)
    document = as_mapping(read_json(text, path=REGISTRY), path=REGISTRY)
    second = "schema_version" in document
    if second and document["schema_version"] != 2:
        raise LibraryError("unknown version", path=REGISTRY, field="schema_version", fix="2 and the flat form are read")
    entries = as_mapping(document.get("entries"), path=REGISTRY, at="entries") if second else document
    if len(entries) > MAX_ENTRIES:
        raise LibraryError(f"{len(entries)} entries; at most {MAX_ENTRIES} are read", path=REGISTRY)
    return {name: _listing(name, entry) for name, entry in sorted(entries.items())}


def _listing(name: str, entry: JsonValue) -> Listing:
    if len(name) > 64 or not _NAME.fullmatch(name):
        raise LibraryError(f"'{name[:80]}' is no entry name", path=REGISTRY, fix="use letters, digits, '-' and '_'")
    fields = dict(as_mapping(entry, path=REGISTRY, at=name))
    if "type" in fields:
        fields.setdefault("kind", fields.pop("type"))
    listing = validate(Listing, fields, path=REGISTRY, at=name)
    if listing.path != (wanted := f"{listing.kind}s/{name}/SKILL.md"):
        problem = f"'{listing.path[:80]}' is not the entry's own file"
        raise LibraryError(problem, path=REGISTRY, field=f"{name}.path", fix=f"write '{wanted}'")
    return listing


def _document(folder: Path, name: str, listing: Listing) -> tuple[Manifest, str]:
    for parent in (listing.path.rpartition("/")[0], f"{listing.kind}s"):
        if (folder / parent).is_symlink():
            raise LibraryError("a link", path=parent, fix="replace it by the folder that it points to")
    path = listing.path
    text = decode(read_plain_file(folder / path, root=folder), path=path, limit=MAX_FILE_BYTES)
    if not text.startswith("---"):
        return Manifest(), tidy(text)
    front, body = split_front_matter(text, path=path)
    fields = dict(as_mapping(read_yaml(front, path=path), path=path))
    if "type" in fields:
        fields.setdefault("kind", fields.pop("type"))
    manifest = validate(Manifest, fields, path=path)
    if manifest.name not in {"", name}:
        raise LibraryError(f"'{manifest.name}', but listed as '{name}'", path=path, field="name", fix="make them equal")
    return manifest, body


def _skill(name: str, listing: Listing, body: str) -> Skill:
    criterion = {"id": "as-described", "text": listing.description, "baseline": TYPICAL_GRADE}
    fields: dict[str, JsonValue] = {
        "name": _kebab(name),
        "description": listing.description,
        "body": body,
        "criteria": [validate(Criterion, criterion, path=listing.path).model_dump(mode="json")],
        "metadata": _origin(name),
    }
    return validate(Skill, fields, path=listing.path)


def _tool(name: str, listing: Listing, manifest: Manifest, body: str) -> ToolEntry:
    fields: dict[str, JsonValue] = {
        "name": _kebab(name),
        "description": listing.description,
        "kind": "prompt",
        "input_schema": _schema(manifest.input_schema),
        "output_schema": _schema(manifest.output_schema),
        "body": "\n\n".join(part for part in (tidy(manifest.system_prompt), body) if part),
        "metadata": _origin(name),
    }
    return validate(ToolEntry, fields, path=listing.path)


def _schema(fields: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Turn `{field: "list[str]"}` into a JSON Schema; one that is a JSON Schema already stays."""
    if not fields or isinstance(fields.get("properties"), dict):
        return fields
    return {"type": "object", "properties": {name: _property(told) for name, told in fields.items()}}


def _property(told: JsonValue) -> JsonValue:
    text = told if isinstance(told, str) else json.dumps(told, sort_keys=True)
    kind = _TYPES.get(text.partition("[")[0].strip())
    return {"type": kind, "description": text} if kind else {"description": text}


def _origin(name: str) -> dict[str, JsonValue]:
    return {"origin": "rewardharness", "origin-name": name}


def _kebab(name: str) -> str:
    return name.replace("_", "-").lower()
