"""An equation between known numbers, recomputed under every reading that its percent signs and units allow."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from rubrica.tools.builtin.numbers.expression import (
    PLAIN,
    Node,
    Number,
    Product,
    Quantity,
    Reading,
    Sum,
    UndefinedError,
    evaluate,
    quantities,
)


@dataclass(frozen=True, slots=True)
class Equation:
    """Two neighbouring members of a chain of equals signs, both known."""

    left: Node
    right: Node
    relation: Literal["=", "≈"]
    start: int
    end: int
    sure: bool
    stated: int
    """Where the right side begins."""
    last: bool = True
    """Whether the chain ends here."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An equation and what recomputing it gave: `right` is None when no reading settles it."""

    equation: Equation
    right: bool | None
    left: Number | None
    note: str = ""


def judge(equation: Equation) -> Judged | None:
    """Recompute an equation; it is right if one reading makes it so. None = there is nothing to check in it."""
    left, right = equation.left, equation.right
    if _is_bare(left) and _is_bare(right) and not _converts(left, right):
        return None
    try:
        value = evaluate(left)
        evaluate(right)
    except UndefinedError:
        return None
    for reading_left, reading_right in _readings(left, right):
        try:
            a, b = evaluate(left, reading_left), evaluate(right, reading_right)
        except UndefinedError:
            continue
        if agree(a, b, right, approximate=equation.relation == "≈", reading=reading_right):
            return Judged(equation, True, value)
    start = _leading(right)
    if start is not None and not isinstance(right, Quantity):
        try:
            if agree(value, evaluate(start), start, approximate=equation.relation == "≈"):
                return Judged(equation, True, value, "running total")
        except UndefinedError:
            pass
    named = _is_bare(left) and not _is_bare(right)  # "each of the 2 days = 3 * 2": the number is part of a name
    return Judged(equation, False if equation.sure and not named else None, value)


def agree(computed: Number, stated: Number, node: Node, *, approximate: bool = False, reading: Reading = PLAIN) -> bool:
    """Whether the stated number is the computed one, or a rounding of it to the places that it is given with.

    Decimals may be rounded or cut off; a whole number may round a value only when it is off by less than 0.1%.
    """
    if computed == stated:
        return True
    a, b = float(computed), float(stated)
    gap = abs(a - b)
    if gap <= 1e-9 * max(abs(a), abs(b)):
        return True
    if not isinstance(node, Quantity):
        rounded = isinstance(computed, float) and any(quantity.decimals >= 2 for quantity in quantities(node))
        return (approximate and gap <= 0.01 * abs(a)) or (rounded and gap <= 0.001 * abs(a))  # -11 + 1.732 for a root
    unit = 10.0**-node.decimals
    if reading.units:
        unit *= float((node.unit.factor if node.unit else 1) / (node.per.factor if node.per else 1))
    if node.percent and reading.percent != "plain":
        unit /= 100
    if approximate:
        digits = str(node.value.numerator) if isinstance(node.value, Fraction) and not node.decimals else "1"
        unit *= 10 ** (len(digits) - len(digits.rstrip("0")))
        return bool(gap <= max(min(unit, 0.06 * abs(a)), min(unit, 1) / 2))
    if node.decimals:
        return gap <= unit * (0.5 + 1e-9) or bool(node.decimals >= 2 and abs(b) < abs(a) and gap < unit)
    return gap <= unit / 2 and gap <= abs(a) / 1000


def _readings(left: Node, right: Node) -> Iterator[tuple[Reading, Reading]]:
    numbers_left, numbers_right = quantities(left), quantities(right)
    percent_right = any(q.percent for q in numbers_right)
    yield PLAIN, PLAIN
    if percent_right:
        yield PLAIN, Reading("plain")
        yield Reading("plain"), Reading("plain")
    if any(q.percent for q in numbers_left):
        yield Reading("relative"), PLAIN
        if all(q.percent for q in numbers_left):
            yield Reading("plain"), PLAIN
    if any(q.unit for q in numbers_right) and any(q.unit for q in numbers_left):
        yield Reading(units=True), Reading(units=True)
    elif any(q.unit and q.unit.dimension == "count" for q in numbers_left):
        yield Reading(units=True), PLAIN


def _is_bare(node: Node) -> bool:
    """Whether a side is a number alone: nothing was computed there."""
    return isinstance(node, Quantity) or (isinstance(node, Sum) and len(node.terms) == 1 and _is_bare(node.terms[0][1]))


def _converts(left: Node, right: Node) -> bool:
    """Whether two plain quantities are one amount in two units of a dimension ("2 hours = 120 minutes")."""
    if not isinstance(left, Quantity) or not isinstance(right, Quantity):
        return False
    if left.unit is None or right.unit is None or left.per or right.per:
        return False
    return left.unit.dimension == right.unit.dimension and left.unit.name != right.unit.name


def _leading(node: Node) -> Node | None:
    match node:
        case Sum(terms) if terms[0][0] == 1:
            return _leading(terms[0][1]) or terms[0][1]
        case Product(factors):
            return _leading(factors[0][1]) or factors[0][1]
        case Quantity():
            return node
        case _:
            return None
