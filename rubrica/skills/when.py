"""When a skill or criterion applies: a closed grammar of conditions over `TaskFeatures`.

    condition   = [ any ]                            (empty: always)
    any         = all { "or" all }
    all         = term { "and" term }
    term        = "not" term | "(" any ")" | feature [ operator literal ]
    operator    = "==" | "!=" | "<" | "<=" | ">" | ">="
    literal     = whole number | quoted text

A bare feature must be true or false; numbers take all six operators, text takes `==` and `!=`. What parses here means
the same in Python, but nothing is ever evaluated as Python.
"""

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from rubrica.errors import ConditionError
from rubrica.types import TaskFeatures

MAX_LENGTH = 1000
"""Characters of a condition."""
MAX_DEPTH = 20
"""Nested parentheses and negations."""

FEATURES: dict[str, type] = {name: type(default) for name, default in TaskFeatures().model_dump().items()}
"""Feature name -> bool, int or str."""

_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPPOSITES = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_KEYWORDS = frozenset({"and", "or", "not"})
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<number>-?[0-9]{1,9}(?![\w.]))
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<text>"[^"'\\\r\n]*"|'[^"'\\\r\n]*')
      | (?P<mark>[=!<>]=|[<>()])""",
    re.VERBOSE,
)


class Condition(Protocol):
    """Something that holds for a task or does not; `str()` gives the canonical text that parses back to it."""

    def holds(self, features: TaskFeatures) -> bool: ...


@dataclass(frozen=True, slots=True)
class Flag:
    """A yes-or-no feature."""

    feature: str

    def holds(self, features: TaskFeatures) -> bool:
        return bool(getattr(features, self.feature))

    def __str__(self) -> str:
        return self.feature


@dataclass(frozen=True, slots=True)
class Comparison:
    """A feature beside a literal."""

    feature: str
    operator: str
    literal: int | str

    def holds(self, features: TaskFeatures) -> bool:
        return _OPERATORS[self.operator](getattr(features, self.feature), self.literal)

    def __str__(self) -> str:
        literal = f'"{self.literal}"' if isinstance(self.literal, str) else str(self.literal)
        return f"{self.feature} {self.operator} {literal}"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    term: Condition

    def holds(self, features: TaskFeatures) -> bool:
        return not self.term.holds(features)

    def __str__(self) -> str:
        return f"not {_grouped(self.term, AllOf | AnyOf)}"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every term holds; with no terms, always."""

    terms: tuple[Condition, ...] = ()

    def holds(self, features: TaskFeatures) -> bool:
        return all(term.holds(features) for term in self.terms)

    def __str__(self) -> str:
        return " and ".join(_grouped(term, AnyOf) for term in self.terms)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one term holds."""

    terms: tuple[Condition, ...]

    def holds(self, features: TaskFeatures) -> bool:
        return any(term.holds(features) for term in self.terms)

    def __str__(self) -> str:
        return " or ".join(str(term) for term in self.terms)


def _grouped(term: Condition, weaker: Any) -> str:
    return f"({term})" if isinstance(term, weaker) else str(term)


def opposite(condition: Condition) -> Condition:
    """Return the condition that holds exactly where this one does not, in its shortest form."""
    if isinstance(condition, Not):
        return condition.term
    if isinstance(condition, Comparison):
        return Comparison(condition.feature, _OPPOSITES[condition.operator], condition.literal)
    return Not(condition)


@lru_cache(maxsize=4096)
def parse(text: str) -> Condition:
    """Read a condition.

    Raises:
        ConditionError: the text is outside the grammar, names an unknown feature, or compares unlike types.
    """
    if len(text) > MAX_LENGTH:
        raise ConditionError(f"condition of {len(text)} characters; at most {MAX_LENGTH} are allowed")
    return _Parser(text).condition()


class _Parser:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(self._scan())
        self.at = 0

    def condition(self) -> Condition:
        if not self.tokens:
            return AllOf()
        parsed = self._any(depth=0)
        if self.at < len(self.tokens):
            raise self._error(f"expected 'and', 'or' or the end, found {self._found()}")
        return parsed

    def _scan(self) -> Iterator[tuple[str, str]]:
        position = 0
        while position < len(self.text):
            match = _TOKEN.match(self.text, position)
            if match is None:
                raise self._error(f"cannot read {self.text[position : position + 12]!r}")
            position = match.end()
            if match.lastgroup != "space":
                yield str(match.lastgroup), match.group()

    def _any(self, *, depth: int) -> Condition:
        return _flat(AnyOf, self._chain("or", lambda: self._all(depth=depth)))

    def _all(self, *, depth: int) -> Condition:
        return _flat(AllOf, self._chain("and", lambda: self._term(depth=depth)))

    def _chain(self, joint: str, part: Callable[[], Condition]) -> list[Condition]:
        parts = [part()]
        while self._take(joint):
            parts.append(part())
        return parts

    def _term(self, *, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH}")
        if self._take("not"):
            return Not(self._term(depth=depth + 1))
        if self._take("("):
            inner = self._any(depth=depth + 1)
            if not self._take(")"):
                raise self._error(f"expected ')', found {self._found()}")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        kind, name = self._peek()
        if kind != "word" or name in _KEYWORDS:
            raise self._error(f"expected a feature, found {self._found()}")
        if name not in FEATURES:
            raise self._error(f"unknown feature '{name}'; known: {', '.join(FEATURES)}")
        self.at += 1
        symbol = self._peek()[1]
        if symbol not in _OPERATORS:
            if FEATURES[name] is not bool:
                raise self._error(f"'{name}' is {_noun(FEATURES[name])}: compare it, as in {_example(name)}")
            return Flag(name)
        self.at += 1
        return self._checked(name, symbol)

    def _checked(self, name: str, symbol: str) -> Condition:
        wanted = FEATURES[name]
        if wanted is bool:
            raise self._error(f"'{name}' is true or false: write '{name}' or 'not {name}'")
        kind, token = self._peek()
        if kind != {int: "number", str: "text"}[wanted]:
            raise self._error(f"'{name}' is {_noun(wanted)}, but is compared with {self._found()}")
        if wanted is str and symbol not in {"==", "!="}:
            raise self._error(f"'{name}' is {_noun(str)}: only == and != compare it")
        self.at += 1
        return Comparison(name, symbol, int(token) if wanted is int else token[1:-1])

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def _found(self) -> str:
        return repr(self._peek()[1]) if self.at < len(self.tokens) else "the end"

    def _take(self, token: str) -> bool:
        kind, found = self._peek()
        taken = kind in {"word", "mark"} and found == token
        self.at += taken
        return taken

    def _error(self, problem: str) -> ConditionError:
        return ConditionError(f"condition {self.text!r}: {problem}")


def _flat(join: type[AllOf] | type[AnyOf], parts: list[Condition]) -> Condition:
    """Join parts, dissolving parts joined the same way, so that grouping without meaning leaves no trace."""
    if len(parts) == 1:
        return parts[0]
    terms: list[Condition] = []
    for part in parts:
        terms += part.terms if isinstance(part, join) else (part,)
    return join(tuple(terms))


def _noun(kind: type) -> str:
    return {int: "a number", str: "text"}[kind]


def _example(name: str) -> str:
    return f"'{name} > 0'" if FEATURES[name] is int else f"'{name} == \"en\"'"
