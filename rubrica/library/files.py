"""A library as files, relative path -> bytes: the one reader that git trees, folders and archives all go through."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from rubrica.documents import as_mapping, decode, read_json, validate
from rubrica.errors import LibraryError
from rubrica.library.library import Library
from rubrica.skills.base import NAME_PATTERN
from rubrica.skills.markdown import parse_skill, render_skill
from rubrica.tools.manifest import parse_tool, render_tool
from rubrica.types import Scoring

Files = Mapping[str, bytes]

SCORING_FILE = "scoring.json"
MAX_FILES = 4096
MAX_FILE_BYTES = 1024 * 1024
MAX_TOTAL_BYTES = 32 * 1024 * 1024

_NAME = re.compile(NAME_PATTERN.removesuffix("$") + r"\Z")


@dataclass(frozen=True, slots=True)
class Folders:
    """The files of a library sorted into entries; nothing in them has been read."""

    skills: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    tools: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    scoring: bytes | None = None
    problems: tuple[LibraryError, ...] = ()
    """Paths that have no place in a library."""


def sort_into_folders(files: Files) -> Folders:
    """Tell entries apart by path.

    Raises:
        LibraryError: there are too many files, or too much in them.
    """
    if len(files) > MAX_FILES:
        raise LibraryError(f"{len(files)} files; at most {MAX_FILES} are allowed", fix="retire or merge entries")
    if (total := sum(map(len, files.values()))) > MAX_TOTAL_BYTES:
        raise LibraryError(f"{total} bytes; at most {MAX_TOTAL_BYTES} are allowed", fix="retire or shorten entries")
    folders, problems = Folders(), []
    for path in sorted(files):
        match path.split("/"):
            case ["skills", name, file] if _NAME.match(name):
                folders.skills[name][file] = files[path]
            case ["tools", name, file] if _NAME.match(name):
                folders.tools[name][file] = files[path]
            case _ if path != SCORING_FILE:
                problems.append(_misplaced(path))
    return Folders(folders.skills, folders.tools, files.get(SCORING_FILE), tuple(problems))


def parse_library(files: Files) -> Library:
    """Read a library from its files.

    Raises:
        LibraryError: the first thing found wrong, with file, field and what to do.
    """
    folders = sort_into_folders(files)
    if folders.problems:
        raise folders.problems[0]
    return Library.of(
        [parse_skill(own, folder=name) for name, own in sorted(folders.skills.items())],
        tools=[parse_tool(own, folder=name) for name, own in sorted(folders.tools.items())],
        scoring=parse_scoring(folders.scoring),
    )


def render_library(library: Library, *, base: Files | None = None) -> dict[str, bytes]:
    """Write a library as files; equal libraries give equal bytes.

    An entry that is unchanged from `base` keeps the bytes that it has there, and with them its author's comments.
    """
    old = parse_library(base) if base is not None else Library()
    kept = base or {}
    files: dict[str, bytes] = {}
    for name, skill in library.skills.items():
        same = old.skills.get(name) == skill
        files |= _folder(kept, f"skills/{name}/") if same else _placed(render_skill(skill), f"skills/{name}/")
    for name, tool in library.tools.items():
        same = old.tools.get(name) == tool
        files |= _folder(kept, f"tools/{name}/") if same else _placed(render_tool(tool), f"tools/{name}/")
    if library.scoring != Scoring():
        files[SCORING_FILE] = render_scoring(library.scoring)
    return files


def parse_scoring(data: bytes | None) -> Scoring:
    """Read `scoring.json`; none means that nothing has been fitted.

    Raises:
        LibraryError: it is not such JSON; names the field.
    """
    if data is None:
        return Scoring()
    text = decode(data, path=SCORING_FILE, limit=MAX_FILE_BYTES)
    return validate(Scoring, as_mapping(read_json(text, path=SCORING_FILE), path=SCORING_FILE), path=SCORING_FILE)


def render_scoring(scoring: Scoring) -> bytes:
    """Write `scoring.json`; equal scorings give equal bytes."""
    plain = scoring.model_dump(mode="json", exclude_defaults=True)
    return (json.dumps(plain, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _placed(files: Files, prefix: str) -> dict[str, bytes]:
    return {prefix + name: data for name, data in files.items()}


def _folder(files: Files, prefix: str) -> dict[str, bytes]:
    return {path: data for path, data in files.items() if path.startswith(prefix)}


def _misplaced(path: str) -> LibraryError:
    parts = path.split("/")
    if len(parts) == 3 and parts[0] in {"skills", "tools"}:
        return LibraryError(f"'{parts[1]}' is no entry name", path=path, fix="use lowercase words joined by hyphens")
    known = f"a library holds skills/<name>/, tools/<name>/ and {SCORING_FILE}"
    return LibraryError("unknown file", path=path, fix=f"{known}; remove it")
