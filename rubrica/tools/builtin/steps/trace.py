"""Where the numbers of a working come from: the prompt, an earlier result, general knowledge, or nowhere."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rubrica.tools.builtin.numbers.equation import Judged
from rubrica.tools.builtin.numbers.expression import (
    Function,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Sum,
    UndefinedError,
    evaluate,
    quantities,
)
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
    known: list[float] = []
    stated = iter([(token.start, float(token.value)) for token in tokenize(text[:MAX_TEXT]) if token.value is not None])
    ahead = next(stated, None)
    for judged in working(text).equations:
        while ahead is not None and ahead[0] < judged.equation.start:  # what the prose said before
            insort(known, ahead[1])
            ahead = next(stated, None)
        operands = quantities(judged.equation.left)
        sources = tuple(Operand(quantity, _source(quantity, known, problem)) for quantity in operands)
        try:
            result = evaluate(judged.equation.right)
        except UndefinedError:
            continue
        insort(known, float(result))
        for value in _parts(judged.equation.left):
            insort(known, value)
        steps.append(Step(judged, sources, result))
    return tuple(steps)


def _parts(node: Node) -> Iterator[float]:
    """Yield the values of an expression and of those inside it: after (21 + 10) * 12 stands 31 * 12."""
    match node:
        case Sum(terms) if len(terms) > 1:
            inner = [term for _, term in terms]
        case Product(factors):
            inner = [factor for _, factor in factors]
        case Power(base, exponent):
            inner = [base, exponent]
        case Function(_, arguments):
            inner = list(arguments)
        case _:
            return
    for part in inner:
        yield from _parts(part)
    try:
        yield float(evaluate(node))
    except UndefinedError:
        return


def _source(quantity: Quantity, known: list[float], problem: Problem) -> str:
    variants = _values(quantity)
    if variants & problem.values:
        return "given"
    if any(_near(float(variant), known) or _near(100 * float(variant), known) for variant in variants):
        return "result"
    return "background" if variants & problem.background else "nowhere"


def _near(value: float, known: list[float]) -> bool:
    """Whether a known number is within half a percent."""
    slack = 0.005 * max(1.0, abs(value))
    at = bisect_left(known, value - slack)
    return at < len(known) and known[at] <= value + slack


@lru_cache(maxsize=512)
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
