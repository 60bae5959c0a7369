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
from rubrica.tools.builtin.numbers.rounding import from_rounded, place

Rounded = Literal["", "to", "down"]
"""Words after a result: that it is rounded to something, or that something is left over."""
MAX_ROUNDING = 0.1
"""Relative distance to which a result may be rounded where words say that it is: 47 to the nearest ten."""
MAX_CONVERSION = 0.01
"""Relative distance of one amount in two units: 5 kg = 11 lb."""


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
    rounded: Rounded = ""
    """What the words beside it say of the result."""


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
    if _settled_by_rounding(equation, value):
        return Judged(equation, None, value)
    named = _is_bare(left) and not _is_bare(right)  # "each of the 2 days = 3 * 2": the number is part of a name
    return Judged(equation, False if equation.sure and not named else None, value)


def _settled_by_rounding(equation: Equation, value: Number) -> bool:
    """Whether a result that is not exact is what rounding makes of it: said in words, or done to the operands."""
    left, right = equation.left, equation.right
    stated, found = float(evaluate(right)), float(value)
    gap = abs(stated - found)
    floor = equation.rounded == "down" and stated < found and _divides(left)
    if gap < 1 and not found.is_integer() and (floor or equation.rounded == "to"):
        return True
    if equation.rounded == "to" and stated % 10 == 0 and gap <= MAX_ROUNDING * abs(found):
        return True
    if _converts(left, right):
        units = Reading(units=True)
        one, other = float(evaluate(left, units)), float(evaluate(right, units))
        return abs(one - other) <= MAX_CONVERSION * abs(one)
    return from_rounded(left, right)


def _divides(node: Node) -> bool:
    return isinstance(node, Product) and any(operator == "/" for operator, _ in node.factors)


def agree(computed: Number, stated: Number, node: Node, *, approximate: bool = False, reading: Reading = PLAIN) -> bool:
    """Whether the stated number is the computed one, or a rounding of it to the places that it is given with.

    Decimals may be rounded or cut off; a whole number may round a value only when it is off by less than 0.1%.
    """
    if computed == stated:
        return True
    a, b = float(computed), float(stated)
    gap = abs(a - b)
    whole = all(isinstance(n, Fraction) and n.denominator == 1 for n in (computed, stated))
    if gap <= 1e-9 * max(abs(a), abs(b)) and not whole:
        return True
    if not isinstance(node, Quantity):
        if gap <= place(node) * (1 if approximate else 0.5) * (1 + 1e-6):  # 6.11 × 10^-5
            return True
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
        return bool(gap <= max(min(unit, 0.06 * abs(a)), min(unit, 1) / 2) * (1 + 1e-6))
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
