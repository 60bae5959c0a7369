"""Sums and conversions in another number base, the digits read and written in that base."""

import re
from fractions import Fraction

from rubrica.tools.builtin.numbers.expression import Product, Sum, UndefinedError, evaluate
from rubrica.tools.builtin.numbers.parser import parse
from rubrica.tools.builtin.solve.solution import Solution

_NAMES = {"binary": 2, "ternary": 3, "octal": 8, "decimal": 10, "hexadecimal": 16, "hex": 16}
_WORDS = {
    w: n
    for n, w in enumerate(
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"], 2
    )
} | {"sixteen": 16}
_BASE = rf"(?:base[- ]?(?P<{{0}}_n>\d{{{{1,2}}}}|{'|'.join(_WORDS)})\b|(?P<{{0}}_w>{'|'.join(_NAMES)})\b)"
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_ANY_BASE = re.compile(_BASE.format("b"), re.IGNORECASE)
_SUM = re.compile(
    r"(?<![\w.])[0-9A-Fa-f]{1,24}(?:\s{0,3}(?:[-+*×x]|plus|minus|times)\s{0,3}[0-9A-Fa-f]{1,24}(?![\w.]))+",
    re.IGNORECASE,
)
_NUMERAL = r"(?<![\w.])(?:0[xob])?(?P<digits>[0-9A-Fa-f]{1,24})(?![\w.])"
_FROM_TO = re.compile(
    rf"(?:{_BASE.format('p')}\s+(?:number|numeral)?\s*)?{_NUMERAL}(?:_\{{?(?P<sub>\d{{1,2}})\}}?)?\s*\(?(?:(?:from|in|of)?\s*(?:its\s+|the\s+)?{_BASE.format('f')})?\)?"
    rf"(?:\s+(?:number|notation|form|numeral|representation)s?)?\s*,?\s*(?:to|into|in|as)\s+(?:a\s+|an\s+|its\s+|the\s+)?{_BASE.format('t')}",
    re.IGNORECASE,
)
_REPRESENTATION = re.compile(
    rf"\b{_BASE.format('t')}\s+(?:representation|form|equivalent|value|notation)\s+(?:of|for)\s+(?:the\s+)?"
    rf"(?:{_BASE.format('f')}\s+)?(?:number\s+)?{_NUMERAL}(?!\s*(?:in|from)\b)",
    re.IGNORECASE,
)
_LISTED_DIGITS = re.compile(r"\bdigits\s+(?:are|being|is)?\s*[\"'“]?(?P<list>[0-9A-Fa-f]{2,16})\b", re.IGNORECASE)


def solve_base(prompt: str) -> Solution | None:
    """Solve a sum in one stated base, or a conversion between two."""
    return _conversion(prompt) or _sum(prompt)


def _sum(prompt: str) -> Solution | None:
    bases = list(_ANY_BASE.finditer(prompt))
    values = {base_of(match, "b") for match in bases}
    if len(values) != 1 or not re.search(
        r"\bwhat\b|\bcompute\b|\bcalculate\b|\badd\b|\bevaluate\b|\bfind\b", prompt, re.IGNORECASE
    ):
        return None
    base = values.pop()
    sums = [match for match in _SUM.finditer(prompt) if any(character.isdigit() for character in match[0])]
    if base is None or len(sums) != 1:
        return None
    try:
        decimal = re.sub(r"(?<![a-z])[0-9A-Fa-f]+(?![a-z])", lambda m: str(int(m[0], base)), sums[0][0])
        node = parse(decimal)
        value = evaluate(node) if isinstance(node, Sum | Product) else None
    except (ValueError, UndefinedError):
        return None
    if not isinstance(value, Fraction) or value.denominator != 1:
        return None
    used = [match.span() for match in bases] + [sums[0].span()]
    used += [match.span("list") for match in _LISTED_DIGITS.finditer(prompt)]
    result = in_base(int(value), base)
    how = f"{sums[0][0]} in base {base} is {result}"
    return Solution("numeral", result, how, tuple(used))


def _conversion(prompt: str) -> Solution | None:
    for pattern in (_FROM_TO, _REPRESENTATION):
        found = list(pattern.finditer(prompt))
        if len(found) != 1:
            continue
        match = found[0]
        source, target = base_of(match, "f") or base_of(match, "p") or 10, base_of(match, "t")
        if pattern is _FROM_TO and match["sub"]:
            source = int(match["sub"])
        if target is None or source == target or not 2 <= source <= 36:
            continue
        try:
            value = int(match["digits"], source)
        except ValueError:
            continue
        result = in_base(value, target)
        how = f"{match['digits']} of base {source} is {result} in base {target}"
        return Solution("numeral", result, how, (match.span(),))
    return None


def base_of(match: re.Match[str], prefix: str) -> int | None:
    """Return the base that a match names, between 2 and 36."""
    part = match.groupdict()
    if part.get(f"{prefix}_w"):
        return _NAMES[part[f"{prefix}_w"].lower()]
    text = (part.get(f"{prefix}_n") or "").lower()
    base = int(text) if text.isdigit() else _WORDS.get(text, 0)
    return base if 2 <= base <= 36 else None


def in_base(value: int, base: int) -> str:
    """Write an integer in a base between 2 and 36, with lower-case letters."""
    digits, rest = "", abs(value)
    while rest:
        rest, digit = divmod(rest, base)
        digits = _DIGITS[digit] + digits
    return ("-" if value < 0 else "") + (digits or "0")
