"""Where a named word has to stand: in sentence three, in every paragraph, in the last line."""

import re
from collections.abc import Callable
from dataclasses import replace

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Constraint, Reading, Scope
from rubrica.tools.builtin.constraints.prompt import Prompt

_NAMES = {
    name: n
    for n, name in enumerate(
        ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"), 1
    )
} | {"last": -1, "final": -1}
_PART = r"(?P<part>sentence|paragraph|line|stanza|bullet point|bullet|item)"
_ORDINAL = rf"(?:{'|'.join(_NAMES)}|\d{{1,2}}(?:st|nd|rd|th))"


def _where(mark: str) -> str:
    """Return the pattern of a place, its groups named apart by a mark."""
    part = _PART.replace("part", f"{mark}part")
    return (
        rf"(?:(?:each|every)(?: single| of the)? {part}|(?:the )?(?:very )?(?P<{mark}nth>{_ORDINAL}) "
        rf"{part.replace('part>', 'part_>')}|{part.replace('part>', 'part__>')} (?:number )?(?P<{mark}num>\d{{1,2}}))\b"
    )


_RIGHT = re.compile(rf"[\s\"'”’)\]]*(?:\w+ ){{0,4}}?(?:in|within|into|of) {_where('a')}")
_LEFT = re.compile(
    rf"\b{_where('a')} (?:of (?:your|the) \w+ )?(?:should |must |has to |needs to |have to |will )?(?:not )?"
    rf"(?:contain|include|mention|use|have)s?\b[^.;\n]{{0,30}}$|\bin {_where('b')},? [^.;\n]{{0,40}}$"
)
_SCOPES: dict[str, Scope] = {
    "sentence": "sentence", "paragraph": "paragraph", "line": "line", "stanza": "paragraph", "bullet point": "item",
    "bullet": "item", "item": "item",
}  # fmt: skip


def place_of(prompt: Prompt, start: int, end: int) -> tuple[Scope, int | None]:
    """Return the part in which the words named at [start, end) have to stand; the whole response without one."""
    match = _RIGHT.match(prompt.low[end : end + 90].split("\n")[0]) or _LEFT.search(prompt.left_of(start)[-120:])
    if match is None:
        return "response", None
    found = {name[1:].rstrip("_"): value for name, value in match.groupdict().items() if value}
    ordinal = found.get("nth") or found.get("num")
    nth = None if ordinal is None else _NAMES.get(ordinal) or int("".join(filter(str.isdigit, ordinal)))
    return _SCOPES[found["part"]], nth


def in_parts(constraint: Constraint, answer: Answer, check: Callable[[Constraint, Answer], Reading]) -> Reading:
    """Hold a demand against the part it names, or against every such part."""
    parts = answer.parts(constraint.scope)
    whole = replace(constraint, scope="response", nth=None)
    if constraint.nth is not None:
        at = constraint.nth - 1 if constraint.nth > 0 else constraint.nth
        if not -len(parts) <= at < len(parts):
            return Reading(0.0, f"it has {len(parts)} of the parts named {constraint.scope}")
        return replace(check(whole, Answer(parts[at].text)), span=parts[at].span)
    if not parts:
        return Reading(None, f"no {constraint.scope} to look at")
    readings = [check(whole, Answer(part.text)) for part in parts]
    grades = [reading.value or 0.0 for reading in readings]
    kept = sum(grade == 1 for grade in grades)
    value = 1.0 if kept == len(grades) else 0.5 * kept / len(grades)
    return Reading(value, f"{kept} of {len(grades)} keep to it")
