"""Remainders, last digits and linear congruences."""

import math
import re
from fractions import Fraction

from rubrica.tools.builtin.numbers.expression import (
    Function,
    Node,
    Power,
    Product,
    Quantity,
    Sum,
    UndefinedError,
    evaluate,
)
from rubrica.tools.builtin.numbers.parser import parse
from rubrica.tools.builtin.solve.solution import Solution

MAX_MODULUS = 10**9
MAX_COUNTED = 10**6
"""Numbers of a range that are tried one by one."""

_MATH = r"\$?(?P<what>[-\d\s+*^(){}\\,.!/]*?(?:\\(?:cdot|times)[-\d\s+*^(){}\\,.!/]*?){0,12})\$?"
_REMAINDER = re.compile(
    rf"\bremainder\s+(?:when|if|of|that\s+results\s+when)\s+(?:the\s+(?:sum|product|number|integer)\s+)?{_MATH}\s+is\s+divided\s+by\s+\$?(?P<by>\d{{1,9}})\$?(?!\.?\d)",
    re.IGNORECASE,
)
_LAST = re.compile(
    rf"\b(?P<which>units|ones|last|tens)\s+digits?\s+(?:of|in)\s+(?:the\s+(?:sum|product|number|value\s+of|decimal\s+(?:representation|expansion)\s+of)\s+)*{_MATH}\s*(?:[?.](?!\d)|$)",
    re.IGNORECASE,
)
_MOD = r"\$?\s*\(?\\?p?(?:mod|bmod)(?:ulo)?\s*\{?\s*(?P<m>\d{1,9})\s*\}?\s*\)?"
_CONGRUENCE = re.compile(
    rf"(?<![\w^])(?P<a>-?\d{{0,9}})\s*(?P<x>[a-z])\s*(?P<c>[-+]\s*\d{{1,9}})?\s*(?:\\equiv|≡)\s*(?P<b>-?\d{{1,9}})\s*{_MOD}",
    re.IGNORECASE,
)
_INVERSE = re.compile(
    r"\b(?:(?:modular|multiplicative)\s+)?inverse\s+of\s+\$?(?P<a>\d{1,9})\$?\s*,?\s*(?:modulo|mod|\$?\\p?mod)\s*\{?\$?(?P<m>\d{1,9})|"
    r"(?P<b>\d{1,9})\^\{-1\}\s*\\p?mod\s*\{?(?P<n>\d{1,9})",
    re.IGNORECASE,
)
_RANGE = re.compile(
    r"(?P<lo>-?\d{1,9})\s*(?P<from><|\\leq?|≤|\\lt|<=)\s*(?P<x>[a-z])\s*(?P<to><|\\leq?|≤|\\lt|<=)\s*(?P<hi>-?\d{1,9})"
)
_SMALLEST = re.compile(r"\b(?:smallest|least)\s+(?:positive|non-?negative)?", re.IGNORECASE)
_COMBINED = re.compile(
    r"\b(?:average|mean|sum|product|difference|(?:two|three)(?!-digit)|all|other|largest|greatest)\b", re.IGNORECASE
)
_DIGITS = re.compile(r"\b(?P<n>two|three|four|five|[2-5])[- ]digit\b", re.IGNORECASE)
_NUMBER_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5}


def solve_residues(prompt: str) -> Solution | None:
    """Solve a prompt that asks for one remainder, last digit or inverse, or for what solves one linear congruence."""
    return _remainder(prompt) or _last_digit(prompt) or _inverse(prompt) or _congruence(prompt)


def residue(node: Node, modulus: int) -> int:
    """Return an integer expression modulo a number, however large its powers.

    Raises:
        UndefinedError: it is not a sum, product or power of whole numbers.
    """
    match node:
        case Quantity(Fraction(denominator=1) as value, percent=False):
            return int(value) % modulus
        case Sum(terms):
            return sum(sign * residue(term, modulus) for sign, term in terms) % modulus
        case Product(factors) if all(operator == "*" for operator, _ in factors):
            return math.prod(residue(factor, modulus) for _, factor in factors) % modulus
        case Power(base, exponent):
            power = evaluate(exponent)
            if isinstance(power, Fraction) and power.denominator == 1 and power >= 0:
                return pow(residue(base, modulus), int(power), modulus)
        case Function("factorial", (inner,)):
            count = evaluate(inner)
            if isinstance(count, Fraction) and 0 <= count <= 1000:
                return math.factorial(int(count)) % modulus
        case _:
            pass
    raise UndefinedError("no residue")


