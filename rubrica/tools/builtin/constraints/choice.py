"""Which of a few answers: listed options, yes or no, a number on a scale."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Bound, Check, Constraint, Family, Kind, Reading, holds
from rubrica.tools.builtin.constraints.prompt import QUOTED, Prompt

_OPTIONS = re.compile(
    r"\b(?:one of|either of|from|among|between)(?: only)?(?: the| these| those)?(?: \w+){0,2} (?:options?|choices?"
    r"|answers?|phrases?|responses?|labels?|categories|sentences|statements|following)\b"
)

_YES_NO = re.compile(
    rf"\b(?:answer|respond|reply|say|output|return)\b(?P<how>[^.;?!\n\x00]{{0,40}}?)(?P<a>\byes\b|\btrue\b"
    rf"|{QUOTED})(?:,? ?(?:or|/|and) ?)(?P<b>no\b|false\b|{QUOTED})"
)

_ONE_OF = re.compile(
    r"\b(?:choose|pick|select|answer|respond|reply|say|options?"
    rf"|choices?)\b[^\n\x00]{{0,60}}?(?={QUOTED},? (?:or )?{QUOTED})"
)

_EITHER = re.compile(
    rf"\b(?:answer|respond|reply|output|return|classify|label|say)\b[^.;\n\x00]{{0,60}}?\b(?:either|as|with"
    rf"|only)\b[^.;\n\x00]{{0,25}}?(?P<list>{QUOTED}(?:(?:, ?(?:or )?| or ){QUOTED})+)"
)

_ONLY = re.compile(
    r"\b(?:only|just|nothing (?:else|more)|no other|solely|simply|without (?:any )?(?:explanation|further))\b"
)

_RATING = re.compile(
    r"\b(?:rate|score|grade|rating|number|integer|value|scale|evaluate)\b[^.;\n\d]{0,60}?\b(?:from|between"
    r"|of)? ?(?P<low>\d{1,3}) ?(?:to|and|-|–) ?(?P<high>\d{1,3})\b(?! ?(?:words|sentences|paragraphs|lines"
    r"|characters|points|years|items|minutes|%))"
)


_NUMBER_ONLY = re.compile(
    r"\b(?:answer|respond|reply|output|return|give|provide|write|state)\b(?: me| with| back| in)* (?:only|just)"
    r"(?: with)? (?:(?:the|a|an|one|single|final|numerical|numeric|correct|resulting|whole) )*(?:number|integer|digits?"
    r"|numeric(?:al)? (?:answer|value|result))\b(?! of)"
)


def _choices(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    for match in (*_OPTIONS.finditer(low), *_ONE_OF.finditer(low)):
        if not prompt.asks_at(match.start()):
            continue
        options = _listed(prompt, match.end()) or _sentences(prompt, match.end())
        if len(options) > 1:
            yield Constraint("choice", prompt.source(match.start(), match.end()), texts=options)
            return
    for match in _YES_NO.finditer(low):
        clause = prompt.clause_at(match.start())
        if clause.given or low[clause.start :].startswith("if "):
            continue
        joined = low[match.end("a") : match.start("b")]
        if "and" in joined and match["a"][0] not in "yt" and not re.search(r"\b(?:between|either)\b", match["how"]):
            continue  # "return an object with "title" and "year"" names parts, not options
        options = (prompt.said(*match.span("a")), prompt.said(*match.span("b")))
        strict = _ONLY.search(match[0]) or _ONLY.search(low[match.end() : match.end() + 40])
        yield Constraint(
            "choice", prompt.source(match.start(), match.end()), texts=options, scope="line" if strict else "response"
        )
        return
    for match in _EITHER.finditer(low):
        if prompt.asks_at(match.start()):
            options = tuple(
                prompt.said(match.start("list") + m.start(), match.start("list") + m.end())
                for m in re.finditer(QUOTED, match["list"])
            )
            yield Constraint("choice", prompt.source(match.start(), match.end()), texts=options)
            return


_UNQUOTED = re.compile(r"\s*[:-]\s*(?P<list>[^\n,]{2,60}\.(?:,? (?:or )?[A-Z][^\n,]{1,60}?\.){1,7})(?=\s|$)")


def _sentences(prompt: Prompt, start: int) -> tuple[str, ...]:
    """Options that are sentences between commas: "My answer is yes., My answer is no."."""
    match = _UNQUOTED.match(prompt.text, start)
    return tuple(re.split(r"(?<=\.),? (?:or )?(?=[A-Z])", match["list"])) if match and ".," in match["list"] else ()


_ENTRY = re.compile(rf"[\s,;:()\[\]*-]*(?:(?:and|or|\d[.)]) )?(?P<term>{QUOTED})")


def _listed(prompt: Prompt, start: int) -> tuple[str, ...]:
    """Collect the quotations that follow directly, separated by nothing but list punctuation."""
    found: list[str] = []
    at = start
    lead = re.compile(r"[^\x00.\n]{0,40}?[:(\[]\s*").match(prompt.low, at)
    if lead and not _ENTRY.match(prompt.low, at):
        at = lead.end()
    while (match := _ENTRY.match(prompt.low, at)) and len(found) < 20:
        found.append(prompt.said(*match.span("term")))
        at = match.end()
    return tuple(found)


def _ratings(prompt: Prompt) -> Iterator[Constraint]:
    for match in _RATING.finditer(prompt.low):
        low, high = int(match["low"]), int(match["high"])
        left = prompt.left_of(match.start())
        starts = re.match(
            r"\W*(?:please |now |can you |could you )?(?:rate|score|grade|pick|choose|give|provide|assign|think of"
            r"|evaluate|tell|say)?",
            left,
        )
        if (
            low < high
            and prompt.asks_at(match.start())
            and starts
            and match[0].split()[0] in ("rate", "score", "grade", "evaluate", "rating")
        ):
            yield Constraint("rating", prompt.source(match.start(), match.end()), bound=Bound.between(low, high))
            return


def _bounded(option: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(option)}(?!\w)", re.IGNORECASE)


def _check_choice(constraint: Constraint, answer: Answer) -> Reading:
    options = constraint.texts
    core = answer.core.strip(" .!*\n").lower()
    if any(core == option.strip(" .!").lower() for option in options):
        return holds(True, "it is one of them")
    if constraint.scope == "line":
        opens = any(_bounded(option).match(answer.core) for option in options)
        return Reading(0.3 if opens else 0.0, "more than one of them" if opens else "none of them")
    if any(len(option) <= 5 for option in options):
        opens = any(_bounded(option).match(answer.core) for option in options)
        inside = any(_bounded(option).search(answer.text) for option in options)
        return Reading(
            1.0 if opens else None if inside else 0.0,
            "it opens with one" if opens else "one occurs" if inside else "none of them",
        )
    hit = next((option for option in options if option in answer.text), None)
    if hit is None and any(option.lower().rstrip(".") in answer.lower for option in options):
        return Reading(0.4, "one occurs, written differently")
    return holds(hit is not None, f"found {hit!r}" if hit else "none of them")


def _check_rating(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    numbers = [int(n) for n in re.findall(r"(?<![\d.,])\d{1,4}(?![\d,]*\d)", answer.text)]
    if not numbers:
        return holds(False, "no number")
    inside = [n for n in numbers if constraint.bound.grade(n) == 1]
    return holds(bool(inside), f"found {numbers[0]}" if not inside else f"found {inside[0]}")


def _check_number(_: Constraint, answer: Answer) -> Reading:
    """A number, with a sign or unit at most; words may spell a number, so a few of them tell nothing."""
    words = answer.core.split()
    digits = any(map(str.isdigit, answer.core))
    if len(words) <= 2 and digits:
        return holds(True, "a number")
    return holds(False, f"found {len(words)} words") if len(words) > 4 else Reading(None, "cannot tell")


def _find(prompt: Prompt) -> Iterator[Constraint]:
    yield from _choices(prompt)
    yield from _ratings(prompt)
    match = _NUMBER_ONLY.search(prompt.low)
    if match and prompt.asks_at(match.start()):
        yield Constraint("number_only", prompt.source(match.start(), match.end()))


_CHECKS: dict[Kind, Check] = {"choice": _check_choice, "rating": _check_rating, "number_only": _check_number}
FAMILY = Family("choice", _find, _CHECKS)
