"""What frames it: quotation marks, a title, a postscript, the prompt repeated first."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.edges import EDGE_MARKS, normal
from rubrica.tools.builtin.constraints.model import Check, Constraint, Family, Kind, Reading, holds
from rubrica.tools.builtin.constraints.prompt import Prompt, negated
from rubrica.types import Span

_PS = re.compile(r"\bP\. ?P\. ?S|\bP\. ?S\b|\bPPS\b|\bPS\b(?=:)")

_WRAP = re.compile(
    r"\b(?:wrap\w*|put|enclos\w*|surround\w*|add|place\w*|us\w+|contain\w*|be|with(?:in)?|inside|in|start"
    r"|begin)\b[^.;\n]{0,70}?\b(?:(?:double )?quotations?(?: marks?)?|(?:double )?quote marks?"
    r"|double quotes?|quotes)\b(?! from)"
)

_WHOLE = re.compile(
    r"\b(?:(?:entire|whole|complete|full)\b|everything\b|(?:your|the) (?:response|answer|reply|output|text|message"
    r"|letter|article|poem|story|essay|song)\b)"
)

_TITLE = re.compile(r"<<|\bdouble ang(?:ular|le) brackets?\b")

_REPEAT = re.compile(
    r"\b(?:repeat|copy|restate|reproduce|echo|say|start (?:by|with) repeating)\w*\b[^.;\n]{0,40}?\b(?:request"
    r"|question|prompt|query|instructions?|sentence|message|task|input|statement)\b"
)

_REPEAT_CUE = re.compile(
    r"\bfirst\b|\bbefore\b|\bbeginning\b|\bstart\b|\bthen\b|\bword (?:for|by) word\b|\bexact|without (?:any )?chang"
)


def _find(prompt: Prompt) -> Iterator[Constraint]:
    yield from _postscript(prompt)
    yield from _quoted(prompt)
    yield from _title(prompt)
    yield from _repeat(prompt)


def _postscript(prompt: Prompt) -> Iterator[Constraint]:
    marker = _PS.search(prompt.text)
    at = marker.start() if marker else prompt.low.find("postscript")
    if at < 0:
        return
    clause = prompt.clause_at(at)
    before = prompt.clause_at(max(0, clause.start - 2))
    if (clause.asks or before.asks) and not clause.given:
        twice = marker is not None and "".join(filter(str.isalpha, marker[0])).upper() == "PPS"
        source = prompt.source(clause.start, clause.end)
        yield Constraint("postscript", source, texts=("P.P.S" if twice else "P.S.",))


_NOT_WHOLE = re.compile(r"\b(?:names?|titles?|words?|keywords?|quotes from)\b")


def _quoted(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    if "quot" not in low:
        return
    for match in _WRAP.finditer(low):
        left = prompt.left_of(match.start())
        around = left[-60:] + match[0] + low[match.end() : match.end() + 60]
        if negated(left + match[0]) or _NOT_WHOLE.search(match[0]) or not _WHOLE.search(around):
            continue
        if prompt.asks_at(match.start()):
            yield Constraint("quoted", prompt.source(match.start(), match.end()))
            return


def _title(prompt: Prompt) -> Iterator[Constraint]:
    title = _TITLE.search(prompt.low) or _TITLE.search(prompt.text)
    if title and ("title" in prompt.low or "bracket" in prompt.low):
        yield Constraint("title", prompt.source(title.start(), title.end()))


def _repeat(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    if "repeat" not in low and "copy" not in low and "restate" not in low and "echo" not in low:
        return
    spans = [(m, prompt.clause_at(m.start())) for m in _REPEAT.finditer(low)]
    spans = [
        (m, c) for m, c in spans if not negated(prompt.left_of(m.start()).split("repeat")[0][-25:]) and not c.given
    ]
    spans = [(m, c) for m, c in spans if _REPEAT_CUE.search(low[c.start : c.end])]
    if not spans:
        return
    about = {
        c.start
        for c in prompt.clauses
        if re.search(
            r"\brepeat|\bcopy\b|\brestat|before (?:that|this)|not (?:say|include|add|output|write|answer"
            r"|change)[^.]{0,30}(?:words?|characters?|anything|sentence|request|question|prompt|yet)|then (?:give"
            r"|answer|write|provide|you can)|^\W*(?:after (?:that|this)|afterwards|only then),? you (?:can|may|should)",
            low[c.start : c.end],
        )
    }
    wanted = tuple(prompt.text[c.start : c.end].strip() for c in prompt.clauses if c.start not in about)
    if wanted:
        match = spans[0][0]
        yield Constraint("repeats_prompt", prompt.source(match.start(), match.end()), texts=wanted)


def _check_postscript(constraint: Constraint, answer: Answer) -> Reading:
    pattern = r"p\.\s?p\.\s?s|\bpps\b" if constraint.texts[0] == "P.P.S" else r"(?<!p\.)(?<!p\. )p\.\s?s\.|\bps:"
    match = re.search(pattern, answer.text, re.IGNORECASE)
    if match is None:
        return holds(False, "no postscript")
    return holds(True, "found it", Span(start=match.start(), end=match.end(), text=match[0]))


def _check_quoted(_: Constraint, answer: Answer) -> Reading:
    text = answer.text.strip()
    ok = len(text) > 1 and text[0] in '"“' and text[-1] in '"”'
    return holds(ok, f"it begins with {text[:1]!r} and ends with {text[-1:]!r}")


def _check_title(_: Constraint, answer: Answer) -> Reading:
    match = re.search(r"<<[^\n<>]*[^\s<>][^\n<>]*>>", answer.text)
    return holds(
        match is not None,
        match[0][:80] if match else "no <<title>>",
        None if match is None else Span(start=match.start(), end=match.end(), text=match[0][:80]),
    )


def _check_repeat(constraint: Constraint, answer: Answer) -> Reading:
    """The first clause must open the answer; each further clause that follows adds to the value."""
    said = normal(answer.text.lstrip(EDGE_MARKS))
    clauses = [normal(clause.strip(EDGE_MARKS)) for clause in constraint.texts]
    at, kept = 0, 0
    for clause in clauses:
        place = said.find(clause, at, at + len(clause) + 40)
        if place < 0 or (kept == 0 and place > 0):
            break
        at, kept = place + len(clause), kept + 1
    if not kept:
        return holds(False, "the request does not open the answer")
    return Reading(0.5 + 0.5 * kept / len(clauses), f"{kept} of {len(clauses)} clauses of the request repeated")


_CHECKS: dict[Kind, Check] = {
    "postscript": _check_postscript,
    "quoted": _check_quoted,
    "title": _check_title,
    "repeats_prompt": _check_repeat,
}
FAMILY = Family("frame", _find, _CHECKS)
