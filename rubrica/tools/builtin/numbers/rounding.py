"""How far a result may lie from the exact one because the numbers that it was computed from are rounded themselves."""

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from rubrica.tools.builtin.numbers.expression import (
    PLAIN,
    Function,
    Node,
    Number,
    Power,
    Product,
    Quantity,
    Reading,
    Sum,
    UndefinedError,
    evaluate,
    quantities,
)

MAX_OPERANDS = 12
MAX_SHARE = 0.01
"""Relative error beyond which no rounding of operands is believed."""
MIN_DIGITS = 3
"""Significant digits from which a decimal looks like a rounded one: 0.333, but not 2.5."""
PI_SLACK = Fraction(2, 1000)
"""3.14 and 22/7 stand for pi."""


def from_rounded(left: Node, right: Node, reading: Reading = PLAIN) -> bool:
    """Whether rounded operands can explain the distance of two sides: 0.001889/0.003771 = 0.50074.

    Amounts of money are exact, and so are the places of a sum, unless the result has fewer.
    """
    operands = [quantity for quantity in quantities(left) if _slack(quantity)]
    if not operands or len(operands) > MAX_OPERANDS or any(q.unit and q.unit.dimension == "money" for q in operands):
        return False
    if isinstance(left, Sum) and isinstance(right, Quantity) and right.decimals >= max(q.decimals for q in operands):
        return False
    try:
        exact, stated = float(evaluate(left, reading)), float(evaluate(right, reading))
        spread = sum(abs(float(evaluate(_moved(left, q), reading)) - exact) for q in operands)
    except UndefinedError:
        return False
    last = place(right) / 2
    return abs(exact - stated) <= min((spread + last) * (1 + 1e-6), MAX_SHARE * abs(exact))


def place(node: Node) -> float:
    """Return what one unit of the last place of a number is worth; 0 for an expression that is not one number."""
    match node:
        case Quantity():
            return float(10.0**-node.decimals) if node.decimals else 0.0
        case Product((("*", Quantity() as mantissa), ("*", Power(Quantity(Fraction(numerator=10)), exponent)))):
            try:
                return float(10.0**-mantissa.decimals * 10.0 ** float(evaluate(exponent)))
            except (UndefinedError, OverflowError):
                return 0.0
        case _:
            return 0.0


def _slack(quantity: Quantity) -> Number:
    """Return half a unit of the last place of a number that looks rounded, else 0."""
    if quantity.value == math.pi:
        return PI_SLACK
    if isinstance(quantity.value, float) or quantity.decimals < 1:
        return Fraction(0)
    digits = abs(quantity.value.numerator * 10**quantity.decimals // quantity.value.denominator)
    if len(str(digits)) < MIN_DIGITS:
        return Fraction(0)
    return Fraction(1, 2 * 10**quantity.decimals)


def _moved(node: Node, quantity: Quantity) -> Node:
    """Return the expression with one of its numbers larger by its slack."""
    larger = replace(quantity, value=quantity.value + _slack(quantity))
    return _mapped(node, lambda found: larger if found is quantity else found)


def _mapped(node: Node, change: Callable[[Quantity], Quantity]) -> Node:
    match node:
        case Quantity():
            return change(node)
        case Sum(terms):
            return Sum(tuple((sign, _mapped(term, change)) for sign, term in terms))
        case Product(factors):
            return Product(tuple((operator, _mapped(factor, change)) for operator, factor in factors))
        case Power(base, exponent):
            return Power(_mapped(base, change), _mapped(exponent, change))
        case Function(name, arguments):
            return Function(name, tuple(_mapped(argument, change) for argument in arguments))
