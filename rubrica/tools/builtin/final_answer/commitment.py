"""`answer-stated`: is there a final answer at all, and is it the one that the working leads to?"""

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.arithmetic import decimal_numerals, show
from rubrica.tools.builtin.base import builtin
from rubrica.tools.builtin.final_answer.extract import FinalAnswer, extract
from rubrica.tools.builtin.final_answer.letters import worded
from rubrica.tools.builtin.final_answer.question import Asked, asked
from rubrica.tools.builtin.numbers.equation import agree
from rubrica.tools.builtin.numbers.expression import Number, Quantity
from rubrica.tools.builtin.numbers.prose import named_together
from rubrica.tools.builtin.numbers.working import Result, working
from rubrica.types import Candidate, TaskView, Value


class CommitmentArguments(Value):
    """Which of the two questions to answer."""

    aspect: Literal["all", "stated", "derived"] = "all"


_FRACTION = re.compile(r"(?<![\d./])(\d{1,9})\s?/\s?(\d{1,9})(?![\d/]|\.\d)")
_COUNTED = re.compile(
    r"\b(?:how\s+many|number\s+of)\s+(?:\w+\s+){0,3}?(?:values?|integers?|numbers?|ways|solutions?|pairs?|triples?|roots?"
    r"|zeros|functions|polynomials|divisors|factors|digits?|primes?|points|lines|triangles|intersections?)\b",
    re.IGNORECASE,
)
"""Questions that are answered by counting a list: the working ends with its last item."""
_COUNT = re.compile(
    r"\d+[\s*$)}]*(?:[a-z-]+\s+){0,3}?(?:values?|integers?|numbers|ways|solutions?|pairs?|triples?|roots?|zeros?|answers"
    r"|possibilities|cases|intercepts?)\b",
    re.IGNORECASE,
)
_ROUNDING = re.compile(r"\bround(?:s|ed|ing)?\b|\bnearest\b", re.IGNORECASE)


@builtin(
    "answer-stated",
    "When the task asks for a quantity or a choice: does the answer commit itself to a final answer (1, 0.5 when only "
    "a last number can be taken for it, 0 when there is none), and is that answer the result of its own working "
    "(1 = the last result, 0.9 = an earlier one, 0 = the working leads elsewhere)?",
    arguments=CommitmentArguments,
)
def answer_stated(task: TaskView, candidate: Candidate, arguments: CommitmentArguments) -> Iterator[Observation]:
    """Report the commitment, and its agreement with the working when there is working."""
    kind = asked(task.prompt)
    if kind not in {"quantity", "choice"}:
        return
    answer = extract(candidate.text, kind)
    if arguments.aspect != "derived":
        yield _stated(answer, kind, worded(task.prompt, candidate.text) if kind == "choice" else None)
    if (
        arguments.aspect != "stated"
        and answer is not None
        and answer.value is not None
        and decimal_numerals(task.prompt)
        and not _COUNTED.search(task.prompt)
    ):
        yield from _derived(candidate.text, answer)


def _stated(answer: FinalAnswer | None, kind: Asked, option: str | None) -> Observation:
    claim = "a final answer is stated"
    fits = answer is not None and (answer.kind in {"number", "expression"} if kind == "quantity" else True)
    if answer is None and option is not None:
        return Observation(claim=claim, value=0.5, detail=f"{option} (named at the end)")
    if answer is None or not fits:
        return Observation(claim=claim, value=0.0, detail=f"no {kind} is stated as the answer")
    value = 1.0 if answer.marked else 0.5
    return Observation(claim=claim, value=value, detail=f"{answer.text} ({answer.cue})", span=answer.span)


def _derived(text: str, answer: FinalAnswer) -> Iterator[Observation]:
    results = [result for result in working(text).results if result.end <= answer.span.start]
    if any(result.start <= answer.span.start < result.end for result in working(text).results):
        results = [*results, *(r for r in working(text).results if r.start <= answer.span.start < r.end)]
    if not results:
        return
    claim = "the stated answer is the result of the working"
    last = results[-1]
    places = [index for index, result in enumerate(results) if _is(result, answer)]
    if not places and (_counts(text, answer) or _rounds(text, last, answer)):
        return
    if not places and any(start < answer.span.start for start in working(text).open):
        return  # the working goes through unknowns, where it is not followed
    if not places and (named_together(text, float(answer.value or 0)) or _ratio(text[: answer.span.end], answer)):
        return  # the last step is told in words, or as a fraction
    if not places:
        detail = f"the working ends with {show(last.value)}, the answer is {answer.text}"
        yield Observation(claim=claim, value=0.0, detail=detail, span=answer.span)
    elif places[-1] == len(results) - 1:
        yield Observation(claim=claim, value=1.0, detail=f"the last result is {show(last.value)}", span=answer.span)
    else:
        detail = f"{answer.text} is an earlier result; the working ends with {show(last.value)}"
        yield Observation(claim=claim, value=0.9, detail=detail, span=answer.span)


def _counts(text: str, answer: FinalAnswer) -> bool:
    """Whether the answer says how many solutions the working found: "x = -3 and x = 3, hence 2 values"."""
    return _COUNT.match(text[answer.span.start : answer.span.start + 80]) is not None


def _rounds(text: str, last: Result, answer: FinalAnswer) -> bool:
    """Whether the text rounds its last result to the tens, hundreds or thousands of the answer."""
    stated, found = answer.value, last.value
    if not isinstance(stated, Fraction) or stated.denominator != 1 or not stated or not _ROUNDING.search(text):
        return False
    digits = str(stated.numerator)
    return abs(float(found) - float(stated)) <= 10.0 ** (len(digits) - len(digits.rstrip("0"))) / 2


def _ratio(text: str, answer: FinalAnswer) -> bool:
    """Whether a fraction that stands in a text is the answer: "5/36, about 13.9 percent"."""
    ratios = [Fraction(int(above), int(below)) for above, below in _FRACTION.findall(text) if int(below)]
    return any(_same_number(ratio, answer, (1, 100)) for ratio in ratios)


def _is(result: Result, answer: FinalAnswer) -> bool:
    """Whether the answer is the result, perhaps rounded, or written as a percentage or in another unit."""
    assert answer.value is not None
    if _same_number(result.value, answer, (1, 100) if answer.percent or _percent(result) else (1,)):
        return True
    if 0 < result.value < 1 and _same_number(1 / result.value, answer, (1,)):
        return True  # half of the tank an hour is two hours for the tank
    stated, found = float(answer.value), float(result.value)
    return abs(found - stated) < 1 and stated.is_integer() and not found.is_integer()


def _same_number(value: Number, answer: FinalAnswer, factors: tuple[int, ...]) -> bool:
    if answer.value is None:
        return False
    node = Quantity(answer.value, answer.decimals)
    return any(agree(value * factor, answer.value, node) for factor in factors)


def _percent(result: Result) -> bool:
    return isinstance(result.node, Quantity) and result.node.percent
