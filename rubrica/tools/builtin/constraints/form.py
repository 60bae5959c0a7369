"""What form it takes: JSON, a box, two responses, divided paragraphs, nothing around the answer."""

import json
import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Bound, Check, Constraint, Family, Kind, Reading, counted, holds
from rubrica.tools.builtin.constraints.prompt import Prompt, negated
from rubrica.tools.builtin.constraints.quantity import BEFORE_UNIT, read_bound
from rubrica.types import Span

_JSON = re.compile(
    r"\b(?:in|as|into|to|using|use|with|valid|of|return|output|produce|a|an|the)(?: a| an| the)?(?: (?:valid"
    r"|proper|single|pure|raw|strict|format|form))* (?:of )?json\b(?! (?:file|api|schema|parser|library|path))"
    r"|\bjson (?:format|object|block|output|only|response|string)\b"
)
_BOXED = re.compile(r"\\{1,2}boxed\b")
_TWO = re.compile(r"\*{6}|\b(?:6|six) asterisks?\b")
_DIVIDED = re.compile(r"(?<!\*)\*{3}(?!\*)|\b(?:3|three) asterisks?\b|\bmarkdown divider\b")
_PARTS = re.compile(rf"{BEFORE_UNIT}[ -](?:[a-z-]+ ){{0,2}}?paragraphs?\b")
_BARE = re.compile(
    r"\b(?:(?:only|just) (?:output|return|give|provide|respond|reply|write|answer|print|say|include|generate)"
    r"|(?:output|return|give|provide|respond|reply|write|answer|print|generate)(?: me| with| back)? (?:only|just"
    r"|nothing (?:but|other than))"
    r"|(?:do not|don['’]t|without|no)(?: \w+){0,2} (?:explanations?|commentary|preamble|additional text|extra text"
    r"|other text|extraneous words|explain\w*|other words)|nothing else|no other text)\b"
)
_COMMAS = re.compile(
    r"\b(?:comma[- ](?:separated|delimited)|separat\w+ (?:them |it |the \w+ |each \w+ )?(?:by|with"
    r"|using) (?:a )?commas?)\b(?! (?:values file|file))"
)
_WHOLE_TEXT = re.compile(
    r"\b(?:code|function|program|script|class|api|parse|file|python|javascript|java|convert|endpoint|payload"
    r"|database)\b"
)


def _find(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    if "json" in low:
        match = _JSON.search(low)
        if (
            match
            and prompt.asks_at(match.start())
            and not _WHOLE_TEXT.search(low[prompt.clause_at(match.start()).start : match.start()])
        ):
            yield Constraint("json", prompt.source(match.start(), match.end()), texts=_json_type(low))
    if "boxed" in prompt.text:
        match = _BOXED.search(prompt.text)
        if match and prompt.clause_at(match.start()).asks:
            yield Constraint("boxed", prompt.source(match.start(), match.end()))
    yield from _dividers(prompt)
    for kind, pattern in _SIMPLE:
        match = pattern.search(low)
        if (
            match
            and prompt.asks_at(match.start())
            and not (kind == "comma_separated" and negated(prompt.left_of(match.start())))
        ):
            yield Constraint(kind, prompt.source(match.start(), match.end()))


def _json_type(low: str) -> tuple[str, ...]:
    """Say which type the whole must have, when the prompt says so."""
    if re.search(r"\bjson (?:array|list)\b|\b(?:array|list) of json\b", low):
        return ("array",)
    return ("object",) if re.search(r"\b(?:a|one|single) (?:\w+ )?json object\b(?! (?:per|for each))", low) else ()


_SIMPLE: tuple[tuple[Kind, re.Pattern[str]], ...] = (("bare", _BARE), ("comma_separated", _COMMAS))


def _dividers(prompt: Prompt) -> Iterator[Constraint]:
    text, low = prompt.text, prompt.low
    two = _TWO.search(text)
    if two and re.search(r"\b(?:responses?|answers?|versions?|poems?|stor(?:y|ies)|different)\b", low):
        yield Constraint("two_responses", prompt.source(two.start(), two.end()), bound=Bound.exactly(_how_many(low)))
        return
    divider = _DIVIDED.search(text)
    if divider is None:
        return
    shown = len(re.findall(r"^[ \t]*\*{3}[ \t]*$", text, re.MULTILINE))
    for match in _PARTS.finditer(low):
        bound = read_bound(match, prompt.left_of(match.start()))
        if bound and prompt.asks_at(match.start()):
            yield Constraint("divided_paragraphs", prompt.source(match.start(), match.end()), bound=bound)
            return
    if shown:
        yield Constraint(
            "divided_paragraphs", prompt.source(divider.start(), divider.end()), bound=Bound.exactly(shown + 1)
        )
    elif re.search(r"\bseparat\w+|\bdivid", low):
        yield Constraint("divided_paragraphs", prompt.source(divider.start(), divider.end()), bound=Bound.at_least(2))


def _how_many(low: str) -> int:
    match = re.search(r"\b(three|3|four|4)\b (?:[a-z]+ ){0,2}?(?:responses|answers|versions|poems|stories)\b", low)
    return 2 if match is None else 3 if match[1] in ("three", "3") else 4


# Checking


def _check_json(constraint: Constraint, answer: Answer) -> Reading:
    text = answer.text.strip()
    fenced = re.fullmatch(r"```[A-Za-z]*\s*(.*?)\s*```", text, re.DOTALL) if text.startswith("```") else None
    try:
        value = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError) as error:
        inner = re.search(r"```(?:json|JSON)?\s*([\[{].*?[\]}])\s*```", text, re.DOTALL) if "```" in text else None
        detail = f"the whole is not JSON: {str(error)[:80]}"
        return Reading(0.3 if inner and _parses(inner[1]) else 0.0, detail)
    if constraint.texts and not isinstance(value, list if constraint.texts[0] == "array" else dict):
        return holds(False, f"it parses, but is no {constraint.texts[0]}")
    return holds(True, "it parses")


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _check_boxed(_: Constraint, answer: Answer) -> Reading:
    at = answer.text.rfind("\\boxed{")
    if at < 0:
        return holds(False, "no \\boxed{...}")
    return holds(True, "found it", Span(start=at, end=at + 7, text="\\boxed{"))


