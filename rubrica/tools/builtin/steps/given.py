"""What a word problem gives: every quantity of the prompt, with the numbers that a solver may write for it."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache

from rubrica.tools.builtin.numbers.expression import Quantity, UndefinedError, evaluate, quantities
from rubrica.tools.builtin.numbers.lexer import Token, tokenize
from rubrica.tools.builtin.numbers.lexicon import PARTS, UNITS, numeral
from rubrica.tools.builtin.numbers.parser import Parser

_MULTIPLES = {
    "twice": 2, "double": 2, "doubles": 2, "doubled": 2, "thrice": 3, "triple": 3, "triples": 3, "tripled": 3,
    "quadruple": 4, "quadrupled": 4, "dozen": 12, "couple": 2, "pair": 2, "pairs": 2, "both": 2,
}  # fmt: skip
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7}
"""The numerators of shares that are written in words."""
_RATIO = re.compile(r"(?<![\d:])(\d{1,4})\s?:\s?(\d{1,4})(?![\d:])")
_ORDINAL = re.compile(r"\b(\d{1,3})(?:st|nd|rd|th)s?\b")
_COMPOUND = re.compile(r"\b([a-z]+)-[a-z]{3,}")
_RATIOS = {
    "minute": (60,), "hour": (60, 24), "day": (24, 7, 365, 30, 366), "week": (7, 52, 4), "month": (12, 4, 30),
    "year": (12, 365, 52, 10, 366), "dozen": (12,), "dollar": (100,), "cent": (100,), "inch": (12, 36), "foot": (12, 3),
    "yard": (3, 36), "meter": (100, 1000), "kilometer": (1000,), "centimeter": (10, 100), "gram": (1000,),
    "kilogram": (1000,), "pound": (16,), "ounce": (16,), "liter": (1000,), "gallon": (4, 16), "second": (60,),
    "decade": (10,), "century": (100,), "mile": (5280,), "cup": (16, 2), "quart": (4,), "pint": (2,),
}  # fmt: skip
_COMPANY = re.compile(
    r"\band (?P<n>\d{1,3}|[a-z]+) (?:of (?:his|her|their|my|our) |other |more )?(?:best |close |good |school )?"
    r"(?:friends|others|people|brothers|sisters|siblings|cousins|classmates|colleagues|co-?workers|teammates|roommates"
    r"|neighbou?rs|kids|children)\b",
    re.IGNORECASE,
)
"""Whoever is named before it comes on top: "Ann and 5 of her friends" are six."""
_CONSTANTS = frozenset({Fraction(1), Fraction(2), Fraction(100)})


@dataclass(frozen=True, slots=True)
class Given:
    """One quantity of a prompt."""

    text: str
    accepted: frozenset[Fraction]
    """The numbers by which working may use it: 20% is 20, 0.2, 0.8, 1.2, 80 or 120."""
    needed: bool = True
    """Whether a solver has to write it: a lone "one" or a year may be idle."""


@dataclass(frozen=True)
class Problem:
    """The quantities of a word problem, and the numbers that general knowledge adds to them."""

    given: tuple[Given, ...]
    background: frozenset[Fraction]

    @cached_property
    def values(self) -> frozenset[Fraction]:
        return frozenset(value for given in self.given for value in given.accepted)


@lru_cache(maxsize=256)
def read_problem(prompt: str) -> Problem:
    """Read the quantities of a prompt in the order of the text."""
    tokens = tokenize(prompt)
    parser = Parser(tokens)
    found: list[Given] = []
    index = 0
    while index < len(tokens):
        given, index = _given(tokens, parser, index)
        if given is not None:
            found.append(given)
    found = [_with_company(given, prompt) for given in found]
    words = set(re.findall(r"[a-z]+", prompt.lower()))
    units = {UNITS[word].name for word in words if word in UNITS}
    background = {Fraction(ratio) for unit in units for ratio in _RATIOS.get(unit, ())}
    if words & {"weekday", "weekdays", "weekend", "weekends", "daily", "weekly"}:
        background |= {Fraction(n) for n in (2, 5, 7)}
    if words & {"monthly", "annual", "annually", "yearly"}:
        background.add(Fraction(12))
    return Problem(tuple(found), frozenset(background | _implied(prompt)) | _CONSTANTS)


def _with_company(given: Given, prompt: str) -> Given:
    """Accept one more for the number of those whom somebody named brings along."""
    if not any(match["n"].lower() == given.text.lower() for match in _COMPANY.finditer(prompt)):
        return given
    return replace(given, accepted=given.accepted | {number + 1 for number in given.accepted})


@lru_cache(maxsize=256)
def named(text: str) -> frozenset[Fraction]:
    """Return the numbers that a text names, in figures or words: twice is 2, a third of is 1/3."""
    tokens = tokenize(text)
    found = {token.value for token in tokens if token.value is not None}
    for index, token in enumerate(tokens):
        if token.kind == "word":
            word = token.text.lower()
            if word in _MULTIPLES:
                found.add(Fraction(_MULTIPLES[word]))
            elif word in PARTS or "-" in word:
                part = _part(tokens, index)
                found |= _of_part(part) if part is not None else set()
    return frozenset(found)


def _implied(prompt: str) -> set[Fraction]:
    """Numbers that a prompt mentions without giving them as a quantity: ratios, ordinals, "six-sided"."""
    implied = {Fraction(match[1]) for match in _ORDINAL.finditer(prompt)}
    for match in _RATIO.finditer(prompt):
        one, other = Fraction(match[1]), Fraction(match[2])
        implied |= {one, other, one + other, abs(one - other)}
    for match in _COMPOUND.finditer(prompt.lower()):
        number = numeral([match[1]])
        if number is not None:
            implied.add(Fraction(number))
    return implied


def _given(tokens: tuple[Token, ...], parser: Parser, index: int) -> tuple[Given | None, int]:
    token = tokens[index]
    word = token.text.lower()
    if token.kind == "word" and word in _MULTIPLES:
        times = Fraction(_MULTIPLES[word])
        needed = word not in {"couple", "pair", "pairs", "both"}
        return Given(word, frozenset({times, 1 / times, times + 1}), needed), index + 1
    part = _part(tokens, index)
    if part is not None:
        return Given(word, _of_part(part)), index + 1
    if token.kind != "number":
        return None, index + 1
    parsed = parser.parse(index)
    if parsed is None or token.value is None:
        return None, index + 1
    node, end = parsed
    numbers = quantities(node)
    if len(numbers) == 1 and isinstance(node, Quantity):
        accepted = _accepted(node) | _parts_of(node, tokens[index:end])
        return Given(token.text, accepted, _is_needed(token)), max(end, index + 1)
    try:
        value = evaluate(node)
    except UndefinedError:
        return None, end
    parts = frozenset(Fraction(q.value) for q in numbers)
    whole = {value, 1 - value, 1 + value, 1 / value} if isinstance(value, Fraction) and value else set()
    return Given(" ".join(t.text for t in tokens[index:end]), parts | whole), end


def _parts_of(node: Quantity, tokens: tuple[Token, ...]) -> set[Fraction]:
    """Return the numbers for "2 hours 30 minutes": 2, 30 and 150, besides 2.5."""
    values = {token.value for token in tokens if token.value is not None}
    if len(values) < 2 or node.unit is None:
        return set()
    smaller = [UNITS[token.text.lower()] for token in tokens if token.text.lower() in UNITS]
    return values | {Fraction(node.value) * node.unit.factor / unit.factor for unit in smaller}


def _part(tokens: tuple[Token, ...], index: int) -> Fraction | None:
    """Read "half", "a third of", "two-thirds" and "three quarters of"; "the third book" and a coin are no shares."""
    word = tokens[index].text.lower()
    if tokens[index].kind != "word":
        return None
    count, hyphen, name = word.partition("-")
    if hyphen and name in PARTS and count in _COUNTS:
        return PARTS[name] * _COUNTS[count]
    if word not in PARTS:
        return None
    if word in {"half", "halves"}:
        return PARTS[word]
    after = tokens[index + 1].text.lower() if index + 1 < len(tokens) else ""
    before = tokens[index - 1].text.lower() if index else ""
    shares = after in {"of", "as", "the", "that"} and before not in {
        "the",
        "his",
        "her",
        "their",
        "its",
        "every",
        "each",
    }
    return PARTS[word] if shares or (word.endswith("s") and word != "quarters") else None


def _of_part(part: Fraction) -> frozenset[Fraction]:
    ends = {Fraction(part.numerator), Fraction(part.denominator), Fraction(part.denominator - part.numerator)}
    return frozenset({part, 1 / part, 1 - part, 1 + part} | ends)


def _is_needed(token: Token) -> bool:
    return token.text.lower() != "one" and not (
        token.value is not None and 1900 <= token.value <= 2100 and token.decimals == 0
    )


def _accepted(node: Quantity) -> frozenset[Fraction]:
    value = Fraction(node.value)
    if node.percent:
        share = value / 100
        return frozenset(
            {value, share, 1 - share, 1 + share, 100 - value, 100 + value, *((1 / share,) if share else ())}
        )
    values = {value}
    if node.unit is not None and node.unit.name == "cent":
        values.add(value / 100)
    if node.unit is not None and node.unit.dimension == "count":
        values.add(value * node.unit.factor)
    if value.denominator != 1:
        values |= {
            1 - value,
            1 + value,
            *((1 / value,) if value else ()),
            Fraction(value.numerator),
            Fraction(value.denominator),
        }
    return frozenset(values)
