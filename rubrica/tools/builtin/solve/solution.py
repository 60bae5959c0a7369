"""What a blind solve found, and how an answer is held against it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from rubrica.tools.builtin.final_answer.extract import extract
from rubrica.tools.builtin.numbers.equation import agree
from rubrica.tools.builtin.numbers.expression import Quantity
from rubrica.tools.builtin.numbers.lexicon import WEEKDAYS
from rubrica.tools.builtin.solve.dates import find_dates

Used = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Solution:
    """The exact answer to a prompt that is plain computation."""

    kind: Literal["number", "numeral", "weekday", "date", "boolean", "words"]
    value: str
    """A number in lowest terms, a numeral of another base, a weekday, an ISO date, "yes" or "no", or words."""
    how: str
    """The computation, in words and symbols."""
    used: Used = ()
    """Where in the prompt the numbers and names stand that it was computed from."""
    number: Fraction | None = None
    digits: int | None = None
    """Decimal places that the prompt allows the answer to be rounded to."""


def matches(solution: Solution, text: str) -> tuple[bool, str] | None:
    """Hold the final answer of a text against a solution: (right, the answer as stated), or None when it has none."""
    match solution.kind:
        case "weekday":
            return _one_of(_weekdays(text), solution.value)
        case "date":
            return _one_of([found.day.isoformat() for found in find_dates(text)], solution.value)
        case "boolean":
            answer = extract(text, "boolean")
            if answer is None or answer.kind != "boolean":
                return _polarity(solution, text)
            return answer.normal == solution.value, answer.text
        case "words":
            return _words(solution, text)
        case "numeral":
            return _numeral(solution, text)
        case "number":
            return _number(solution, text)


def _number(solution: Solution, text: str) -> tuple[bool, str] | None:
    answer = extract(text, "quantity")
    if answer is None or answer.value is None or solution.number is None:
        return None
    right = agree(solution.number, answer.value, Quantity(answer.value, answer.decimals))
    if solution.digits is not None and not right:
        right = abs(float(solution.number) - float(answer.value)) <= 0.51 * 10.0**-solution.digits
    return right, answer.text


def _numeral(solution: Solution, text: str) -> tuple[bool, str] | None:
    answer = extract(text, "quantity") or extract(text, "other")
    if answer is None:
        return None
    tail = text[answer.span.start :]
    found = re.match(
        r"(?:0[xob])?([0-9A-Fa-f]+(?:\.[0-9A-Fa-f]+)?)", tail.replace(",", "") if tail[:1].isdigit() else tail
    )
    if found is None:
        return None
    return _plain(found[1]) == _plain(solution.value), found[0]


def _plain(numeral: str) -> str:
    return numeral.lower().lstrip("0") or "0"


def _weekdays(text: str) -> list[str]:
    return [match[0].lower() for match in re.finditer(rf"\b(?:{'|'.join(WEEKDAYS)})(?=s?\b)", text, re.IGNORECASE)]


def _one_of(found: Iterable[str], value: str) -> tuple[bool, str] | None:
    """Judge by the last one named: working comes before the answer."""
    named = list(found)
    return (named[-1] == value, named[-1]) if named else None


def _polarity(solution: Solution, text: str) -> tuple[bool, str] | None:
    found = re.search(
        r"\b(?:is|are)(n't| not)? (?:an? )?(?:leap|prime|divisible|even|odd|palindrome)\b", text, re.IGNORECASE
    )
    if found is None:
        return None
    return (solution.value == "no") == bool(found[1]), found[0]


def _words(solution: Solution, text: str) -> tuple[bool, str] | None:
    """Look for the words asked for at the end of what is stated."""
    wanted = re.findall(r"\w+", solution.value.lower())
    answer = extract(text, "other")
    said = re.findall(r"\w+", (answer.text if answer is not None else text).lower())
    if said[-len(wanted) :] == wanted:
        return True, " ".join(wanted)
    if len(wanted) == 1:
        return (wanted[0] in said[-12:], " ".join(said[-6:])) if said else None
    same = [word for word in said if word in set(wanted)]
    if len(same) < len(wanted) / 2:
        return None
    return same == wanted, " ".join(same)


def iso(day: date) -> str:
    """Write a date as the solutions do."""
    return day.isoformat()
