"""Values that crossed the sandbox wall: decoded on the host from plain JSON, compared strictly, never unpickled."""

import json
import math
import operator
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import JsonValue

Relation = Literal[
    "equal", "unequal", "is", "is not", "<", "<=", ">", ">=", "in", "not in", "contains", "lacks", "true", "false"
]
"""How an observed value (left) must stand to the expected one (right); `true` and `false` look at the left alone."""


MAX_DEPTH = 200
"""Levels of JSON beyond which whoever reads it might run out of stack."""

MAX_COLLISIONS = 1000
"""Equal hashes among the items of one set: more of them are an attack on whoever compares it."""


@dataclass(frozen=True, slots=True)
class Other:
    """A value of a type that is not carried across: its type's name and its `repr`."""

    type: str
    text: str

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A value beyond the limits of the wire; equal to nothing that a test may expect."""

    type: str

    def __repr__(self) -> str:
        return f"<{self.type}, too large to report>"


@cache
def guest_source() -> str:
    """Return the source of `guest.py`, the code that reports values from inside."""
    return (files("rubrica.tools.sandbox") / "guest.py").read_text(encoding="utf-8")


def parse_json(text: str) -> JsonValue:
    """Parse JSON text that came out of a sandbox: finite numbers only, at most `MAX_DEPTH` levels deep.

    Raises:
        ValueError: it is not such JSON.
    """
    try:
        parsed: JsonValue = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_deep(parsed):
        raise ValueError("nested too deeply")
    return parsed


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise ValueError(f"{text[:20]} is infinite")
    return number


def _is_deep(value: JsonValue) -> bool:
    """Whether a value has more than `MAX_DEPTH` levels; counted without recursion."""
    level: list[JsonValue] = [value]
    for _ in range(MAX_DEPTH + 1):
        containers = [item for item in level if isinstance(item, list | dict)]
        if not containers:
            return False
        level = [inner for item in containers for inner in (item.values() if isinstance(item, dict) else item)]
    return True


def decode(wire: JsonValue) -> object:
    """Turn the JSON of `guest.encode` back into a value.

    Raises:
        ValueError: the JSON is not of that form.
    """
    if wire is None or isinstance(wire, bool | int | str):
        return wire
    if not isinstance(wire, dict) or len(wire) != 1:
        raise ValueError("not an encoded value")
    ((tag, content),) = wire.items()
    try:
        return _decode_text(tag, content) if isinstance(content, str) else _decode_items(tag, content)
    except TypeError as error:
        raise ValueError(f"not an encoded value: {error}") from None


def _decode_text(tag: str, content: str) -> object:
    match tag:
        case "int":
            return int(content, 16)
        case "float":
            return float(content)
        case "bytes":
            return bytes.fromhex(content)
        case "bytearray":
            return bytearray.fromhex(content)
        case "too large":
            return TooLarge(content)
    raise ValueError(f"unknown tag {tag!r}")


def _decode_items(tag: str, content: JsonValue) -> object:
    if not isinstance(content, list):
        raise TypeError(f"unknown tag {tag!r}")
    if tag == "dict":
        pairs = [item for item in content if isinstance(item, list) and len(item) == 2]
        keys = [decode(key) for key, _ in pairs]
        _check_hashes(keys)
        return dict(zip(keys, (decode(value) for _, value in pairs), strict=True))
    if tag in ("complex", "other") and len(content) == 2:
        first, second = str(content[0]), str(content[1])
        return complex(float(first), float(second)) if tag == "complex" else Other(first, second)
    items = [decode(item) for item in content]
    match tag:
        case "list":
            return items
        case "tuple":
            return tuple(items)
        case "set" | "frozenset":
            _check_hashes(items)
            return set(items) if tag == "set" else frozenset(items)
    raise ValueError(f"unknown tag {tag!r}")


def _check_hashes(items: list[object]) -> None:
    """Refuse items chosen to collide: n of them cost n * n comparisons in every set and dict."""
    if len(items) - len({hash(item) for item in items}) > MAX_COLLISIONS:
        raise ValueError("too many equal hashes")


def canonical(value: object, *, exact: bool = False) -> Hashable:
    """Return a key that is equal for equal values only: True is not 1, a tuple is not a list, NaN equals nothing.

    An integer equals a float of the same value, as in Python, unless `exact`.
    """
    if isinstance(value, bool) or value is None:
        return ("constant", repr(value))
    if isinstance(value, int | float):
        if isinstance(value, float) and math.isnan(value):
            return object()
        return (type(value).__name__, _digits(value)) if exact else ("number", value)
    if isinstance(value, list | tuple):
        return (type(value).__name__, tuple(canonical(item, exact=exact) for item in value))
    if isinstance(value, set | frozenset):
        return ("set", frozenset(canonical(item, exact=exact) for item in value))
    if isinstance(value, dict):
        pairs = ((canonical(key, exact=exact), canonical(item, exact=exact)) for key, item in value.items())
        return ("dict", frozenset(pairs))
    if isinstance(value, bytearray):
        return ("bytes", bytes(value))
    if isinstance(value, Other):
        return object() if " at 0x" in value.text else ("other", value.type, value.text)
    if isinstance(value, TooLarge):
        return object()
    return (type(value).__name__, value if isinstance(value, Hashable) else repr(value))


def _digits(number: float) -> str:
    """Return a text for each number, also for an integer of more digits than Python prints."""
    return hex(number) if isinstance(number, int) else repr(number)


def same(left: object, right: object, *, exact: bool = False) -> bool:
    """Compare two values strictly (see `canonical`)."""
    return canonical(left, exact=exact) == canonical(right, exact=exact)


def close(left: object, right: object, *, tolerance: float, relative: float = 0.0) -> bool:
    """Compare with a tolerance on every number inside; everything else strictly."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        try:
            return left == right or math.isclose(left, right, rel_tol=relative, abs_tol=tolerance)
        except OverflowError:  # an integer beyond every float
            return False
    if isinstance(left, list | tuple) and type(left) is type(right) and isinstance(right, list | tuple):
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(close(a, b, tolerance=tolerance, relative=relative) for a, b in pairs)
    return same(left, right)