def _of(text: str, modulus: int) -> int | None:
    node = parse(re.sub(r"\\[!,]", "", text.strip().rstrip(".,")))
    try:
        return residue(node, modulus) if node is not None else None
    except (UndefinedError, ValueError):
        return None


def _remainder(prompt: str) -> Solution | None:
    match = _REMAINDER.search(prompt)
    if match is None or not 1 < int(match["by"]) <= MAX_MODULUS:
        return None
    value = _of(match["what"], int(match["by"]))
    if value is None:
        return None
    return _number(value, f"{match['what'].strip()} leaves {value} on division by {match['by']}", match.span())


def _last_digit(prompt: str) -> Solution | None:
    match = _LAST.search(prompt)
    if match is None or (
        match["which"].lower() == "last" and not re.search(r"\blast digit\b", match[0], re.IGNORECASE)
    ):
        return None
    tens = match["which"].lower() == "tens"
    value = _of(match["what"], 100 if tens else 10)
    if value is None:
        return None
    digit = value // 10 if tens else value
    return _number(digit, f"the {match['which'].lower()} digit of {match['what'].strip()} is {digit}", match.span())


def _inverse(prompt: str) -> Solution | None:
    match = _INVERSE.search(prompt)
    if match is None:
        return None
    number, modulus = int(match["a"] or match["b"]), int(match["m"] or match["n"])
    if modulus < 2 or math.gcd(number, modulus) != 1:
        return None
    value = pow(number, -1, modulus)
    bounds = [found.span() for found in re.finditer(rf"\b(?:0|1|{modulus}|{modulus - 1})\b", prompt)]
    return _number(value, f"{number} * {value} is 1 modulo {modulus}", match.span(), *bounds)


def _congruence(prompt: str) -> Solution | None:
    """Solve one linear congruence for its least solution, for the one in a range, or count those of a range."""
    found = list(_CONGRUENCE.finditer(prompt))
    if len(found) != 1 or _COMBINED.search(prompt):
        return None
    match = found[0]
    factor, modulus = int(match["a"] if match["a"] not in {"", "-"} else match["a"] + "1"), int(match["m"])
    wanted = int(match["b"]) - int((match["c"] or "0").replace(" ", ""))
    span, used = _span(prompt, match["x"])
    if not 1 < modulus <= MAX_COUNTED or span is None or span[1] - span[0] > MAX_COUNTED:
        return None
    numbers = [n for n in range(span[0], span[1] + 1) if (factor * n - wanted) % modulus == 0]
    if re.search(r"\bhow many\b", prompt, re.IGNORECASE):
        value = len(numbers)
    elif numbers and (len(numbers) == 1 or _SMALLEST.search(prompt)):
        value = numbers[0]
    else:
        return None
    how = f"{factor}{match['x']} = {wanted} modulo {modulus} for {', '.join(map(str, numbers[:4]))}"
    return _number(value, how, match.span(), *used)


def _span(prompt: str, letter: str) -> tuple[tuple[int, int] | None, list[tuple[int, int]]]:
    """Read in which whole numbers a letter is sought, and where the prompt says so."""
    bounds = list(_RANGE.finditer(prompt))
    if len(bounds) == 1 and bounds[0]["x"] == letter:
        low, high = int(bounds[0]["lo"]), int(bounds[0]["hi"])
        low += bounds[0]["from"] in {"<", "\\lt"}
        high -= bounds[0]["to"] in {"<", "\\lt"}
        return (low, high), [bounds[0].span()]
    digits = _DIGITS.search(prompt)
    if digits is not None and not bounds:
        count = _NUMBER_WORDS.get(digits["n"].lower()) or int(digits["n"])
        return (10 ** (count - 1), 10**count - 1), [digits.span()]
    smallest = _SMALLEST.search(prompt)
    if smallest is not None and not bounds and "positive" in smallest[0].lower():
        return (1, MAX_COUNTED), []
    return None, []


def _number(value: int, how: str, *used: tuple[int, int]) -> Solution:
    return Solution("number", str(value), how, used, Fraction(value))
