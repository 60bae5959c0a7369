"""Machine-readable text: find it in an answer, parse it safely, and say what is wrong with it.

Nothing is fetched, expanded or executed: XML document types and YAML aliases are refused, and a parser sees at
most 100,000 characters. What this covers is well-formedness and, for JSON and YAML, a schema; not meaning.
"""

import csv
import io
import json
import logging
import re
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

Format = Literal["json", "yaml", "xml", "csv", "sql"]
FORMATS: tuple[Format, ...] = ("json", "yaml", "xml", "csv", "sql")
_MAX = 100_000
_MAX_DEPTH = 100
_FENCE = re.compile(r"```[ \t]*([\w+-]{0,20})[^\n`]*\n(.*?)(?:```|\Z)", re.DOTALL)
_OPEN_LABELS: dict[Format, frozenset[str]] = {
    "json": frozenset(("json", "jsonc", "json5", "")),
    "yaml": frozenset(("yaml", "yml", "")),
    "xml": frozenset(("xml", "html", "svg", "")),
    "csv": frozenset(("csv", "")),
    "sql": frozenset(("sql", "mysql", "postgresql", "sqlite", "tsql", "")),
}
logging.getLogger("sqlglot").addHandler(logging.NullHandler())  # what it thinks of a statement is our result, no log
_SQL_START = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|WITH|ALTER|DROP)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the answer that should be in the format. `bare`: the answer holds nothing else."""

    text: str
    start: int
    bare: bool


@dataclass(frozen=True, slots=True)
class Parsed:
    """What parsing gave: an empty `problem` means that the text is well-formed."""

    problem: str = ""
    value: JsonValue = None
    """The data, for JSON and YAML."""


def locate(answer: str, form: Format) -> Block | None:
    """Find the piece in this format: a fence that names it, else one without a name, else the whole or its core."""
    fences = [match for match in _FENCE.finditer(answer) if match[1].lower() in _OPEN_LABELS[form]]
    fences.sort(key=lambda match: not match[1])
    if fences:
        match = fences[0]
        return Block(match[2], match.start(2), not (answer[: match.start()] + answer[match.end() :]).strip())
    core = _core(answer, form)
    if core is None:
        return None
    start, end = core
    return Block(answer[start:end], start, answer.strip() == answer[start:end].strip())


def _core(answer: str, form: Format) -> tuple[int, int] | None:
    whole = (0, len(answer))
    if form == "json":
        starts = [at for at in (answer.find("{"), answer.find("[")) if at >= 0]
        end = max(answer.rfind("}"), answer.rfind("]")) + 1
        return (min(starts), end) if starts and end > min(starts) else None
    if form == "xml":
        start, end = answer.find("<"), answer.rfind(">") + 1
        return (start, end) if 0 <= start < end else None
    if form == "sql":
        found = _SQL_START.search(answer)
        end = answer.rfind(";") + 1
        return (found.start(), end if end > found.start() else len(answer)) if found else None
    if form == "csv":
        return whole if answer.count(",") >= 2 and "\n" in answer.strip() else None
    return whole if ":" in answer else None


def parse(text: str, form: Format) -> Parsed:
    """Parse, and say what is wrong in one line; never raises."""
    if len(text) > _MAX:
        return Parsed("longer than 100,000 characters")
    if not text.strip():
        return Parsed("empty")
    try:
        return {"json": _json, "yaml": _yaml, "xml": _xml, "csv": _csv, "sql": _sql}[form](text)
    except RecursionError:
        return Parsed("nested too deeply")


def _json(text: str) -> Parsed:
    def refuse(name: str) -> JsonValue:
        raise ValueError(f"{name} is not JSON")

    def distinct(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a key occurs twice")
        return dict(pairs)

    try:
        return Parsed(value=json.loads(text, parse_constant=refuse, object_pairs_hook=distinct))
    except ValueError as error:
        return Parsed(str(error).split(": line")[0])


def _yaml(text: str) -> Parsed:
    import yaml

    if _depth(text) > _MAX_DEPTH:
        return Parsed("nested too deeply")
    try:
        if (
            "&" in text
            and "*" in text
            and any(isinstance(e, yaml.AliasEvent) for e in yaml.parse(text, yaml.SafeLoader))
        ):
            return Parsed("aliases are not read")
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:
        return Parsed(str(error).split("\n")[0])
    return Parsed(value=value) if isinstance(value, dict | list) else Parsed("neither a mapping nor a list")


def _depth(text: str) -> int:
    """Count how deep brackets open, whatever they mean: PyYAML's time grows with the square of it."""
    deepest = level = 0
    for mark in re.findall(r"[\[\]{}]", text):
        level += 1 if mark in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def _xml(text: str) -> Parsed:
    from xml.parsers import expat

    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        return Parsed("document types are not read")
    try:
        expat.ParserCreate().Parse(text.strip().encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        return Parsed(str(error))
    return Parsed()


def _csv(text: str) -> Parsed:
    try:
        rows = [row for row in csv.reader(io.StringIO(text.strip()), strict=True) if row]
    except csv.Error as error:
        return Parsed(str(error))
    widths = {len(row) for row in rows}
    if len(rows) < 2 or widths == {1}:
        return Parsed("fewer than two rows or columns")
    if not any(cell.strip() for row in rows for cell in row):
        return Parsed("every cell is empty")
    return Parsed() if len(widths) == 1 else Parsed(f"rows of {min(widths)} to {max(widths)} columns")


def _sql(text: str) -> Parsed:
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        statements = [statement for statement in sqlglot.parse(text[:20_000]) if statement is not None]
    except SqlglotError as error:
        return Parsed(str(error).split("\n")[0][:120])
    known = exp.Query | exp.DML | exp.Create | exp.Drop | exp.Alter
    strange = [statement for statement in statements if not isinstance(statement, known)]
    return Parsed("no statement") if strange or not statements else Parsed()
