"""Numbers that prose names together: "32 degrees plus the 50 that it has moved, which equals 82"."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from rubrica.tools.builtin.numbers.lexer import Token, tokenize
from rubrica.tools.builtin.numbers.working import MAX_TEXT

MAX_NAMED = 16
"""Numbers of two sentences that are tried in pairs."""

_SENTENCE = re.compile(r"(?<=[.!?])\s|\n")


def named_together(text: str, wanted: float) -> bool:
    """Whether a sentence before the answer names it together with two numbers that make it, or with all its parts."""
    before: list[float] = []
    for numbers in _sentences(text):
        others = [number for number in numbers if not same(number, wanted)]
        if 0 < len(others) < len(numbers):
            known = list(dict.fromkeys([*others, *before]))[:MAX_NAMED]
            if len(others) > 1 and same(sum(others), wanted):
                return True
            if any(_joins(one, other, wanted) for one, other in combinations(known, 2)):
                return True
        before = numbers
    return False


def _sentences(text: str) -> Iterator[list[float]]:
    """Yield the numbers of each sentence."""
    starts = [match.start() for match in _SENTENCE.finditer(text[:MAX_TEXT])]
    numbers: list[float] = []
    at = 0
    for token in _numbers(text):
        while at < len(starts) and starts[at] < token.start:
            if numbers:
                yield numbers
            numbers, at = [], at + 1
        numbers.append(float(token.value or 0))
    if numbers:
        yield numbers


def _numbers(text: str) -> Sequence[Token]:
    return [token for token in tokenize(text[:MAX_TEXT]) if token.value is not None]


def _joins(one: float, other: float, wanted: float) -> bool:
    made = [one + other, abs(one - other), one * other]
    made += [one / other] if other else []
    made += [other / one] if one else []
    return any(same(number, wanted) for number in made)


def same(one: float, other: float) -> bool:
    """Whether two numbers are one, to six digits."""
    return abs(one - other) <= 1e-6 * max(1.0, abs(other))
