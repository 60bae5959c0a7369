"""`substitution`: do the values that a solution finds satisfy its own equations, and those of the task?"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import product

from rubrica.tools.base import Observation
from rubrica.tools.builtin.arithmetic import decimal_numerals
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.final_answer import extract
from rubrica.tools.builtin.unknowns.relations import Relation, relations
from rubrica.tools.builtin.unknowns.terms import PercentSign, UnreadableError, value
from rubrica.types import Candidate, Span, TaskView

MAX_LETTERS = 4
MAX_VALUES = 4
"""Values of one letter beyond which it is a running index, not an unknown."""
MAX_PROMPT = 4000
LOOSE = 0.02
"""Relative slack where a value is rounded."""


@dataclass(frozen=True, slots=True)
class Values:
    """The numbers that a text says its letters are."""

    of: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    """Letters with a value that may be rounded."""


_ASKED = re.compile(
    r"\b(?:solve(?:\s+the\s+equation)?\s+for|find(?:\s+the)?(?:\s+(?:real|positive|negative|integer))?(?:\s+values?\s+(?:of|for))?"
    r"|what\s+is(?:\s+the)?(?:\s+(?:real|positive|negative|integer))?(?:\s+values?\s+(?:of|for))?)\s+\$?(?P<letter>[a-zA-Z])\$?"
    r"(?=\s*(?:[?.:,;]|$|if\b|when\b|given\b|in\b|such\b|that\b|where\b))",
    re.IGNORECASE | re.MULTILINE,
)
_OF_MANY = re.compile(
    r"\b(?:sum|product|how many|number of|average|difference|ordered|in terms of|greater than|less than)\b",
    re.IGNORECASE,
)


@builtin(
    "substitution",
    "Puts the values that the answer gives to its letters (x = 5) back into the equations of the answer and of the "
    "task: 1 = all hold, 0 = one does not. Silent where no letter has a value or no equation can be read.",
)
def substitution(task: TaskView, candidate: Candidate, _arguments: NoArguments) -> Iterator[Observation]:
    """Report whether the equations hold, with the first that does not."""
    text = candidate.text
    if not (decimal_numerals(task.prompt) and decimal_numerals(text)):
        return
    own = _read(text) if "=" in text else ()
    asked = _read(task.prompt) if len(task.prompt) <= MAX_PROMPT and "=" in task.prompt else ()
    values = assigned(own)
    checked = 0
    answer = answered(task.prompt, text)
    for source, found in ((text, own), (task.prompt, asked)):
        for relation in found:
            if relation.conditional or relation.assigned is not None or relation.names:
                continue
            known = answer if source is task.prompt and relation.letters == set(answer.of) else values
            right = holds(relation, known)
            if right is None:
                continue
            checked += 1
            if not right:
                yield _failed(source, relation, known, own=source is text)
                return
    if checked:
        claim = "the values found satisfy the equations"
        yield Observation(claim=claim, value=1.0, detail=f"{checked} equations hold")


def assigned(found: Sequence[Relation]) -> Values:
    """Collect the values of letters; a letter with many is an index and has none."""
    of: dict[str, list[float]] = {}
    loose: set[str] = set()
    for relation in found:
        letter = relation.assigned
        if letter is None or relation.conditional:
            continue
        side = relation.right if not relation.right.letters else relation.left
        try:
            number = value(side.tokens, {})
        except UnreadableError:
            continue
        known = of.setdefault(letter, [])
        if all(abs(number - other) > 1e-9 * max(1.0, abs(other)) for other in known):
            known.append(number)
        if relation.loose:
            loose.add(letter)
    return Values({letter: tuple(known) for letter, known in of.items() if len(known) <= MAX_VALUES}, frozenset(loose))


def answered(prompt: str, text: str) -> Values:
    """Give the one letter that the prompt asks for the final answer of the text."""
    match = _ASKED.search(prompt)
    answer = extract(text, "quantity") if match is not None and not _OF_MANY.search(prompt) else None
    if match is None or answer is None or answer.value is None or answer.percent:
        return Values()
    loose = {match["letter"]} if not isinstance(answer.value, Fraction) or "." in answer.text else set()
    return Values({match["letter"]: (float(answer.value),)}, frozenset(loose))


def holds(relation: Relation, values: Values) -> bool | None:
    """Whether an equation holds for one choice of the values; None when a letter of it has none, or it has no value."""
    if not relation.letters <= set(values.of) or len(relation.letters) > MAX_LETTERS:
        return None
    slack = LOOSE if relation.loose or relation.letters & values.loose else 1e-6
    names = sorted(relation.letters)
    percents = any(token.kind == "percent" for token in (*relation.left.tokens, *relation.right.tokens))
    signs: tuple[PercentSign, ...] = ("share", "plain", "relative") if percents else ("share",)
    read = False
    for numbers in product(*(values.of[name] for name in names)):
        known = dict(zip(names, numbers, strict=True))
        for percent in signs:
            try:
                left = value(relation.left.tokens, known, percent=percent)
                right = value(relation.right.tokens, known, percent=percent)
            except UnreadableError:
                continue
            read = True
            if abs(left - right) <= slack * max(abs(left), abs(right), 1e-3):
                return True
    return False if read else None


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[Relation, ...]:
    return tuple(relations(text))


def _failed(source: str, relation: Relation, values: Values, *, own: bool) -> Observation:
    quote = source[relation.start : relation.end]
    given = ", ".join(f"{name} = {values.of[name][-1]:.6g}" for name in sorted(relation.letters))
    where = "" if own else " of the task"
    return Observation(
        claim="the values found satisfy the equations",
        value=0.0,
        detail=f"{quote}{where} does not hold for {given}",
        span=Span(start=relation.start, end=relation.end, text=quote) if own else None,
    )
