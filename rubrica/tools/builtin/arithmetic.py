"""`arithmetic`: every equation between known numbers in an answer, recomputed."""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import builtin
from rubrica.tools.builtin.numbers.equation import Judged
from rubrica.tools.builtin.numbers.expression import Number
from rubrica.tools.builtin.numbers.working import working
from rubrica.types import Candidate, Span, TaskView, Value

MAX_OBSERVATIONS = 200

_BASE = re.compile(r"\bbase[- ]?(\d+|two|three|four|five|six|seven|eight|nine|eleven|twelve|sixteen)\b", re.IGNORECASE)
_OTHER_SYSTEMS = re.compile(
    r"\b(?:binary|octal|hexadecimal|modulo|XOR|matrix|matrices|vectors?)\b|\bmod\b|\\p?mod\b|≡", re.IGNORECASE
)

_DENIES = re.compile(
    r"\b(?:not (?:true|correct|the case) that|(?:false|wrong|incorrect|mistake\w*)(?: \w+){0,2}:?|instead of|not)"
    r"[\s$*`(\"'“]*$",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"[\s$*`)\"'”,]*(?:\w+ )?"
    r"(?:(?:is|would be|was) (?:wrong|false|incorrect|not (?:true|correct|right))|were (?:true|correct))\b",
    re.IGNORECASE,
)


def decimal_numerals(text: str) -> bool:
    """Whether digits in the text can be taken as ordinary base-10 integers and their `=` as equality."""
    if any(match[1] != "10" for match in _BASE.finditer(text)):
        return False
    return _OTHER_SYSTEMS.search(text) is None


def show(value: Number | None) -> str:
    """Write a number the way people do: whole, finite decimal, or a fraction."""
    if value is None:
        return "undefined"
    if isinstance(value, float):
        return f"about {value:.6g}"
    if value.denominator == 1:
        return str(value.numerator) if abs(value) < 10**40 else f"about 10^{len(str(abs(value.numerator))) - 1}"
    decimal = f"{float(value):.6f}".rstrip("0")
    return decimal if Fraction(decimal) == value else f"{value} (about {float(value):.6g})"


class ArithmeticArguments(Value):
    """How equations are reported."""

    aspect: Literal["each", "all"] = "each"
    """Each equation, or one observation that is 0 when any equation is wrong."""


@builtin(
    "arithmetic",
    "Recomputes every equation between known numbers in the answer (5 * 3 = 15, chains, percentages, units). "
    "One observation per equation: 1 = right, 0 = wrong; with aspect all, one for all, 0 when any is wrong. "
    "Equations with unknowns or in another base are left alone.",
    arguments=ArithmeticArguments,
)
def arithmetic(task: TaskView, candidate: Candidate, arguments: ArithmeticArguments) -> Iterator[Observation]:
    """Report each equation with its place, right or wrong; a result may be rounded to the places it is given with."""
    text = candidate.text
    if not (decimal_numerals(task.prompt) and decimal_numerals(text)):
        return
    found = [judged for judged in working(text).equations[:MAX_OBSERVATIONS] if judged.right is not None]
    found = [judged for judged in found if judged.right or not _rejected(text, judged)]
    if arguments.aspect == "all":
        found = [judged for judged in found if not judged.right][:1] or found[:1]
    for judged in found:
        yield _observed(text, judged)


def _rejected(text: str, judged: Judged) -> bool:
    """Whether the sentence itself says that the equation does not hold: "it is not true that 2 + 2 = 5"."""
    start, end = judged.equation.start, judged.equation.end
    return (
        _DENIES.search(text[max(0, start - 60) : start]) is not None or _DENIED.match(text[end : end + 40]) is not None
    )


def _observed(text: str, judged: Judged) -> Observation:
    start, end = judged.equation.start, judged.equation.end
    quote = text[start:end]
    found = f"the left side is {show(judged.left)}"
    if judged.note:
        found += f" ({judged.note}: the chain goes on from there)"
    return Observation(
        claim=quote,
        value=float(bool(judged.right)),
        detail=found,
        span=Span(start=start, end=end, text=quote),
        data={"running_total": True} if judged.note else {},
    )
