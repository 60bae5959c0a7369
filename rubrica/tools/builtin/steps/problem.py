"""`word-problem`: what can be said of the working of a word problem without solving it."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.arithmetic import decimal_numerals, show
from rubrica.tools.builtin.base import builtin
from rubrica.tools.builtin.final_answer import FinalAnswer, asked, extract
from rubrica.tools.builtin.numbers.equation import agree
from rubrica.tools.builtin.numbers.expression import Quantity
from rubrica.tools.builtin.numbers.lexicon import UNITS
from rubrica.tools.builtin.numbers.working import working
from rubrica.tools.builtin.solve import solve
from rubrica.tools.builtin.steps.given import Problem, read_problem
from rubrica.tools.builtin.steps.trace import calculated, trace
from rubrica.tools.passage import split_prompt
from rubrica.types import Candidate, Span, TaskView, Value

MIN_WORDS = 12

_COUNTED = re.compile(
    r"\bhow\s+many\s+(?:more\s+|fewer\s+|other\s+|total\s+|whole\s+|of\s+the\s+)?([a-z]+)", re.IGNORECASE
)
_SIGNED = re.compile(
    r"\b(?:temperature|degrees?|below|negative|minus|elevation|altitude|profit|loss|balance|change)\b", re.IGNORECASE
)
_AVERAGED = re.compile(r"\b(?:average|mean|expected|per|each|rate|times)\b", re.IGNORECASE)
_ABSTRACT = re.compile(
    r"\$[a-z(][^$\n]{0,80}\$|\b(?:integers?|digits?|polynomial|probability|triangle|rectangle|circle|radius"
    r"|polygon|sequence|prime|factors?|function|equation|coordinates?|multiples?|remainder|divisors?|permutations?|perpendicular)\b",
    re.IGNORECASE,
)
"""Mathematics about numbers and shapes: there, what is given and what is used are not the same."""


_READING = re.compile(
    r"\b(?:passage|context|text|article|document|paragraph|excerpt|minutes|report)s?\b|^\W*(?:summary|source)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""A passage to be read holds numbers that nobody has to compute with."""


class ProblemArguments(Value):
    """Which property to report."""

    aspect: Literal["all", "quantities", "operations", "result", "plausible", "sources"] = "all"


@lru_cache(maxsize=256)
def word_problem(prompt: str) -> Problem | None:
    """Read a prompt as a word problem: prose that gives quantities and asks for one; None when it is not that."""
    if asked(prompt) != "quantity" or _ABSTRACT.search(prompt) or "\\" in prompt or len(prompt.split()) < MIN_WORDS:
        return None
    if not decimal_numerals(prompt) or solve(prompt) is not None:
        return None
    if split_prompt(prompt).passage and _READING.search(prompt):
        return None
    problem = read_problem(prompt)
    return problem if sum(given.needed for given in problem.given) >= 2 else None


@builtin(
    "word-problem",
    "For word problems that give quantities and ask for one: which of them the working computes with (share), whether "
    "the answer is the result of a calculation that is shown, whether there are enough operations, whether numbers "
    "come from nowhere, and whether the answer can be a count. Silent on every other prompt.",
    arguments=ProblemArguments,
)
def word_problem_steps(task: TaskView, candidate: Candidate, arguments: ProblemArguments) -> Iterator[Observation]:
    """Report each property that can be read off the text."""
    problem = word_problem(task.prompt)
    if problem is None:
        return
    text = candidate.text
    answer = extract(text, "quantity")
    valued = answer if answer is not None and answer.value is not None else None
    aspects: dict[str, Callable[[], Iterable[Observation]]] = {
        "quantities": lambda: _quantities(text, problem),
        "operations": lambda: _operations(text, problem),
        "result": lambda: [_result(text, valued)] if valued else [],
        "plausible": lambda: _plausible(task.prompt, valued) if valued else [],
        "sources": lambda: _sources(text, problem),
    }
    for name, observe in aspects.items():
        if arguments.aspect in {"all", name}:
            yield from observe()


def _quantities(text: str, problem: Problem) -> Iterator[Observation]:
    needed = [given for given in problem.given if given.needed]
    numbers, _ = calculated(text)
    missing = [given.text for given in needed if not given.accepted & numbers]
    share = 1 - len(missing) / len(needed)
    detail = f"not used: {', '.join(missing)}" if missing else "all are used"
    yield Observation(claim="the working computes with every given quantity", value=share, detail=detail)


def _operations(text: str, problem: Problem) -> Iterator[Observation]:
    needed = sum(given.needed for given in problem.given)
    _, operations = calculated(text)
    detail = f"{operations} operations for {needed} quantities"
    claim = "the working has an operation for each quantity that it joins"
    yield Observation(claim=claim, value=min(1.0, operations / (needed - 1)), detail=detail)


def _result(text: str, answer: FinalAnswer) -> Observation:
    """Look for the answer among the results, rounded ones included: 15.4 buses are 16."""
    assert answer.value is not None
    decimals = len(answer.text.partition(".")[2]) if "." in answer.text else 0
    stated = Quantity(answer.value, decimals)
    factors = (1, 100) if answer.percent else (1,)
    results = working(text).results
    backed = any(
        agree(result.value * factor, answer.value, stated) or _rounds(float(result.value), float(answer.value))
        for result in results
        for factor in factors
    )
    detail = f"{answer.text} is {'a' if backed else 'no'} result of the {len(results)} equations"
    return Observation(
        claim="the answer is the result of a calculation", value=float(backed), detail=detail, span=answer.span
    )


def _rounds(result: float, stated: float) -> bool:
    return abs(result - stated) < 1 and stated.is_integer() and not result.is_integer()


def _plausible(prompt: str, answer: FinalAnswer) -> Iterator[Observation]:
    """Hold the answer against what it counts: things are whole, and no amount is negative."""
    assert answer.value is not None
    counted = _COUNTED.findall(prompt)
    noun = counted[-1].lower() if counted else ""
    question = re.split(r"[.!?\n]\s", prompt.strip())[-1]
    if noun and noun not in UNITS and noun.endswith("s") and not _AVERAGED.search(question):
        whole = float(answer.value).is_integer()
        detail = f"the answer is {show(answer.value)}"
        yield Observation(claim=f"a number of {noun} is whole", value=float(whole), detail=detail, span=answer.span)
    if not _SIGNED.search(prompt):
        detail = f"the answer is {show(answer.value)}"
        yield Observation(
            claim="the quantity is not negative", value=float(answer.value >= 0), detail=detail, span=answer.span
        )


def _sources(text: str, problem: Problem) -> Iterator[Observation]:
    operands = [operand for step in trace(text, problem) for operand in step.operands]
    if not operands:
        return
    strange = [operand.quantity for operand in operands if operand.source == "nowhere"]
    share = 1 - len(strange) / len(operands)
    names = ", ".join(text[quantity.start : quantity.end] for quantity in strange[:5])
    span = None
    if strange:
        first = strange[0]
        span = Span(start=first.start, end=first.end, text=text[first.start : first.end])
    detail = f"neither given nor computed: {names}" if strange else "all are given or computed"
    yield Observation(claim="every number in the working comes from somewhere", value=share, detail=detail, span=span)
