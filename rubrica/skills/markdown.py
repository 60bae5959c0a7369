"""SKILL.md and criteria.yaml <-> Skill: the Agent Skills format, read strictly and written deterministically.

Where the reference reader cuts the front matter at any `---`, a line of its own ends it here.
Source of the format: https://agentskills.io/specification.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from rubrica.documents import (
    as_mapping,
    decode,
    read_yaml,
    render_yaml,
    sort_keys,
    split_front_matter,
    validate,
)
from rubrica.errors import ConditionError, LibraryError
from rubrica.skills.base import Skill
from rubrica.skills.when import parse
from rubrica.types import Criterion

SKILL_FILE, CRITERIA_FILE = "SKILL.md", "criteria.yaml"
MAX_FILE_BYTES = 64 * 1024
FIELDS = ("name", "description", "license", "compatibility", "allowed-tools", "metadata")


def parse_skill(files: Mapping[str, bytes], *, folder: str) -> Skill:
    """Read the skill that the files of `skills/<folder>/` hold, by file name.

    Raises:
        LibraryError: a file or field is unknown, missing, too long or of the wrong type; names file, field and fix.
    """
    where = f"skills/{folder}"
    if SKILL_FILE not in files:
        raise LibraryError(f"no {SKILL_FILE}", path=where, fix=f"write {where}/{SKILL_FILE} or remove the folder")
    if unknown := sorted(set(files) - {SKILL_FILE, CRITERIA_FILE}):
        raise LibraryError(
            "unknown file", path=f"{where}/{unknown[0]}", fix=f"a skill has {SKILL_FILE} and {CRITERIA_FILE}"
        )
    path = f"{where}/{SKILL_FILE}"
    front, body = split_front_matter(decode(files[SKILL_FILE], path=path, limit=MAX_FILE_BYTES), path=path)
    fields = _fields(as_mapping(read_yaml(front, path=path, typed=False), path=path), path=path)
    if fields.get("name") != folder:
        raise LibraryError(
            f"'{fields.get('name', '')}' in the folder '{folder}'",
            path=path,
            field="name",
            fix="give the folder and the skill the same name",
        )
    criteria = _criteria(files[CRITERIA_FILE], path=f"{where}/{CRITERIA_FILE}") if CRITERIA_FILE in files else []
    skill = validate(Skill, {**fields, "body": body, "criteria": criteria}, path=path)
    _check_condition(skill.when, path=path, field="metadata.when")
    return skill


def render_skill(skill: Skill) -> dict[str, bytes]:
    """Write a skill as file name -> bytes; equal skills give equal bytes, and `parse_skill` gives the skill back."""
    ours = {"when": skill.when, "tags": " ".join(skill.tags)}
    front: dict[str, JsonValue] = {
        "name": skill.name,
        "description": skill.description,
        "license": skill.license,
        "compatibility": skill.compatibility,
        "allowed-tools": " ".join(skill.allowed_tools),
        "metadata": {key: text for key, text in sorted({**skill.metadata, **ours}.items()) if key not in ours or text},
    }
    head = render_yaml({key: value for key, value in front.items() if value})
    files = {SKILL_FILE: f"---\n{head}---\n" + (f"\n{skill.body}\n" if skill.body else "")}
    if skill.criteria:
        files[CRITERIA_FILE] = render_yaml([_plain(criterion) for criterion in skill.criteria])
    return {name: text.encode() for name, text in files.items()}


def _fields(front: dict[str, JsonValue], *, path: str) -> dict[str, JsonValue]:
    """Map the front matter to the fields of `Skill`."""
    for name in front:
        if name not in FIELDS:
            known = ", ".join(FIELDS)
            raise LibraryError("unknown field", path=path, field=name, fix=f"known: {known}; put yours under metadata")
    fields = dict(front)
    if "allowed-tools" in fields:
        allowed = fields.pop("allowed-tools")
        fields["allowed_tools"] = list(allowed.split()) if isinstance(allowed, str) else allowed
    if "metadata" in fields:
        notes = dict(as_mapping(fields["metadata"], path=path, at="metadata"))
        for name, value in notes.items():
            if not isinstance(value, str):
                raise LibraryError("not a text", path=path, field=f"metadata.{name}", fix="write text on one line")
        fields["when"] = notes.pop("when", "")
        fields["tags"] = list(str(notes.pop("tags", "")).split())
        fields["metadata"] = notes
    return fields


def _criteria(data: bytes, *, path: str) -> list[JsonValue]:
    """Return the rows of a criteria file, each checked where its place is known."""
    rows = read_yaml(decode(data, path=path, limit=MAX_FILE_BYTES), path=path)
    if not isinstance(rows, list):
        raise LibraryError("not a list", path=path, fix="write one '- id: ...' block for each criterion")
    seen: set[str] = set()
    for number, row in enumerate(rows):
        fields = as_mapping(row, path=path, at=str(number))
        if "skill" in fields:
            raise LibraryError("unknown field", path=path, field=f"{number}.skill", fix="the folder says it; remove it")
        criterion = validate(Criterion, fields, path=path, at=str(number))
        _check_condition(criterion.when, path=path, field=f"{number}.when")
        if criterion.id in seen:
            raise LibraryError(f"'{criterion.id}' twice", path=path, field=f"{number}.id", fix="rename one of them")
        seen.add(criterion.id)
    return rows


def _plain(criterion: Criterion) -> JsonValue:
    fields = criterion.model_dump(mode="json", exclude_defaults=True, exclude={"skill"})
    return {name: sort_keys(value) for name, value in fields.items() if name != "arguments" or value}


def _check_condition(text: str, *, path: str, field: str) -> None:
    try:
        parse(text)
    except ConditionError as error:
        raise LibraryError(str(error), path=path, field=field, fix="the grammar is in rubrica.skills.when") from None
