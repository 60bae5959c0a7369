"""`answer-backed`: does the text show where its final answer comes from?

A calculation, an equation with unknowns, or numbers named in prose beside it; or nothing.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from rubrica.tools.base import Observation
from rubrica.tools.builtin.arithmetic import decimal_numerals
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.final_answer import FinalAnswer, asked, extract
from rubrica.tools.builtin.numbers.equation import agree
from rubrica.tools.builtin.numbers.expression import Quantity
from rubrica.tools.builtin.numbers.prose import named_together, same
from rubrica.tools.builtin.numbers.working import working
from rubrica.tools.builtin.solve import solve
from rubrica.tools.builtin.steps.prompts import word_problem
from rubrica.tools.builtin.unknowns.relations import relations
from rubrica.types import Candidate, TaskView

MIN_WORDS = 8
"""A shorter text is an answer without working, which some tasks ask for."""

UNKNOWNS, PROSE, REASONED = 1.0, 0.8, 0.5
"""What an answer is worth that stands in an equation with unknowns, follows from numbers named beside it, or
answers a question of pure mathematics, where words may show what no calculation does."""


_ROUNDED = re.compile(r"\bhow many\b|\bround|\bnearest\b|\bapproximat|\bestimat|\babout how\b", re.IGNORECASE)
"""Questions whose answer may be rounded to a whole: what is counted, and what says so."""


@builtin(
    "answer-backed",
    "When the task asks for a quantity: does the answer show where its final number comes from (1 = the result of a "
    "calculation or of equations with unknowns, 0.8 = it follows from numbers named beside it, 0 = nothing shown "
    "gives it, or 0.5 outside word problems)? Silent on a bare answer and on prompts that are one line of computation.",
)
def answer_backed(task: TaskView, candidate: Candidate, _arguments: NoArguments) -> Iterator[Observation]:
    """Report what the final answer rests on."""
    if asked(task.prompt) != "quantity" or not decimal_numerals(task.prompt) or solve(task.prompt) is not None:
        return
    text = candidate.text
    answer = extract(text, "quantity")
    if answer is None or answer.value is None or len(text.split()) < MIN_WORDS:
        return
    value, detail = backing(text, answer, rounding=_ROUNDED.search(task.prompt) is not None)
    if not value and word_problem(task.prompt) is None:
        value = REASONED
    yield Observation(claim="the final answer comes from somewhere", value=value, detail=detail, span=answer.span)


def backing(text: str, answer: FinalAnswer, *, rounding: bool = True) -> tuple[float, str]:
    """Return how far the text shows where its answer comes from, in [0, 1], and in words how.

    With `rounding`, a whole answer may round a result that is not.
    """
    if calculated_from(text, answer, rounding=rounding):
        return 1.0, f"{answer.text} is the result of a calculation"
    wanted = float(answer.value or 0)
    if any(same(abs(number), abs(wanted)) for number in _beside_unknowns(text)):
        return UNKNOWNS, f"{answer.text} comes out of equations with unknowns"
    if named_together(text, wanted):
        return PROSE, f"{answer.text} follows from numbers named beside it"
    return 0.0, f"no calculation shown gives {answer.text}"


def calculated_from(text: str, answer: FinalAnswer, *, rounding: bool = True) -> bool:
    """Look for the answer among the results, rounded ones included: 15.4 buses are 16."""
    assert answer.value is not None
    decimals = len(answer.text.partition(".")[2]) if "." in answer.text else 0
    stated = Quantity(answer.value, decimals)
    factors = (1, 100) if answer.percent else (1,)
    results = [result.value * factor for result in working(text).results for factor in factors]
    if any(agree(result, answer.value, stated) for result in results):
        return True
    return rounding and any(_rounds(float(result), float(answer.value)) for result in results)


def _rounds(result: float, stated: float) -> bool:
    return abs(result - stated) < 1 and stated.is_integer() and not result.is_integer()


@lru_cache(maxsize=256)
def _beside_unknowns(text: str) -> frozenset[float]:
    """Return the numbers that stand in equations with letters."""
    found = relations(text) if "=" in text else ()
    return frozenset(
        float(token.value)
        for relation in found
        for token in (*relation.left.tokens, *relation.right.tokens)
        if token.value is not None
    )