_ORDER: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(relation: Relation, left: object, right: object) -> bool:
    """Apply a relation to plain values; what Python refuses to compare does not hold."""
    match relation:
        case "equal":
            return same(left, right)
        case "unequal":
            return not same(left, right)
        case "is":
            return same(left, right, exact=True)
        case "is not":
            return not same(left, right, exact=True)
        case "true" | "false":
            return bool(left) is (relation == "true")
        case "in" | "contains":
            item, container = (left, right) if relation == "in" else (right, left)
            return _within(item, container)
        case "not in" | "lacks":
            item, container = (left, right) if relation == "not in" else (right, left)
            return isinstance(container, str | list | tuple | set | frozenset | dict) and not _within(item, container)
    try:
        return bool(_ORDER[relation](left, right))
    except TypeError:
        return False


def _within(item: object, container: object) -> bool:
    if isinstance(container, str):
        return isinstance(item, str) and item in container
    if isinstance(container, list | tuple | set | frozenset | dict):
        return any(same(item, element) for element in container)
    return False


def same_output(actual: str, expected: str) -> bool:
    """Compare printed text line by line; blanks at the end of a line and blank lines at the end do not count."""

    def lines(text: str) -> list[str]:
        return [line.rstrip() for line in text.rstrip().splitlines()]

    return lines(actual) == lines(expected)


def clean(text: str) -> str:
    """Return text that can be encoded: what came out of a sandbox may hold lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")


def show(value: object, limit: int = 120) -> str:
    """Return a short readable form for evidence."""
    try:
        text = clean(repr(value))
    except ValueError:  # an integer of more digits than Python prints
        text = f"<{type(value).__name__}, too large to show>"
    return text if len(text) <= limit else text[: limit - 1] + "…"