def _check_two(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    parts = [part.strip() for part in answer.text.split("******")]
    inner = [part for part in parts if part]
    if len(set(inner)) != len(inner):
        return holds(False, "responses repeat")
    gaps = any(not part for part in parts[1:-1])
    return Reading(
        0.0 if gaps else constraint.bound.grade(len(inner)), f"found {counted(len(inner), 'parts')} between ******"
    )


def _check_divided(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    parts = re.split(r"(?<!\*)\*{3}(?!\*)", answer.text)
    found = sum(bool(part.strip()) for part in parts)
    return Reading(constraint.bound.grade(found), f"found {counted(found, 'parts')} between ***")


_CHATTER = re.compile(
    r"(?:sure|certainly|of course|absolutely|okay|ok|great|here(?:'s|’s| is| are)|below is|i(?:'d| would) be happy"
    r"|thank you|thanks|as an ai|the following (?:is|are))\b",
    re.IGNORECASE,
)
_CODA = re.compile(
    r"(?:let me know|i hope|hope this|feel free|explanation:|note:|please note|this (?:sentence|answer|is because)"
    r"|would you like)",
    re.IGNORECASE,
)


def _check_bare(_: Constraint, answer: Answer) -> Reading:
    start = len(answer.text) - len(answer.text.lstrip(" \t\n\"'*#"))
    opening = _CHATTER.match(answer.text, start)
    if opening:
        return holds(
            False,
            "it opens with words around the answer",
            Span(start=opening.start(), end=opening.end(), text=opening[0]),
        )
    lines = answer.lines
    last = _CODA.match(lines[-1].text.lstrip("*_( ")) if len(lines) > 1 else None
    if last:
        return holds(False, "it closes with words around the answer", lines[-1].span)
    return holds(True, "no words around the answer seen")


def _check_commas(_: Constraint, answer: Answer) -> Reading:
    if len(answer.bullets) > 1 or len(answer.numbered) > 1:
        return holds(False, "it is a list of lines")
    return holds(
        "," in answer.text or "，" in answer.text or "、" in answer.text,
        f"found {counted(answer.text.count(','), 'commas')}",
    )


_CHECKS: dict[Kind, Check] = {
    "json": _check_json,
    "boxed": _check_boxed,
    "two_responses": _check_two,
    "divided_paragraphs": _check_divided,
    "bare": _check_bare,
    "comma_separated": _check_commas,
}
FAMILY = Family("form", _find, _CHECKS)
