"""Shares told in words ("half of the rest"): used where the working names an equivalent, or takes it of a number."""

import re
from fractions import Fraction
from functools import lru_cache

from rubrica.tools.builtin.numbers.lexer import tokenize
from rubrica.tools.builtin.numbers.lexicon import PARTS
from rubrica.tools.builtin.numbers.working import MAX_TEXT
from rubrica.tools.builtin.steps.given import Given, Problem

MAX_NUMBERS = 200


def shared(given: Given, text: str, problem: Problem) -> bool:
    """Whether a share is in the working under another name: half as 50%, half of a half as 1/4, half of 80 as 40."""
    part = _share(given)
    if part is None:
        return False
    others = [other for item in problem.given if item is not given and (other := _share(item)) is not None]
    pieces = {part, 1 - part} | {x * y for other in others for x in (part, 1 - part) for y in (other, 1 - other)}
    numbers, percents = _numbers(text)
    if pieces & (percents | numbers) or {1 / piece for piece in pieces if piece} & numbers:
        return True
    whole = problem.values | numbers
    return any(number and piece * number in numbers for number in whole for piece in (part,) if piece * number > 1)


def _share(given: Given) -> Fraction | None:
    return PARTS.get(re.split(r"[\s-]", given.text.lower())[-1]) if given.text[:1].isalpha() else None


@lru_cache(maxsize=256)
def _numbers(text: str) -> tuple[frozenset[Fraction], frozenset[Fraction]]:
    """Return the numbers of a text, and the shares that its percentages are."""
    tokens = tokenize(text[:MAX_TEXT])
    numbers: set[Fraction] = set()
    percents: set[Fraction] = set()
    for index, token in enumerate(tokens):
        if token.value is None or len(numbers) > MAX_NUMBERS:
            continue
        numbers.add(token.value)
        after = tokens[index + 1] if index + 1 < len(tokens) else None
        if after is not None and (after.kind == "percent" or after.text.lower() == "percent"):
            percents.add(token.value / 100)
        if after is not None and after.text == "/" and index + 2 < len(tokens) and tokens[index + 2].value:
            percents.add(token.value / (tokens[index + 2].value or 1))
    return frozenset(numbers), frozenset(percents)
