"""`code-properties`: what must hold of every result, by the task's own words and types, tried on small inputs.

A property is used only when the prompt's own examples have it: a misread sentence must not count against anyone.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pydantic import JsonValue

from rubrica.errors import SandboxUnavailable
from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.annotations import value_test
from rubrica.tools.builtin.code.examples import Example, examples_of
from rubrica.tools.builtin.code.solution import Solution, solution_of
from rubrica.tools.builtin.code.task import CodeTask, read_task
from rubrica.tools.builtin.code.trials import Trial, trials_of
from rubrica.tools.sandbox.base import Sandbox
from rubrica.tools.sandbox.grading import Observed, observe
from rubrica.tools.sandbox.values import same, show
from rubrica.types import Candidate, TaskView

CLAIM = "results have the properties that the task states"
NO_EXCEPTION = "no exception on most inputs"
MAY_FAIL = 0.25
"""Share of made-up inputs that a right function may refuse: some lie outside what the task had in mind."""
Arguments = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Property:
    """Something that every result must satisfy, given the arguments."""

    name: str
    holds: Callable[[Arguments, object], bool]


def _first_list(arguments: Arguments) -> list[object] | None:
    return next((list(a) for a in arguments if isinstance(a, list | tuple)), None)


def _key(value: object) -> str:
    return repr(value)


def _is_sorted(_: Arguments, value: object) -> bool:
    if not isinstance(value, list | tuple):
        return False
    try:
        return all(not b < a for a, b in pairwise(value))
    except TypeError:
        return False


def _is_unique(_: Arguments, value: object) -> bool:
    return isinstance(value, list | tuple | str) and len({_key(item) for item in value}) == len(value)


def _is_palindrome(_: Arguments, value: object) -> bool:
    return isinstance(value, str | list | tuple) and value == value[::-1]


def _is_permutation(arguments: Arguments, value: object) -> bool:
    source = _first_list(arguments)
    return (
        source is not None
        and isinstance(value, list | tuple)
        and Counter(map(_key, source)) == Counter(map(_key, value))
    )


def _is_selection(arguments: Arguments, value: object) -> bool:
    source = _first_list(arguments)
    return (
        source is not None
        and isinstance(value, list | tuple)
        and not Counter(map(_key, value)) - Counter(map(_key, source))
    )


def _is_truth(_: Arguments, value: object) -> bool:
    return isinstance(value, bool)


def _is_count(_: Arguments, value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_RETURN = r"\breturn(?:s|ed|ing)?\b[^.\n]{0,60}\b"
_STATED: tuple[tuple[re.Pattern[str], Property], ...] = (
    (re.compile(_RETURN + r"(?:sorted|ascending|increasing) ", re.IGNORECASE), Property("sorted", _is_sorted)),
    (
        re.compile(r"\b(?:unique|distinct|no duplicates|without duplicates)\b", re.IGNORECASE),
        Property("free of duplicates", _is_unique),
    ),
    (re.compile(r"\bpalindrome\b", re.IGNORECASE), Property("a palindrome", _is_palindrome)),
    (
        re.compile(r"\b(?:sort|reorder|rearrange|shuffle|reverse|rotate)", re.IGNORECASE),
        Property("the same elements in some order", _is_permutation),
    ),
    (
        re.compile(r"\b(?:filter|remove|only|keep|delete|exclude|extract)", re.IGNORECASE),
        Property("made of the input's elements", _is_selection),
    ),
    (
        re.compile(_RETURN + r"(?:true|false)\b|\b(?:check|whether|determine) (?:if|whether)\b", re.IGNORECASE),
        Property("True or False", _is_truth),
    ),
    (
        re.compile(_RETURN + r"(?:number of|count of|how many)\b|\bcount the\b", re.IGNORECASE),
        Property("a count, not negative", _is_count),
    ),
)


@lru_cache(maxsize=512)
def properties_of(prompt: str) -> tuple[Property, ...]:
    """Return the properties that a prompt states and that its own examples, at least one, bear out; and its types."""
    task = read_task(prompt)
    examples = examples_of(prompt)
    stated = [item for pattern, item in _STATED if pattern.search(task.text)]
    kept = [p for p in stated if examples and all(p.holds(e.arguments, e.expected) for e in examples)]
    typed = _types(task, examples)
    return (*typed, *kept)


def _types(task: CodeTask, examples: Sequence[Example]) -> list[Property]:
    matches = value_test(task.entry.returns) if task.entry and task.entry.returns else None
    if matches and all(matches(example.expected) for example in examples):
        annotation = task.entry.returns if task.entry else ""
        return [Property(f"of type {annotation}", lambda _, value: matches(value))]
    kinds = {_kind(example.expected) for example in examples}
    if len(examples) < 2 or len(kinds) != 1 or kinds == {"None"}:
        return []
    kind = kinds.pop()
    allowed = {kind, "None"} if re.search(r"\bNone\b|\bnull\b", task.text) else {kind}
    return [Property(f"of type {kind}, as in the examples", lambda _, value: _kind(value) in allowed)]


def _kind(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


@builtin(
    "code-properties",
    "Runs the function of an answer on small inputs made from the prompt's examples and types, and checks what must "
    "hold of every result: the return type, no exception, the same result twice, stated equations, inverses, order, "
    "no duplicates and the like, as far as the prompt states them.",
    executes=True,
)
async def code_properties(
    task: TaskView, candidate: Candidate, _: NoArguments, *, sandbox: Sandbox | None
) -> list[Observation]:
    """All trials in one execution; the properties are judged here."""
    solution = solution_of(task.prompt, candidate.text)
    if solution is None or solution.entry is None or solution.tree is None:
        return [Observation(CLAIM, None, "no Python function to try")]
    if sandbox is None:
        return [Observation(CLAIM, None, "no sandbox: code is not run", solution.span)]
    trials = trials_of(task.prompt, solution.entry)
    if not trials:
        return [Observation(CLAIM, None, "the task says too little to form a property", solution.span)]
    source = f"{read_task(task.prompt).given}\n\n{solution.source}"
    try:
        run = await observe(sandbox, source, [{"expression": trial.expression} for trial in trials])
    except SandboxUnavailable as error:
        return [Observation(CLAIM, None, f"not run: {error}", solution.span)]
    return [_judge(task.prompt, trials, run.cases, solution)]


def _judge(prompt: str, trials: Sequence[Trial], seen: Sequence[Observed], solution: Solution) -> Observation:
    checks: dict[str, list[str]] = {NO_EXCEPTION: []}
    for trial, result in zip(trials, seen, strict=True):
        checks.setdefault(trial.name, [])
        if result.status == "not run":
            continue
        value = result.value
        if result.status != "ok" or not isinstance(value, tuple) or len(value) != 2:
            checks[NO_EXCEPTION].append(f"{trial.call} gave {result}")
            continue
        if not same(value[0], value[1]):
            checks[trial.name].append(f"{trial.call} gave {show(value[0])}, against {show(value[1])}")
        if trial.arguments is not None:
            for item in properties_of(prompt):
                failures = checks.setdefault(item.name, [])
                if not item.holds(trial.arguments, value[0]):
                    failures.append(f"{trial.call} gave {show(value[0])}")
    if len(checks[NO_EXCEPTION]) <= len(trials) * MAY_FAIL:
        checks[NO_EXCEPTION] = []
    held = [name for name, failures in checks.items() if not failures]
    details = [f"{name}: {failures[0]}" for name, failures in checks.items() if failures]
    text = "; ".join(details) or f"hold on {len(trials)} trials: {', '.join(held)}"
    data: dict[str, JsonValue] = {"held": len(held), "of": len(checks), "trials": len(trials)}
    return Observation(CLAIM, len(held) / len(checks), text, solution.span, data)
