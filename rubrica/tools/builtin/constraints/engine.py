"""Find the constraints of a prompt or a conversation, and check a text against one."""

import re
from functools import lru_cache

from rubrica.tools.base import Observation
from rubrica.tools.builtin.constraints import (
    casing,
    choice,
    edges,
    form,
    frame,
    items,
    language,
    layout,
    length,
    markup,
    order,
    punctuation,
    sequence,
    vocabulary,
    wording,
)
from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Bound, Check, Constraint, Family, Kind, Reading
from rubrica.tools.builtin.constraints.prompt import Prompt
from rubrica.tools.passage import split_prompt
from rubrica.types import TaskView

FAMILIES: tuple[Family, ...] = (
    length.FAMILY,
    layout.FAMILY,
    items.FAMILY,
    vocabulary.FAMILY,
    punctuation.FAMILY,
    casing.FAMILY,
    edges.FAMILY,
    frame.FAMILY,
    form.FAMILY,
    markup.FAMILY,
    choice.FAMILY,
    order.FAMILY,
    wording.FAMILY,
    sequence.FAMILY,
    language.FAMILY,
)
_CHECKS: dict[Kind, Check] = {kind: check for family in FAMILIES for kind, check in family.checks.items()}
_FAMILY_OF: dict[Kind, str] = {kind: family.name for family in FAMILIES for kind in family.checks}

LONGEST_PROMPT = 20_000
"""Characters of a prompt that are read: the first two thirds and the last third of this many."""


def family_of(constraint: Constraint) -> str:
    """Return the name of the family that checks a constraint."""
    return _FAMILY_OF[constraint.alternatives[0].kind if constraint.alternatives else constraint.kind]


@lru_cache(maxsize=4096)
def extract(prompt: str) -> tuple[Constraint, ...]:
    """Return the constraints that one user turn states, in the order of the text; a later one replaces its like."""
    head, tail = LONGEST_PROMPT * 2 // 3, LONGEST_PROMPT // 3
    if len(prompt) > LONGEST_PROMPT:
        prompt = prompt[:head] + "\n\n" + prompt[-tail:]
    reading = Prompt(prompt)
    found = [constraint for family in FAMILIES for constraint in family.find(reading)]
    return _settle(sorted(found, key=lambda one: (one.source.start, one.source.end, one.kind)))


def _settle(found: list[Constraint]) -> tuple[Constraint, ...]:
    """Keep one of each key: the last, but a vague or weaker statement does not replace a precise one."""
    kept: dict[object, Constraint] = {}
    for one in found:
        before = kept.get(one.key)
        if before is None:
            kept[one.key] = one
        elif _precision(one) < _precision(before):
            continue
        elif _both_sides(before, one):
            kept[(one.key, "other side")] = one
        else:
            kept[one.key] = one
    divided = any(one.kind == "divided_paragraphs" for one in kept.values())
    return tuple(one for one in kept.values() if not (divided and one.kind == "paragraphs" and one.scope == "response"))


def _precision(one: Constraint) -> int:
    """A plain "use bullet points" is less than a count of them, and "about" is less than a limit."""
    vague = one.bound is None or one.bound.relation == "about" or one.bound == Bound.at_least(1)
    return 0 if vague else 1


def _both_sides(a: Constraint, b: Constraint) -> bool:
    sides = {one.bound.relation for one in (a, b) if one.bound}
    return sides == {"at least", "at most"} and _precision(a) == _precision(b)


_STANDING = (
    "always",
    "from now on",
    "every response",
    "all responses",
    "all of your responses",
    "each response",
    "throughout",
    "for the rest of",
)


_REVISES = re.compile(
    r"\b(?:re-?write|re-?phrase|revise|redo|edit|change|modify|adjust|improve|reformat|re-?word|update|extend|expand"
    r"|shorten|condense|polish)\b[^.?!\n]{0,40}?\b(?:it|that|(?:your|the|this|that) (?:\w+ )?(?:answer|response|reply"
    r"|text|output|version|poem|story|essay|letter|e-?mail|article|summary|list|paragraph)|above|previous)\b"
    r"|\b(?:keep|follow|with) (?:all )?(?:of )?(?:the |your )?(?:previous|earlier|above|same|other) "
    r"(?:constraints|requirements|instructions|rules|conditions)\b",
    re.IGNORECASE,
)
"""A turn that asks for the answer before it in another form: what was asked of that answer still holds."""
_RESIZES = re.compile(
    r"\b(?:short\w*|brief\w*|concise\w*|condense\w*|trim|cut|long(?:er)?|lengthen|expand\w*|extend\w*"
    r"|elaborate|more detail\w*)\b",
    re.IGNORECASE,
)


def extract_task(task: TaskView) -> tuple[Constraint, ...]:
    """Return the constraints on the answer to a conversation's last user turn.

    System turns hold throughout; an earlier user turn where it says so ("always", "from now on"), and the ones before
    a turn that has the answer revised ("rewrite it"), but for its length where that is to change. A later turn replaces
    what an earlier one said about the same thing.
    """
    kept: dict[object, Constraint] = {}
    users = [i for i, message in enumerate(task.messages) if message.role == "user"]
    last = users[-1] if users else -1
    revised = _revised(task, users)
    for i, message in enumerate(task.messages):
        if i == last or (message.role == "system" and i < last):
            lasting = extract(message.text)
        elif i in revised:
            lasting = extract(message.text)
            if any(_RESIZES.search(task.messages[j].text) for j in users if j > i):
                lasting = tuple(one for one in lasting if family_of(one) != "length")
        elif message.role == "user" and any(word in message.text.lower() for word in _STANDING):
            lasting = tuple(one for one in extract(message.text) if _stands(message.text, one))
        else:
            continue
        kept |= {one.key: one for one in lasting}
    return tuple(kept.values())


def _revised(task: TaskView, users: list[int]) -> frozenset[int]:
    """Return the user turns whose answer the last turn revises: each before a turn that revises, without a gap."""
    found = set()
    for before, after in zip(users[-2::-1], users[:0:-1], strict=True):
        if not _REVISES.search(task.messages[after].text[:400]) or split_prompt(task.messages[after].text).passage:
            break
        found.add(before)
    return frozenset(found)


def _stands(text: str, one: Constraint) -> bool:
    start = max(text.rfind(mark, 0, one.source.start) for mark in (".", "\n", "!", "?")) + 1
    around = text[start : one.source.end + 60].lower()
    return any(word in around for word in _STANDING)


@lru_cache(maxsize=64)
def _answer(text: str) -> Answer:
    return Answer(text)


def verify(constraint: Constraint, text: str) -> Observation:
    """Return whether a text keeps to a constraint.

    The value is 1 when it does, below 1 when not (more = nearer; see `Bound.grade`), None when it cannot be told.
    """
    seen = _read(constraint, _answer(text))
    value = None if seen.value is None else round(min(1.0, max(0.0, seen.value)), 6)
    data = constraint.to_json() | {"family": family_of(constraint)}
    return Observation(claim=constraint.describe(), value=value, detail=seen.detail, span=seen.span, data=data)


def _read(constraint: Constraint, answer: Answer) -> Reading:
    if constraint.kind != "any_of":
        return _CHECKS[constraint.kind](constraint, answer)
    readings = [_read(one, answer) for one in constraint.alternatives]
    known = [reading for reading in readings if reading.value is not None]
    best = max(known, key=lambda reading: reading.value or 0.0, default=None)
    if best is None or (best.value != 1 and len(known) < len(readings)):
        return Reading(None, "; ".join(reading.detail for reading in readings))
    return best
