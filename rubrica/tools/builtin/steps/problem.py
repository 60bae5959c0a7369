"""`word-problem`: what can be said of the working of a word problem without solving it."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.arithmetic import show
from rubrica.tools.builtin.base import builtin
from rubrica.tools.builtin.final_answer import FinalAnswer, extract
from rubrica.tools.builtin.numbers.lexicon import UNITS
from rubrica.tools.builtin.numbers.working import working
from rubrica.tools.builtin.steps.backing import calculated_from
from rubrica.tools.builtin.steps.ending import evenness, uses
from rubrica.tools.builtin.steps.given import Problem, named
from rubrica.tools.builtin.steps.prompts import word_problem
from rubrica.tools.builtin.steps.shares import shared
from rubrica.tools.builtin.steps.trace import calculated, trace
from rubrica.types import Candidate, Span, TaskView, Value

_COUNTED = re.compile(
    r"\bhow\s+many\s+(?:more\s+|fewer\s+|other\s+|total\s+|whole\s+|of\s+the\s+)?([a-z]+)", re.IGNORECASE
)
_SIGNED = re.compile(
    r"\b(?:temperature|degrees?|below|negative|minus|elevation|altitude|profit|loss|balance|change)\b", re.IGNORECASE
)
_COMPARED = re.compile(
    r"\bhow (?:many|much) (?:\w+ ){0,2}(?:more|fewer|less|lower|higher|warmer|colder|farther)\b", re.IGNORECASE
)
"""What is asked is the size of a difference, which its direction is no part of."""
_AVERAGED = re.compile(r"\b(?:average|mean|expected|per|each|rate|times)\b", re.IGNORECASE)


class ProblemArguments(Value):
    """Which property to report."""

    aspect: Literal["all", "quantities", "operations", "result", "plausible", "even", "sources", "uses"] = "all"


@builtin(
    "word-problem",
    "For word problems that give quantities and ask for one: which of them the working names (share), whether "
    "the answer is the result of a calculation that is shown, whether there are enough operations, whether numbers "
    "come from nowhere, whether every result is put to use, whether the answer can be a count, and whether it comes "
    "out as even as the numbers given. Silent on every other prompt.",
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
        "even": lambda: evenness(task.prompt, valued) if valued else [],
        "sources": lambda: _sources(text, problem),
        "uses": lambda: uses(text, valued) if valued else [],
    }
    for name, observe in aspects.items():
        if arguments.aspect in {"all", name}:
            yield from observe()


def _quantities(text: str, problem: Problem) -> Iterator[Observation]:
    needed = [given for given in problem.given if given.needed]
    missing = [given.text for given in needed if not given.accepted & named(text) and not shared(given, text, problem)]
    share = 1 - len(missing) / len(needed)
    detail = f"not used: {', '.join(missing)}" if missing else "all are used"
    yield Observation(claim="the working uses every given quantity", value=share, detail=detail)


def _operations(text: str, problem: Problem) -> Iterator[Observation]:
    needed = sum(given.needed for given in problem.given)
    _, operations = calculated(text)
    detail = f"{operations} operations for {needed} quantities"
    claim = "the working has an operation for each quantity that it joins"
    yield Observation(claim=claim, value=min(1.0, operations / (needed - 1)), detail=detail)


def _result(text: str, answer: FinalAnswer) -> Observation:
    backed = calculated_from(text, answer)
    detail = f"{answer.text} is {'a' if backed else 'no'} result of the {len(working(text).results)} equations"
    return Observation(
        claim="the answer is the result of a calculation", value=float(backed), detail=detail, span=answer.span
    )


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
    if not _SIGNED.search(prompt) or _COMPARED.search(question):
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
