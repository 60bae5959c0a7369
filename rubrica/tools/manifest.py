"""TOOL.md, tool.py and cases.jsonl <-> ToolEntry: read strictly, written deterministically, never run here."""

import json
from collections.abc import Mapping

from pydantic import JsonValue

from rubrica.documents import (
    as_mapping,
    decode,
    read_json,
    read_yaml,
    render_yaml,
    sort_keys,
    split_front_matter,
    validate,
)
from rubrica.errors import LibraryError
from rubrica.tools.entry import ToolCase, ToolEntry

TOOL_FILE, SOURCE_FILE, CASES_FILE = "TOOL.md", "tool.py", "cases.jsonl"
MAX_FILE_BYTES = 64 * 1024
MAX_CASES_BYTES = 1024 * 1024
FIELDS = ("name", "description", "kind", "scope", "input_schema", "output_schema", "metadata")


def parse_tool(files: Mapping[str, bytes], *, folder: str) -> ToolEntry:
    """Read the tool that the files of `tools/<folder>/` hold, by file name.

    Raises:
        LibraryError: a file or field is unknown, missing, too long or of the wrong type; names file, field and fix.
    """
    where = f"tools/{folder}"
    if TOOL_FILE not in files:
        raise LibraryError(f"no {TOOL_FILE}", path=where, fix=f"write {where}/{TOOL_FILE} or remove the folder")
    if unknown := sorted(set(files) - {TOOL_FILE, SOURCE_FILE, CASES_FILE}):
        known = f"a tool has {TOOL_FILE}, {SOURCE_FILE} and {CASES_FILE}"
        raise LibraryError("unknown file", path=f"{where}/{unknown[0]}", fix=known)
    path = f"{where}/{TOOL_FILE}"
    front, body = split_front_matter(decode(files[TOOL_FILE], path=path, limit=MAX_FILE_BYTES), path=path)
    fields = as_mapping(read_yaml(front, path=path), path=path)
    if unknown := [name for name in fields if name not in FIELDS]:
        raise LibraryError("unknown field", path=path, field=unknown[0], fix=f"known: {', '.join(FIELDS)}")
    if fields.get("name") != folder:
        raise LibraryError(
            f"'{fields.get('name', '')}' in the folder '{folder}'",
            path=path,
            field="name",
            fix="give the folder and the tool the same name",
        )
    source = decode(files.get(SOURCE_FILE, b""), path=f"{where}/{SOURCE_FILE}", limit=MAX_FILE_BYTES)
    cases = _cases(files.get(CASES_FILE, b""), path=f"{where}/{CASES_FILE}")
    tool = validate(ToolEntry, {**fields, "body": body, "source": source, "cases": cases}, path=path)
    if (tool.kind == "python") != bool(tool.source):
        problem = f"kind '{tool.kind}' {'without' if tool.kind == 'python' else 'with'} {SOURCE_FILE}"
        raise LibraryError(problem, path=path, field="kind", fix="exactly the python tools have a source")
    return tool


def render_tool(tool: ToolEntry) -> dict[str, bytes]:
    """Write a tool as file name -> bytes; equal tools give equal bytes, and `parse_tool` gives the tool back."""
    fields = tool.model_dump(mode="json", include=set(FIELDS))
    front = {name: sort_keys(fields[name]) for name in FIELDS if fields[name] and (name, fields[name]) not in _DEFAULTS}
    texts = {
        TOOL_FILE: f"---\n{render_yaml(front)}---\n" + (f"\n{tool.body}\n" if tool.body else ""),
        SOURCE_FILE: tool.source,
        CASES_FILE: "".join(_line(case) for case in tool.cases),
    }
    return {name: text.encode() for name, text in texts.items() if text}


_DEFAULTS = [("scope", "candidate")]


def _cases(data: bytes, *, path: str) -> list[JsonValue]:
    """Return the rows of a cases file, each checked where its line is known."""
    rows: list[JsonValue] = []
    for number, line in enumerate(decode(data, path=path, limit=MAX_CASES_BYTES).split("\n"), start=1):
        if line.strip():
            at = f"{path}:{number}"
            row = as_mapping(read_json(line, path=at), path=at)
            validate(ToolCase, row, path=at)
            rows.append(row)
    return rows


def _line(case: ToolCase) -> str:
    return json.dumps(case.model_dump(mode="json"), sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
