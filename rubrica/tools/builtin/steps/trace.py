"""Where the numbers of a working come from: the prompt, an earlier result, general knowledge, or nowhere."""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rubrica.tools.builtin.numbers.equation import Judged
from rubrica.tools.builtin.numbers.expression import Number, Quantity, UndefinedError, evaluate, quantities
from rubrica.tools.builtin.numbers.lexer import tokenize
from rubrica.tools.builtin.numbers.parser import Parser
from rubrica.tools.builtin.numbers.working import MAX_TEXT, working
from rubrica.tools.builtin.steps.given import Problem


@dataclass(frozen=True, slots=True)
class Operand:
    """A number that a step computes with."""

    quantity: Quantity
    source: str
    """"given", "result", "background" or "nowhere"."""


@dataclass(frozen=True, slots=True)
class Step:
    """One equation of the working, with the sources of its operands."""

    judged: Judged
    operands: tuple[Operand, ...]
    result: Number


def trace(text: str, problem: Problem) -> tuple[Step, ...]:
    """Follow the working of a text; numbers are told apart by value, rounding aside."""
    steps: list[Step] = []
    results: list[float] = []
    given = problem.values
    for judged in working(text).equations:
        operands = tuple(
            Operand(quantity, _source(quantity, given, results, problem))
            for quantity in quantities(judged.equation.left)
        )
        try:
            result = evaluate(judged.equation.right)
        except UndefinedError:
            continue
        results.append(float(result))
        if judged.left is not None:
            results.append(float(judged.left))
        steps.append(Step(judged, operands, result))
    return tuple(steps)


def _source(quantity: Quantity, given: frozenset[Fraction], results: list[float], problem: Problem) -> str:
    variants = _values(quantity)
    if any(variant in given for variant in variants):
        return "given"
    if any(abs(float(variant) - result) <= 0.005 * max(1.0, abs(result)) for variant in variants for result in results):
        return "result"
    if any(
        abs(float(variant) * 100 - result) <= 0.5
        for variant in variants
        for result in results
        if quantity.decimals == 2
    ):
        return "result"
    return "background" if any(variant in problem.background for variant in variants) else "nowhere"


@lru_cache(maxsize=64)
def calculated(text: str) -> tuple[frozenset[Fraction], int]:
    """Return the numbers that stand in an operation or an equation of the text, and how many operations there are.

    Equations with unknowns count too: what matters here is which numbers were put to work.
    """
    tokens = tokenize(text[:MAX_TEXT])
    parser = Parser(tokens)
    numbers: set[Fraction] = set()
    operations, index = 0, 0
    while index < len(tokens):
        parsed = parser.parse(index) if tokens[index].kind in {"number", "open", "command"} else None
        if parsed is None:
            index += 1
            continue
        node, end = parsed
        found = quantities(node)
        beside = [tokens[i].kind for i in (index - 1, end) if 0 <= i < len(tokens)]
        if len(found) > 1 or {"operator", "equals"} & set(beside):
            operations += len(found) - 1
            for quantity in found:
                numbers |= _values(quantity)
        index = max(end, index + 1)
    return frozenset(numbers), operations


def _values(quantity: Quantity) -> set[Fraction]:
    if isinstance(quantity.value, float):
        return set()
    return {quantity.value, quantity.value / 100} if quantity.percent else {quantity.value}
