"""Numbers in special notation: 6.11e-5, 0.333 with a bar over its threes, and choices such as C(4,2)."""

import re
from fractions import Fraction

SPECIAL = r"""
      (?P<choose>(?<![\w\\.])n?(?P<form>[CP])\(\s?\d{1,3}\s?,\s?\d{1,3}\s?\)
        |(?<![\w.,])\d{1,3}[CP]\d{1,3}\b
        |(?:\{\})?[_^](?:\d|\{\d{1,3}\})[CP]_(?:\d|\{\d{1,3}\})
        |[({]?(?<![\w.,])\d{1,3}\ \\?choose\ \d{1,3}\b[)}]?)
    | (?P<recurring>\d+\.\d*\\(?:overline|bar)\{\d{1,12}\}|\d+\.\(\d{1,12}\)
        |(?<=[=≈]\ )\d+\.\d{1,6}\(\d{1,3}\)(?!\s?[-=≈*+/×·\w]))
    | (?P<scientific>(?<![\w.])\d+(?:\.\d+)?[eE][-+−]?\d{1,2}(?![\w.]*\w))
"""
"""Alternatives for the pattern of the lexer, which is verbose."""

_OPERATOR_BEFORE = re.compile(r"(?:[-=≈+*/×÷·−({]|\\(?:times|cdot|approx))\s?$")
_OPERATOR_AFTER = re.compile(r"\s?(?:[=≈+*/×÷·−)}]|- |\\(?:times|cdot|approx|div))")
_FORM = re.compile(r"P")


def computes(text: str, match: re.Match[str]) -> bool:
    """Whether a choice is one: C(4,2) beside nothing that computes is a point."""
    if match["form"] is None:
        return True
    before, after = text[max(0, match.start() - 8) : match.start()], text[match.end() : match.end() + 8]
    return _OPERATOR_BEFORE.search(before) is not None or _OPERATOR_AFTER.match(after) is not None


def choice(text: str) -> tuple[str, str, str]:
    r"""Read C(4,2), 4C2, "4 choose 2" and P(4,2) as the command \binom or \perm and its two numbers."""
    total, taken = re.findall(r"\d+", text)
    return "\\perm" if _FORM.search(text) else "\\binom", total, taken


def recurring(text: str) -> Fraction:
    r"""Return the value of 0.\overline{3}, 0.1\bar{6} and 0.(3)."""
    whole, _, places = text.partition(".")
    fixed = re.split(r"[^\d]", places)[0]
    cycle = re.findall(r"\d+", places)[-1]
    once = Fraction(int(whole + fixed), 10 ** len(fixed))
    return once + Fraction(int(cycle), (10 ** len(cycle) - 1) * 10 ** len(fixed))


def scientific(text: str) -> tuple[Fraction, int]:
    """Return the value of 6.11e-5 and its decimal places, which are negative for 7.2e8."""
    plain = text.replace("−", "-").lower()
    mantissa, _, exponent = plain.partition("e")
    return Fraction(plain), len(mantissa.partition(".")[2]) - int(exponent)
