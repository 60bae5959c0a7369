"""Typed access to one raw row: every failure names the field, what was found and what to do."""

import math
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

MAX_DEPTH = 64
"""Nesting allowed in free-form fields; deeper values cannot be hashed or written again."""


class Unreadable(Exception):  # noqa: N818 - not an error of the program: it becomes a `BadRow`
    """A row does not hold what its format promises."""

    def __init__(self, problem: str, *, field: str = "", fix: str) -> None:
        self.problem, self.field, self.fix = problem, field, fix
        super().__init__(problem)


class Record:
    """The columns of one row. Null columns count as absent; `rest` is what no reader has asked for."""

    def __init__(self, columns: Mapping[str, object]) -> None:
        self.columns = {name: value for name, value in columns.items() if value is not None}
        self._used: set[str] = set()

    def get(self, *names: str) -> object | None:
        """Return the first of these columns that is there, or None."""
        for name in names:
            if name in self.columns:
                self._used.add(name)
                return self.columns[name]
        return None

    def name(self, *names: str) -> str:
        """Return which of these columns is there, for messages and further access."""
        for name in names:
            if name in self.columns:
                return name
        raise Unreadable(f"column {' or '.join(map(repr, names))} is missing or null", field=names[0], fix="add it")

    def need(self, *names: str) -> object:
        name = self.name(*names)
        self._used.add(name)
        return self.columns[name]

    def rest(self) -> dict[str, JsonValue]:
        """Scalar columns that nobody has read: they become `meta`, so that nothing is lost."""
        return {
            name: value
            for name, value in self.columns.items()
            if name not in self._used and isinstance(value, str | int | float) and _finite(value)
        }


def kind(value: object) -> str:
    """Name a JSON value's type as a person would."""
    for types, word in (
        (bool, "true/false"),
        (str, "text"),
        ((int, float), "a number"),
        (Mapping, "an object"),
        ((list, tuple), "a list"),
    ):
        if isinstance(value, types):
            return word
    return "null" if value is None else type(value).__name__


def text(value: object, field: str) -> str:
    """Return text."""
    if isinstance(value, str):
        return value
    raise Unreadable(f"expected text, found {kind(value)}", field=field, fix="write it as a JSON string")


def identifier(value: object, field: str) -> str:
    """Return an id as text; whole numbers are ids too."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    if not text(value, field).strip():
        raise Unreadable("the id is empty", field=field, fix="give the row an id, or leave the field out")
    return text(value, field)


def whole(value: object, field: str) -> int:
    """Return a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value) or value != int(value):
        raise Unreadable(f"expected a whole number, found {_shown(value)}", field=field, fix="write 0, 1, 2 ...")
    return int(value)


def number(value: object, field: str) -> float:
    """Return a finite number; true and false count as 1 and 0."""
    if isinstance(value, int | float) and _finite(value):
        return float(value)
    raise Unreadable(
        f"expected a finite number, found {_shown(value)}", field=field, fix="write a plain number such as 0.5"
    )


def items(value: object, field: str) -> Sequence[object]:
    """Return a list that is not empty."""
    if not isinstance(value, list | tuple):
        raise Unreadable(f"expected a list, found {kind(value)}", field=field, fix="write it as [...]")
    if not value:
        raise Unreadable("the list is empty", field=field, fix="give at least one item, or leave the row out")
    return value


def mapping(value: object, field: str) -> Mapping[str, object]:
    """Return an object."""
    if not isinstance(value, Mapping):
        raise Unreadable(f"expected an object, found {kind(value)}", field=field, fix="write it as {...}")
    return value


def free(value: object, field: str) -> dict[str, JsonValue]:
    """Return a free-form object, bounded in depth and with finite numbers."""
    level: list[object] = [mapping(value, field)]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if any(isinstance(child, float) and not math.isfinite(child) for child in level):
            raise Unreadable("a number is not finite", field=field, fix="write null instead")
        if not level:
            return dict(mapping(value, field))  # type: ignore[arg-type]  # JSON values, walked just above
    raise Unreadable(f"nested deeper than {MAX_DEPTH} levels", field=field, fix="flatten it, or write it as text")


def _children(value: object) -> Sequence[object]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list | tuple) else ()


def _finite(value: object) -> bool:
    if isinstance(value, int | float):
        try:
            return math.isfinite(value)
        except OverflowError:  # an int too large for a float
            return False
    return True


def _shown(value: object) -> str:
    return f"{value!r}"[:40] if isinstance(value, str | int | float) and not _huge(value) else kind(value)


def _huge(value: object) -> bool:
    return isinstance(value, int) and value.bit_length() > 256  # printing it could exceed Python's digit limit
