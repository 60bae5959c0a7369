"""Whether the machine-readable form that the prompt asks for is there, parses, and has the shape asked for."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from textwrap import shorten
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import builtin
from rubrica.tools.features import task_features
from rubrica.tools.structured import FORMATS, Format, locate, parse
from rubrica.tools.text import read
from rubrica.types import Candidate, TaskView, Value

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

_ASKED = re.compile(r"\b(json|ya?ml|xml|csv|sql)\b", re.IGNORECASE)
_ONLY = re.compile(
    r"\bonly\b|\bnothing else\b|\bno (?:other |additional )?(?:text|explanation|prose)\b|\bentire\b", re.IGNORECASE
)
_KEYS = re.compile(
    r"\b(?:keys?|fields?|properties|attributes|columns)\b[^.\n\"'`]{0,40}"
    r"((?:[\"'`][\w-]{1,40}[\"'`][ ,]*(?:and )?){1,30})"
)
_QUOTED = re.compile(r"[\"'`]([\w-]{1,40})[\"'`]")
_SCHEMA_KEYS = ("properties", "items", "required")


class StructureArguments(Value):
    """Which format; `auto` is the one that the prompt names."""

    format: Literal["auto", "json", "yaml", "xml", "csv", "sql"] = "auto"


@builtin(
    "structure",
    "The JSON, YAML, XML, CSV or SQL asked for is there, parses and has the keys or schema of the prompt: 1 or 0.",
    arguments=StructureArguments,
)
def structure(task: TaskView, candidate: Candidate, arguments: StructureArguments) -> Iterator[Observation]:
    """Locate, parse, then hold against schema, keys and "only"."""
    form = _format_asked(task) if arguments.format == "auto" else arguments.format
    if form is None:
        yield Observation("the form asked for is well-formed", None, "the prompt asks for no machine-readable form")
        return
    claim = f"the answer holds well-formed {form.upper()}"
    answer = candidate.text
    block = locate(answer, form)
    if block is None:
        yield Observation(claim, 0.0, f"no {form.upper()} found")
        return
    parsed = parse(block.text, form)
    problem = parsed.problem or _misfit(parsed.value, task.prompt, form)
    if not problem and not block.bare and _ONLY.search(task.prompt):
        problem = "other text stands around it, though only the data was asked for"
    where = read(answer).span(block.start, block.start + len(block.text))
    yield Observation(claim, 0.0 if problem else 1.0, problem or "parses", where)


@lru_cache(maxsize=256)
def _named(prompt: str) -> frozenset[str]:
    return frozenset(match[1].lower().replace("yml", "yaml") for match in _ASKED.finditer(prompt))


def _format_asked(task: TaskView) -> Format | None:
    named = _named(task.prompt)
    if len(named) != 1:
        return None
    features = task_features(task)
    if not (features.asks_format or (named == {"sql"} and features.asks_code)):
        return None
    return next(form for form in FORMATS if form in named)


def _misfit(value: JsonValue, prompt: str, form: Format) -> str:
    if form not in {"json", "yaml"}:
        return ""
    schema = schema_in(prompt)
    if schema is not None:
        return _violation(value, schema)
    wanted = [name for match in _KEYS.finditer(prompt) for name in _QUOTED.findall(match[1])]
    records = value if isinstance(value, list) else [value]
    for record in records[:1000]:
        lost = [name for name in wanted if isinstance(record, dict) and name not in _keys(record)]
        if lost:
            return f"key {lost[0]!r} is missing"
    return ""


def _keys(record: dict[str, JsonValue]) -> set[str]:
    """Collect the keys of a record and of the records directly inside it."""
    inner = [item for item in record.values() if isinstance(item, dict)]
    inner += [item for items in record.values() if isinstance(items, list) for item in items if isinstance(item, dict)]
    return set(record).union(*inner) if inner else set(record)


@lru_cache(maxsize=64)
def schema_in(prompt: str) -> dict[str, JsonValue] | None:
    """Find a JSON Schema in the prompt: an object with a type and properties, items or required."""
    block = locate(prompt, "json")
    found = parse(block.text, "json").value if block else None
    if isinstance(found, dict) and "type" in found and any(key in found for key in _SCHEMA_KEYS):
        return found
    return None


def _violation(value: JsonValue, schema: dict[str, JsonValue]) -> str:
    """Say how the value breaks the schema; no reference is fetched, and schemas with patterns are not applied."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    if '"pattern' in str(schema).replace("'", '"'):
        return ""
    try:
        Draft202012Validator.check_schema(schema)
        error = next(iter(_validator()(schema, registry=Registry()).iter_errors(value)), None)
    except (SchemaError, Unresolvable, RecursionError):
        return ""
    return "" if error is None else f"breaks the schema: {error.message[:120]}"


@cache
def _validator() -> "type[Draft202012Validator]":
    """Build a validator whose `uniqueItems` looks each item up; the usual one holds each against each."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    return extend(Draft202012Validator, {"uniqueItems": _unique})  # type: ignore[no-untyped-call, no-any-return]


def _unique(_: object, unique: object, instance: object, __: object) -> "Iterator[ValidationError]":
    from jsonschema.exceptions import ValidationError

    if unique and isinstance(instance, list):
        seen: set[object] = set()
        for item in instance:
            key = _key(item)
            if key in seen:
                yield ValidationError(f"{shorten(repr(item), 60)} occurs twice")
                return
            seen.add(key)


def _key(item: object) -> object:
    """Return a hashable value, equal for items that JSON Schema calls equal: 1 and 1.0 are, 1 and true are not."""
    if isinstance(item, dict):
        return ("object", frozenset((name, _key(value)) for name, value in item.items()))
    if isinstance(item, list):
        return ("array", tuple(_key(value) for value in item))
    return (isinstance(item, bool), item)
