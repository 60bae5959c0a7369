"""How a solution ends: an answer as even as the numbers given, and no result that was left lying."""

import re
from collections.abc import Iterator
from fractions import Fraction

from rubrica.tools.base import Observation
from rubrica.tools.builtin.arithmetic import show
from rubrica.tools.builtin.final_answer import FinalAnswer
from rubrica.tools.builtin.numbers.lexer import tokenize
from rubrica.tools.builtin.numbers.working import MAX_TEXT, working
from rubrica.tools.builtin.steps.given import read_problem
from rubrica.tools.builtin.unknowns.relations import relations

AS_FINE, FINER = 0.8, 0.4
"""What an answer with decimals is worth when the task has as many, and when only its shares and percentages can explain
them."""

_UNEVEN = re.compile(
    r"\b(?:round\w*|nearest|decimals?|average|mean|probability|percent\w*|ratio|rate|fraction|speed|per|approximat\w*"
    r"|density|estimate\w*|interest)\b|%",
    re.IGNORECASE,
)
"""Questions whose answers need not come out even."""


def evenness(prompt: str, answer: FinalAnswer) -> Iterator[Observation]:
    """Hold the decimals of an answer against those of the task: whoever sets an exercise lets it come out.

    Nothing is said where the question asks for an average, a rate, a percentage or a rounding.
    """
    assert answer.value is not None
    question = re.split(r"(?<=[.!?])\s", prompt.strip())[-1]
    if _UNEVEN.search(question):
        return
    value = Fraction(answer.value)
    tokens = [token for token in tokenize(prompt) if token.value is not None]
    finest = max((token.decimals for token in tokens), default=0)
    if value.denominator == 1:
        worth = 1.0
    elif finest and (value * 10**finest).denominator == 1:
        worth = AS_FINE
    else:
        shares = any(number.denominator != 1 for given in read_problem(prompt).given for number in given.accepted)
        worth = FINER if shares else 0.0
    detail = f"the answer is {show(value)}"
    claim = "the answer comes out as even as the numbers of the task"
    yield Observation(claim=claim, value=worth, detail=detail, span=answer.span)


def uses(text: str, answer: FinalAnswer) -> Iterator[Observation]:
    """Look for results that are neither named again nor the answer; working with unknowns is not followed."""
    assert answer.value is not None
    results = working(text).results
    if len(results) < 2 or any(relation.letters for relation in relations(text)):
        return
    stated = [(token.start, float(token.value)) for token in tokenize(text[:MAX_TEXT]) if token.value is not None]
    idle = []
    for result in results:
        value = float(result.value)
        forms = (value, 100 * value, value / 100)
        later = (number for start, number in stated if start >= result.end)
        if not _same(value, float(answer.value)) and not any(_same(form, n) for n in later for form in forms):
            idle.append(show(result.value))
    detail = f"never used: {', '.join(idle[:5])}" if idle else "all are used"
    yield Observation(claim="every result is put to use", value=1 - len(idle) / len(results), detail=detail)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1.0, abs(other))
