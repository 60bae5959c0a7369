"""Equations in prose: where a text sets one expression equal to another, and what it gets."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rubrica.tools.builtin.numbers.commas import decimal_points
from rubrica.tools.builtin.numbers.equation import Equation, Judged, Rounded, judge
from rubrica.tools.builtin.numbers.expression import Function, Node, Number, Product, Sum, UndefinedError, evaluate
from rubrica.tools.builtin.numbers.lexer import Token, tokenize
from rubrica.tools.builtin.numbers.lexicon import MONTHS, UNITS
from rubrica.tools.builtin.numbers.parser import Parser

MAX_TEXT = 200_000
"""Characters of a text that are searched for equations."""

_OPERATION = re.compile(
    r"[=≈≃≅%^]|\\(?:approx|simeq)|percent|\b(?:times|plus|minus|divided|multiplied|choose)\b|[\w)]\s?[-+*/×÷·−x]\s?[$(\d]"
    r"|\b(?:half|thirds?|quarters?|fourths?|fifths?|tenths?) of\b",
    re.IGNORECASE,
)
_HEDGES = frozenset(["about", "approximately", "roughly", "around", "nearly", "almost", "approx"])
_FILLERS = _HEDGES | frozenset(["exactly", "just", "only"])
_VERBS = frozenset(["is", "equals", "equal", "are", "gives", "makes"])
_UNDECIDED = frozenset(
    [
        "more",
        "less",
        "fewer",
        "times",
        "greater",
        "larger",
        "smaller",
        "higher",
        "lower",
        "remainder",
        "r",
        "mod",
        "rem",
    ]
)
_FUNCTIONS = frozenset(
    [
        "log",
        "ln",
        "sin",
        "cos",
        "tan",
        "sec",
        "csc",
        "cot",
        "exp",
        "max",
        "min",
        "gcd",
        "lcm",
        "abs",
        "det",
        "arctan",
        "arcsin",
        "arccos",
        "f",
        "g",
        "h",
    ]
)
_ROUNDED = re.compile(r"round(?:s|ed|ing)?\b.*|nearest|truncat(?:ed|ing)|floor|ceiling", re.IGNORECASE)
_LEFT = re.compile(r".*\bremainder\b.*|rem|R\d*|left ?over|left|whole|full|complete", re.IGNORECASE)
MAX_AHEAD = 8
_BULLET_BEFORE = frozenset({"newline", "start"})


@dataclass(frozen=True, slots=True)
class Member:
    """One side of an equation: its expression, or None when something in it is unknown."""

    node: Node | None
    start: int
    end: int
    sure: bool = True
    """Whether the text can be read in only one way."""
    rounded: Rounded = ""
    """What the words after it say of it."""


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
    open: tuple[int, ...] = ()
    """Where chains start that end in something unknown: working that is not followed."""


@lru_cache(maxsize=512)
def working(text: str) -> Working:
    """Find every equation between known numbers, and every number that something is set equal to."""
    if _OPERATION.search(text) is None:  # most prose: not worth a parse
        return Working((), ())
    judged: list[Judged] = []
    results: list[Result] = []
    unknown: list[int] = []
    for members, relations in _Finder(tokenize(decimal_points(text[:MAX_TEXT]))).find():
        judged += filter(None, map(judge, _pairs(members, relations)))
        last = members[-1]
        if relations and last.node is None:
            unknown.append(members[0].start)
        elif relations and last.node is not None:
            try:
                results.append(Result(last.node, evaluate(last.node), last.start, last.end))
            except UndefinedError:
                continue
    return Working(tuple(judged), tuple(results), tuple(unknown))


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
                relations.append(relation)
                members.append(Member(None, members[-1].end, members[-1].end))
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
        elif self.parser.text(index).lower() in _VERBS and isinstance(left.node, Sum | Product | Function):
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
        sure = self.parser.sure and not self._trails(end)
        sure = sure and (after_equals or not self._is_of(index))
        start, stop = self.tokens[index].start, self.tokens[end - 1].end
        return Member(node if known else None, start, stop, sure, self._rounded(end) if after_equals else ""), end

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
        if before in {"open", "newline"}:
            return True
        if before == "number":
            return False
        if before == "word":
            word = self.tokens[index - 1].text.lower()
            if word in UNITS and index > 1 and self.tokens[index - 2].kind == "number" and self._is_unit_after(index):
                return False  # "5 ft 6 in": the number is a part of a larger one
            return word not in _FUNCTIONS and self.tokens[index].gap and not word.endswith("_")
        return before != "command" and not (before == "other" and self.tokens[index - 1].text in "|^_√")

    def _is_unit_after(self, index: int) -> bool:
        """Whether a unit follows the number at `index`."""
        return self.parser.text(index + 1).lower() in {*UNITS, "in"}

    def _is_of(self, index: int) -> bool:
        """Whether a date, or a word that makes the expression a part of a larger one, stands before it."""
        word = self.tokens[index - 1].text.lower() if index else ""
        verbal = word in {"of", "for", "in", "between", "dividing"} and not self._equals_soon(index)
        return self._before(index) == "word" and (word in MONTHS or verbal)

    def _equals_soon(self, index: int) -> bool:
        """Whether the equation is written with a sign, not with "is"."""
        ahead = self.tokens[index : index + 12]
        sign = next((i for i, token in enumerate(ahead) if token.kind == "equals"), None)
        verb = next((i for i, token in enumerate(ahead) if token.text.lower() in _VERBS), None)
        return sign is not None and (verb is None or sign < verb)

    def _continues(self, index: int) -> bool:
        """Whether something unknown follows and binds to the expression: "8 + y", "3y", "5 mod 7"."""
        kind, text = self.parser.kind(index), self.parser.text(index)
        if kind == "number" and self.tokens[index - 1].text.lower() in UNITS and self._is_unit_after(index):
            return True
        if kind in {"word", "number"}:
            attached = not self.tokens[index].gap and self.tokens[index - 1].kind != "word"
            return attached or (len(text) == 1 and text.isalpha() and text not in "aA")
        if kind == "operator":
            dash = text == "-" and self.tokens[index].gap and self._gap(index + 1)
            star = text == "*" and self.parser.kind(index + 1) in {"end", "newline", "other"}
            return not dash and not star
        if kind == "open":
            return not self.tokens[index].gap or self.parser.text(index + 1).lower() in {"%", "base"}
        return (kind == "command" and text != "\\boxed") or text in {"^", "!", "_", "°", "±", "∠"}

    def _trails(self, index: int) -> bool:
        """Whether what follows leaves the reading open: a dash, or "8 more than"."""
        text = self.parser.text(index).lower()
        return text in _UNDECIDED or (self.parser.kind(index) == "operator" and text == "-")

    def _rounded(self, index: int) -> Rounded:
        """Read what the next words say: "3 (rounded down)", "3 with a remainder of 2", "3 R2", "3 full boxes"."""
        for token in self.tokens[index : index + MAX_AHEAD]:
            if token.kind in {"newline", "equals"} or token.text in {".", ";"}:
                break
            if token.kind == "word" and _ROUNDED.fullmatch(token.text):
                return "to"
            if token.kind == "word" and _LEFT.fullmatch(token.text):
                return "down"
        return ""


def _pairs(members: Sequence[Member], relations: Sequence[Literal["=", "≈"]]) -> Iterator[Equation]:
    for position, relation in enumerate(relations):
        left, right = members[position], members[position + 1]
        if left.node is not None and right.node is not None:
            last = position + 1 == len(relations)
            sure = left.sure and right.sure
            yield Equation(
                left.node, right.node, relation, left.start, right.end, sure, right.start, last, right.rounded
            )
