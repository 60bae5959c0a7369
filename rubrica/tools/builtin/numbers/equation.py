"""Equations in prose: where an expression is set equal to another, and whether the numbers bear it out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from rubrica.tools.builtin.numbers.expression import (
    PLAIN,
    Node,
    Number,
    Product,
    Quantity,
    Reading,
    Sum,
    UndefinedError,
    evaluate,
    quantities,
)
from rubrica.tools.builtin.numbers.lexer import Token, tokenize
from rubrica.tools.builtin.numbers.lexicon import MONTHS
from rubrica.tools.builtin.numbers.parser import Parser

MAX_TEXT = 200_000
"""Characters of a text that are searched for equations."""

_HEDGES = frozenset("about approximately roughly around nearly almost approx".split())
_FILLERS = _HEDGES | frozenset("exactly just only".split())
_VERBS = frozenset("is equals equal are gives makes".split())
_UNDECIDED = frozenset("more less fewer times greater larger smaller higher lower remainder r mod rem".split())
_FUNCTIONS = frozenset("log ln sin cos tan sec csc cot exp max min gcd lcm abs det arctan arcsin arccos f g h".split())
_BULLET_BEFORE = frozenset({"newline", "start"})


@dataclass(frozen=True, slots=True)
class Member:
    """One side of an equation: its expression, or None when something in it is unknown."""

    node: Node | None
    start: int
    end: int
    sure: bool = True
    """Whether the text can be read in only one way."""


@dataclass(frozen=True, slots=True)
class Equation:
    """Two neighbouring members of a chain of equals signs, both known."""

    left: Node
    right: Node
    relation: Literal["=", "≈"]
    start: int
    end: int
    sure: bool
    stated: int
    """Where the right side begins."""
    last: bool = True
    """Whether the chain ends here."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An equation and what recomputing it gave: `right` is None when no reading settles it."""

    equation: Equation
    right: bool | None
    left: Number | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A number that the text sets something equal to: the last known member of a chain."""

    node: Node
    value: Number
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Working:
    """The equations of a text, recomputed, and the results that it states, both in the order of the text."""

    equations: tuple[Judged, ...]
    results: tuple[Result, ...]


@lru_cache(maxsize=64)
def working(text: str) -> Working:
    """Find every equation between known numbers, and every number that something is set equal to."""
    judged: list[Judged] = []
    results: list[Result] = []
    for members, relations in _Finder(tokenize(text[:MAX_TEXT])).find():
        judged += filter(None, map(judge, _pairs(members, relations)))
        last = members[-1]
        if relations and last.node is not None:
            try:
                results.append(Result(last.node, evaluate(last.node), last.start, last.end))
            except UndefinedError:
                continue
    return Working(tuple(judged), tuple(results))


Chain = tuple[list[Member], list[Literal["=", "≈"]]]


class _Finder:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.parser = Parser(tokens)

    def find(self) -> Iterator[Chain]:
        index = 0
        while index < len(self.tokens):
            first = self._first(index)
            if first is None:
                index += 1
                continue
            members, relations, index = self._chain(*first)
            yield members, relations

    def _first(self, index: int) -> tuple[Member, int] | None:
        if self.tokens[index].kind == "equals":  # what stands before it is unknown
            return Member(None, self.tokens[index].start, self.tokens[index].start), index
        return self._member(index)

    def _chain(self, first: Member, index: int) -> tuple[list[Member], list[Literal["=", "≈"]], int]:
        members: list[Member] = [first]
        relations: list[Literal["=", "≈"]] = []
        while (found := self._relation(index, members[-1])) is not None:
            relation, index = found
            member = self._member(index, after_equals=True)
            if member is None:
                break
            members.append(member[0])
            hedged = self.parser.text(member[1]) == "(" and self.parser.text(member[1] + 1).lower() in _HEDGES
            relations.append("≈" if hedged else relation)
            index = member[1]
        return members, relations, index

    def _relation(self, index: int, left: Member) -> tuple[Literal["=", "≈"], int] | None:
        """Read an equals sign, or a verb after an operation, with the words that hedge it."""
        if self.parser.kind(index) == "newline" and self.parser.kind(index + 1) == "equals":
            index += 1
        relation: Literal["=", "≈"]
        if self.parser.kind(index) == "equals":
            relation, index = ("≈" if self.parser.text(index) == "≈" else "="), index + 1
        elif self.parser.text(index).lower() in _VERBS and isinstance(left.node, Sum | Product):
            relation, index = "=", index + 1
            if self.parser.text(index).lower() in {"equal", "to"}:
                index += 1
            if self.parser.text(index).lower() == "to":
                index += 1
        else:
            return None
        steps = 0
        while self.parser.text(index).lower() in _FILLERS and steps < 3:
            relation = "≈" if self.parser.text(index).lower() in _HEDGES else relation
            index, steps = index + 1, steps + 1
        if self.parser.text(index) == "\\boxed":
            index += 1
        return relation, index

    def _member(self, index: int, *, after_equals: bool = False) -> tuple[Member, int] | None:
        if not after_equals and not self._may_start(index):
            return None
        found = self.parser.parse(index)
        if found is None:
            return None
        node, end = found
        known = (after_equals or self._is_free(index)) and not self._continues(end)
        sure = self.parser.sure and not self._trails(end) and not (not after_equals and self._is_dated(index))
        return Member(node if known else None, self.tokens[index].start, self.tokens[end - 1].end, sure), end

    def _may_start(self, index: int) -> bool:
        token = self.tokens[index]
        if token.kind == "operator":  # a sign, not a bullet and not a dash between words
            return token.text == "-" and not self._gap(index + 1) and (token.gap or self._before(index) != "word")
        return token.kind in {"number", "open", "command", "word"} or token.text in {"√", "π"}

    def _gap(self, index: int) -> bool:
        return index < len(self.tokens) and self.tokens[index].gap

    def _before(self, index: int) -> str:
        return self.tokens[index - 1].kind if index else "start"

    def _is_free(self, index: int) -> bool:
        """Whether nothing unknown stands before the expression and binds to it."""
        before = self._before(index)
        if before == "operator":
            bullet = (self.tokens[index - 2].kind if index > 1 else "start") in _BULLET_BEFORE
            return bullet and self.tokens[index].gap
        if before in {"close", "opaque", "percent"}:
            return self.tokens[index].gap and before != "percent"
        if before == "open":
            return True
        if before == "word":
            word = self.tokens[index - 1].text.lower()
            return word not in _FUNCTIONS and self.tokens[index].gap and not word.endswith("_")
        return before != "command" and not (before == "other" and self.tokens[index - 1].text in "|^_√")

    def _is_dated(self, index: int) -> bool:
        return self._before(index) == "word" and self.tokens[index - 1].text.lower() in MONTHS

    def _continues(self, index: int) -> bool:
        """Whether something unknown follows and binds to the expression: "8 + y", "3y", "5 mod 7"."""
        kind, text = self.parser.kind(index), self.parser.text(index)
        if kind in {"word", "number"}:
            attached = not self.tokens[index].gap and self.tokens[index - 1].kind != "word"
            return attached or (len(text) == 1 and text.isalpha() and text not in "aA")
        if kind == "operator":
            dash = text == "-" and self.tokens[index].gap and self._gap(index + 1)
            star = text == "*" and self.parser.kind(index + 1) in {"end", "newline", "other"}
            return not dash and not star
        if kind == "open":
            return not self.tokens[index].gap or self.parser.text(index + 1).lower() in {"mod", "base"}
        return (kind == "command" and text != "\\boxed") or text in {"^", "!", "_", "°", "±", "∠"}

    def _trails(self, index: int) -> bool:
        """Whether what follows leaves the reading open: a dash, or "8 more than"."""
        text = self.parser.text(index).lower()
        return text in _UNDECIDED or (self.parser.kind(index) == "operator" and text == "-")


def _pairs(members: Sequence[Member], relations: Sequence[Literal["=", "≈"]]) -> Iterator[Equation]:
    for position, relation in enumerate(relations):
        left, right = members[position], members[position + 1]
        if left.node is not None and right.node is not None:
            last = position + 1 == len(relations)
            sure = left.sure and right.sure
            yield Equation(left.node, right.node, relation, left.start, right.end, sure, right.start, last)


def judge(equation: Equation) -> Judged | None:
    """Recompute an equation under every reading its percent signs and units allow; None = it claims nothing to check."""
    left, right = equation.left, equation.right
    if isinstance(left, Quantity) and isinstance(right, Quantity) and not _converts(left, right):
        return None
    try:
        value = evaluate(left)
        evaluate(right)
    except UndefinedError:
        return None
    for reading_left, reading_right in _readings(left, right):
        try:
            a, b = evaluate(left, reading_left), evaluate(right, reading_right)
        except UndefinedError:
            continue
        if agree(a, b, right, approximate=equation.relation == "≈", reading=reading_right):
            return Judged(equation, True, value)
    start = _leading(right)
    if start is not None and not isinstance(right, Quantity):
        try:
            if agree(value, evaluate(start), start, approximate=equation.relation == "≈"):
                return Judged(equation, True, value, "running total")
        except UndefinedError:
            pass
    return Judged(equation, False if equation.sure else None, value)


def agree(computed: Number, stated: Number, node: Node, *, approximate: bool = False, reading: Reading = PLAIN) -> bool:
    """Whether the stated number is the computed one, or a rounding of it to the places that it is given with.

    Decimals may be rounded or cut off; a whole number may round a value only when it is off by less than 0.1%.
    """
    if computed == stated:
        return True
    a, b = float(computed), float(stated)
    gap = abs(a - b)
    if gap <= 1e-9 * max(abs(a), abs(b)):
        return True
    if not isinstance(node, Quantity):
        return approximate and gap <= 0.01 * abs(a)
    unit = 10.0**-node.decimals
    if reading.units:
        unit *= float((node.unit.factor if node.unit else 1) / (node.per.factor if node.per else 1))
    if node.percent and reading.percent != "plain":
        unit /= 100
    if approximate:
        digits = str(node.value.numerator) if isinstance(node.value, Fraction) and not node.decimals else "1"
        unit *= 10 ** (len(digits) - len(digits.rstrip("0")))
        return gap <= max(min(unit, 0.06 * abs(a)), min(unit, 1) / 2)
    if node.decimals:
        return gap <= unit * (0.5 + 1e-9) or (node.decimals >= 2 and abs(b) < abs(a) and gap < unit)
    return gap <= unit / 2 and gap <= abs(a) / 1000


def _readings(left: Node, right: Node) -> Iterator[tuple[Reading, Reading]]:
    numbers_left, numbers_right = quantities(left), quantities(right)
    percent_right = any(q.percent for q in numbers_right)
    yield PLAIN, PLAIN
    if percent_right:
        yield PLAIN, Reading("plain")
        yield Reading("plain"), Reading("plain")
    if any(q.percent for q in numbers_left):
        yield Reading("relative"), PLAIN
        if all(q.percent for q in numbers_left):
            yield Reading("plain"), PLAIN
    if any(q.unit for q in numbers_right) and any(q.unit for q in numbers_left):
        yield Reading(units=True), Reading(units=True)
    elif any(q.unit and q.unit.dimension == "count" for q in numbers_left):
        yield Reading(units=True), PLAIN


def _converts(left: Quantity, right: Quantity) -> bool:
    """Whether two plain quantities are one amount in two units of a dimension ("2 hours = 120 minutes")."""
    if left.unit is None or right.unit is None or left.per or right.per:
        return False
    return left.unit.dimension == right.unit.dimension and left.unit.name != right.unit.name


def _leading(node: Node) -> Node | None:
    match node:
        case Sum(terms) if terms[0][0] == 1:
            return _leading(terms[0][1]) or terms[0][1]
        case Product(factors):
            return _leading(factors[0][1]) or factors[0][1]
        case Quantity():
            return node
        case _:
            return None
