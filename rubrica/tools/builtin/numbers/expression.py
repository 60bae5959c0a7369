"""Expression trees and their exact value: rationals stay rationals, and no operation may outgrow a fixed size."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from rubrica.tools.builtin.numbers.lexicon import Unit

Number = Fraction | float
"""Exact where the value is rational; a float for roots that are not, and for pi."""

MAX_BITS = 1000
"""Numerators and denominators stay below 2^1000, so that a float can always stand for the value."""

MAX_FACTORIAL = 160


class UndefinedError(ArithmeticError):
    """The expression has no value here: division by zero, an even root of a negative number, or a result too large."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as written, with what was written around it."""

    value: Number
    decimals: int = 0
    percent: bool = False
    unit: Unit | None = None
    per: Unit | None = None
    """The unit after "per" or "/"."""
    label: str = ""
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms with their signs."""

    terms: tuple[tuple[int, "Node"], ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Factors from left to right; the operator of the first is "*"."""

    factors: tuple[tuple[Literal["*", "/", "%"], "Node"], ...]


@dataclass(frozen=True, slots=True)
class Power:
    """A base raised to an exponent."""

    base: "Node"
    exponent: "Node"


@dataclass(frozen=True, slots=True)
class Function:
    """A named function of one or two arguments: "root" (radicand, degree), "factorial", "binomial", "permutation"."""

    name: Literal["root", "factorial", "binomial", "permutation"]
    arguments: tuple["Node", ...]


Node = Quantity | Sum | Product | Power | Function


@dataclass(frozen=True, slots=True)
class Reading:
    """One of the ways in which a writer may have meant percent signs and units."""

    percent: Literal["fraction", "plain", "relative"] = "fraction"
    """20% is 0.2; or 20; or, after a plus or minus, 20% of what stands before."""
    units: bool = False
    """Whether units are expanded to their base unit: 2 hours are 7200."""


PLAIN = Reading()


def evaluate(node: Node, reading: Reading = PLAIN) -> Number:
    """Return the value of an expression.

    Raises:
        UndefinedError: it has none, or one beyond `MAX_BITS`.
    """
    try:
        return _bounded(_evaluate(node, reading))
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise UndefinedError(str(error)) from None


def _evaluate(node: Node, reading: Reading) -> Number:
    match node:
        case Quantity():
            return _quantity(node, reading)
        case Sum(terms):
            return _sum(terms, reading)
        case Product(factors):
            return _product(factors, reading)
        case Power(base, exponent):
            return _power(_evaluate(base, reading), _evaluate(exponent, reading))
        case Function(name, arguments):
            return _function(name, [_evaluate(argument, reading) for argument in arguments])


def _quantity(node: Quantity, reading: Reading) -> Number:
    value = node.value
    if node.percent and reading.percent != "plain":
        value = value / 100
    if reading.units:
        value = value * (node.unit.factor if node.unit else 1) / (node.per.factor if node.per else 1)
    return value


def _sum(terms: tuple[tuple[int, Node], ...], reading: Reading) -> Number:
    total: Number = Fraction(0)
    for position, (sign, term) in enumerate(terms):
        value = _evaluate(term, reading)
        relative = reading.percent == "relative" and position and isinstance(term, Quantity) and term.percent
        total = _bounded(total + sign * (total * value if relative else value))
    return total


def _product(factors: tuple[tuple[Literal["*", "/", "%"], Node], ...], reading: Reading) -> Number:
    product: Number = Fraction(1)
    measured = False
    for operator, factor in factors:
        value = _evaluate(factor, reading)
        unit = factor.unit if isinstance(factor, Quantity) and reading.units else None
        if operator == "*":
            product = product * value
        elif operator == "%":
            product = product % value
        elif unit is not None and not measured:  # 1/6 hour: the unit belongs to the fraction
            product = product / value * unit.factor**2
        else:
            product = product / value
        measured = measured or unit is not None
        product = _bounded(product)
    return product


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(exponent, float) or isinstance(base, float):
        return _real(float(base) ** float(exponent))
    if exponent.denominator == 1:
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if abs(exponent.numerator) * size > MAX_BITS and abs(base) != 1:
            raise UndefinedError("the power is too large")
        return Fraction(base**exponent.numerator)
    if exponent.denominator > 64 or abs(exponent) > 64:
        return _real(float(base) ** float(exponent))
    return _power(_root(base, exponent.denominator), Fraction(exponent.numerator))


def _root(radicand: Number, degree: int) -> Number:
    if radicand < 0:
        if degree % 2 == 0:
            raise UndefinedError("an even root of a negative number")
        return -_root(-radicand, degree)
    if isinstance(radicand, Fraction):
        parts = [_integer_root(part, degree) for part in (radicand.numerator, radicand.denominator)]
        if parts[0] is not None and parts[1] is not None:
            return Fraction(parts[0], parts[1])
    return _real(float(radicand) ** (1 / degree))


def _integer_root(value: int, degree: int) -> int | None:
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
    return low if low**degree == value else None


def _function(name: str, arguments: list[Number]) -> Number:
    if any(isinstance(argument, float) or argument.denominator != 1 for argument in arguments[name == "root" :]):
        raise UndefinedError(f"{name} of a number that is not whole")
    if name == "root":
        radicand, degree = arguments
        if not 2 <= degree <= 64:
            raise UndefinedError("the degree of the root is out of range")
        return _root(radicand, int(degree))
    whole = [int(argument) for argument in arguments]
    if not all(0 <= value <= MAX_FACTORIAL for value in whole):
        raise UndefinedError(f"{name} out of range")
    if name == "factorial":
        return Fraction(math.factorial(whole[0]))
    return Fraction(math.comb(*whole) if name == "binomial" else math.perm(*whole))


def _real(value: object) -> float:
    if not isinstance(value, float) or not math.isfinite(value):
        raise UndefinedError("not a real number")
    return value


def _bounded(value: Number) -> Number:
    if isinstance(value, float):
        return _real(value)
    if value.numerator.bit_length() > MAX_BITS or value.denominator.bit_length() > MAX_BITS:
        raise UndefinedError("the value is too large")
    return value


def quantities(node: Node) -> list[Quantity]:
    """Return the numbers of an expression from left to right."""
    match node:
        case Quantity():
            return [node]
        case Sum(terms):
            parts = [term for _, term in terms]
        case Product(factors):
            parts = [factor for _, factor in factors]
        case Power(base, exponent):
            parts = [base, exponent]
        case Function(_, arguments):
            parts = list(arguments)
    return [quantity for part in parts for quantity in quantities(part)]
