"""`solve`: the answer to a prompt that is plain computation, and each candidate held against it."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import builtin
from rubrica.tools.builtin.final_answer.extract import extract
from rubrica.tools.builtin.solve.algebra import solve_algebra
from rubrica.tools.builtin.solve.bases import solve_base
from rubrica.tools.builtin.solve.calendar import solve_calendar
from rubrica.tools.builtin.solve.claims import claims
from rubrica.tools.builtin.solve.counting import solve_counting
from rubrica.tools.builtin.solve.integers import solve_integers
from rubrica.tools.builtin.solve.letters import solve_letters
from rubrica.tools.builtin.solve.plain import solve_conversion, solve_expression
from rubrica.tools.builtin.solve.residues import solve_residues
from rubrica.tools.builtin.solve.solution import Solution, matches
from rubrica.types import Candidate, TaskView, Value

MAX_PROMPT = 4000

_SOLVERS = (
    solve_calendar,
    solve_base,
    solve_letters,
    solve_conversion,
    solve_residues,
    solve_counting,
    solve_integers,
    solve_algebra,
    solve_expression,
)
_NUMBER = re.compile(r"\d+")
_FORMAT = re.compile(
    r"\b\d+ decimal (?:place|point)s?\b|\b\d+ (?:significant )?(?:digits|figures)\b|\bstep \d+\b|\bbase[- ]?10\b"
    r"|\bin \d+ words?\b",
    re.IGNORECASE,
)
_OTHER_WORK = re.compile(
    r"```|\b(?:code|program|function|script|python|javascript|translate|summari[sz]e|story|poem|essay|explain why)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=512)
def solve(prompt: str) -> Solution | None:
    """Return the exact answer to a prompt, or None unless the prompt is plain computation.

    A solver must account for every number that stands in the prompt: what it does not use, it has not understood.
    """
    if len(prompt) > MAX_PROMPT or _OTHER_WORK.search(prompt):
        return None
    for solver in _SOLVERS:
        solution = solver(prompt)
        if solution is not None and _accounted(prompt, solution):
            return solution
    return None


def _accounted(prompt: str, solution: Solution) -> bool:
    used = [*solution.used, *(match.span() for match in _FORMAT.finditer(prompt))]
    return all(
        any(start <= match.start() and match.end() <= end for start, end in used) for match in _NUMBER.finditer(prompt)
    )


class SolveArguments(Value):
    """What to check: the final answer, the calendar claims made on the way, or both."""

    aspect: Literal["all", "answer", "claims"] = "all"


@builtin(
    "solve",
    "Solves prompts that are plain computation (sums in any base, dates, percentages, conversions, equations, counting "
    "letters, sorting words) from the prompt alone and compares each final answer: 1 = the same, 0 = another. "
    "Silent on prompts that it cannot solve exactly. Also checks what an answer claims about weekdays and leap years.",
    arguments=SolveArguments,
)
def solve_tool(task: TaskView, candidate: Candidate, arguments: SolveArguments) -> Iterator[Observation]:
    """Compare the candidate's final answer with the solution of the last user turn."""
    solution = solve(task.prompt)
    if solution is not None and arguments.aspect != "claims":
        yield _answer(solution, candidate.text)
    if arguments.aspect != "answer":
        yield from claims(candidate.text)


def _answer(solution: Solution, text: str) -> Observation:
    claim = f"the answer is {solution.value}"
    outcome = matches(solution, text)
    if outcome is None:
        return Observation(claim=claim, value=None, detail=f"no final answer found; {solution.how}")
    right, stated = outcome
    answer = extract(text, "quantity") if solution.kind in {"number", "numeral"} else None
    return Observation(
        claim=claim,
        value=float(right),
        detail=f"the answer given is {stated}; {solution.how}",
        span=answer.span if answer is not None else None,
        data={"solution": solution.value},
    )
