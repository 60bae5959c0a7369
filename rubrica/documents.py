"""Files that anyone may edit become values: strict YAML, front matter and JSON; errors say where, and what next.

YAML is read from parser events straight into JSON values, so no constructor ever runs: tags, anchors, aliases,
duplicate keys and deep nesting are refused. Scalars are typed as in JSON: `true`, `null` and `1.5` are, `yes`, `010`
and `2024-01-01` stay text.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, NoReturn, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, JsonValue, ValidationError

from rubrica.errors import LibraryError

MAX_DEPTH = 32
"""Nested lists and mappings."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, JsonValue] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,308})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")

M = TypeVar("M", bound=BaseModel)


def unix_lines(text: str) -> str:
    """Give a text Unix line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def tidy(text: str) -> str:
    """Give a text Unix line ends and no blank lines around it."""
    return unix_lines(text).strip("\n")


Markdown = Annotated[str, AfterValidator(tidy)]
"""Text that survives being written below a front matter and read back."""


def decode(data: bytes, *, path: str, limit: int) -> str:
    """Return the text of a file of at most `limit` bytes.

    Raises:
        LibraryError: it is too long, or is not UTF-8.
    """
    if len(data) > limit:
        raise LibraryError(f"{len(data)} bytes; at most {limit} are allowed", path=path, fix="shorten it")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LibraryError(f"not UTF-8 at byte {error.start}", path=path, fix="save it as UTF-8") from None


def split_front_matter(text: str, *, path: str) -> tuple[str, str]:
    """Return the YAML between the first two lines that are `---` alone (line numbers kept), and the tidy text below.

    Raises:
        LibraryError: the text does not start with a front matter, or it does not end.
    """
    lines = unix_lines(text.removeprefix("\ufeff")).split("\n")
    fences = (number for number, line in enumerate(lines) if line.rstrip() == "---")
    if next(fences, None) != 0:
        raise LibraryError("no front matter", path=path, fix="start the file with a line '---' and the fields below it")
    end = next(fences, None)
    if end is None:
        raise LibraryError("the front matter does not end", path=path, fix="close it with a line '---'")
    return "\n".join(["", *lines[1:end], ""]), tidy("\n".join(lines[end + 1 :]))


def read_yaml(text: str, *, path: str, typed: bool = True) -> JsonValue:
    """Read one YAML document; with `typed=False` every scalar stays the text that it is.

    Raises:
        LibraryError: it is not YAML, or uses what the module docstring refuses.
    """
    try:
        return _Events(text, path=path, typed=typed).document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", "") or "cannot be read"
        raise LibraryError(f"not YAML{line}: {problem}", path=path, fix="put text with : or # in quotes") from None


def plain_value(text: str) -> JsonValue:
    """Return what a scalar without quotes stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


class _Events:
    """One document's events, read recursively into JSON values."""

    def __init__(self, text: str, *, path: str, typed: bool) -> None:
        self.events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self.path, self.typed = path, typed

    def document(self) -> JsonValue:
        next(self.events)
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        value = self._value(next(self.events), depth=0)
        next(self.events)
        extra = next(self.events)
        if not isinstance(extra, yaml.StreamEndEvent):
            self._refuse(extra, "a second document", "keep one document per file")
        return value

    def _value(self, event: Any, *, depth: int) -> JsonValue:
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse(event, "an anchor or alias", "write the value out, or put text with & or * in quotes")
        if event.tag is not None:
            self._refuse(event, f"the tag {event.tag}", "write the plain value, or put text with ! in quotes")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if depth == MAX_DEPTH:
            self._refuse(event, f"nesting deeper than {MAX_DEPTH}", "make it flatter")
        return self._list(depth) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(depth)

    def _list(self, depth: int) -> JsonValue:
        values: list[JsonValue] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            values.append(self._value(event, depth=depth + 1))
        return values

    def _mapping(self, depth: int) -> JsonValue:
        values: dict[str, JsonValue] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.tag or event.anchor:
                self._refuse(event, "a key that is not plain text", "use a word as the key")
            if event.value in values:
                self._refuse(event, f"the key '{event.value}' twice", "keep one of them")
            values[event.value] = self._value(next(self.events), depth=depth + 1)
        return values

    def _scalar(self, event: Any) -> JsonValue:
        text: str = event.value
        if not (self.typed and event.implicit[0]):
            return text
        value = plain_value(text)
        if isinstance(value, float) and not math.isfinite(value):
            self._refuse(event, f"the number {text[:20]}", "use a smaller one")
        return value

    def _refuse(self, event: Any, what: str, fix: str) -> NoReturn:
        raise LibraryError(f"{what} in line {event.start_mark.line + 1}", path=self.path, fix=fix)


def render_yaml(value: JsonValue) -> str:
    """Write a value as YAML that `read_yaml` reads back as the same value; the same value gives the same text."""
    text: str = yaml.dump(
        value, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=100, default_flow_style=False
    )
    return text


@lru_cache(maxsize=1)
def _dumper() -> Any:
    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # chosen at run time
        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
            return True

    def text(dumper: Any, value: str) -> Any:
        style = "|" if "\n" in value else None if isinstance(plain_value(value), str) else "'"
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return Dumper


def sort_keys(value: JsonValue) -> JsonValue:
    """Sort the keys of all nested mappings: equal values, equal text."""
    if isinstance(value, dict):
        return {key: sort_keys(value[key]) for key in sorted(value)}
    return [sort_keys(item) for item in value] if isinstance(value, list) else value


def read_json(text: str, *, path: str) -> JsonValue:
    """Read JSON, with duplicate keys, NaN and deep nesting refused.

    Raises:
        LibraryError: it is not such JSON.
    """
    try:
        value: JsonValue = json.loads(text, object_pairs_hook=_distinct, parse_constant=_constant)
    except RecursionError:
        raise _too_deep(path) from None
    except ValueError as error:
        raise LibraryError(f"not JSON: {error}", path=path, fix="correct it or restore it with git") from None
    if not _is_shallow(value, MAX_DEPTH):
        raise _too_deep(path)
    return value


def _is_shallow(value: JsonValue, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    items = value.values() if isinstance(value, dict) else value
    return levels > 0 and all(_is_shallow(item, levels - 1) for item in items)


def _too_deep(path: str) -> LibraryError:
    return LibraryError(f"nesting deeper than {MAX_DEPTH}", path=path, fix="make it flatter")


def _distinct(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    values = dict(pairs)
    if len(values) != len(pairs):
        raise ValueError("a key occurs twice")
    return values


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def validate(model: type[M], data: Mapping[str, Any], *, path: str, at: str = "") -> M:
    """Return the model of `data`, types taken strictly ("2" is no number); `at` is its dotted place in the file.

    Raises:
        LibraryError: a field is unknown, missing or of the wrong type; names the first one.
    """
    try:
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(part for part in (at, *map(str, first["loc"])) if part)
        if first["type"] == "extra_forbidden":
            known = ", ".join(model.model_fields)
            raise LibraryError("unknown field", path=path, field=field, fix=f"known: {known}") from None
        problem = first["msg"].removeprefix("Value error, ")
        raise LibraryError(problem[:1].lower() + problem[1:], path=path, field=field, fix="correct it") from None


def as_mapping(value: JsonValue, *, path: str, at: str = "") -> dict[str, JsonValue]:
    """Return `value` if it is a mapping of fields.

    Raises:
        LibraryError: it is something else.
    """
    if not isinstance(value, dict):
        kind = "nothing" if value is None else f"a {type(value).__name__}"
        raise LibraryError(f"expected fields, found {kind}", path=path, field=at, fix="write 'field: value' lines")
    return value
