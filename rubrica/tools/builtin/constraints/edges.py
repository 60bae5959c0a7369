"""How it begins and ends: phrases, first and last words, postscript, quotation marks, title, the prompt repeated."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer, Piece
from rubrica.tools.builtin.constraints.length import NTH
from rubrica.tools.builtin.constraints.model import Check, Constraint, Family, Kind, Reading, Scope, holds
from rubrica.tools.builtin.constraints.prompt import QUOTED, Prompt, negated
from rubrica.types import Span

_PART = r"(?P<part>paragraph|sentence|line|word|bullet(?: point)?|item|stanza|verse)s?"
_ORDINAL = r"first|second|third|fourth|fifth|sixth|last|final"
_NAMED = r"(?:(?!about|on|regarding|discuss|explain|describ|and|or|then|repeat)[a-z'’-]+[:,]? ){0,6}(?:[a-z'’-]+ ?)?"
_TARGET = (
    rf"(?P<named>{_NAMED})(?P<what>(?<![^\s:,]){QUOTED}|(?<=letter )[a-z]\b|(?<=word )[a-z'’-]+\b"
    rf"|(?<=: )[^\n\x00]{{3,120}}|(?<=phrase )[^\n\x00]{{3,120}}|(?<=words )[^\n\x00]{{3,120}}"
    rf"|(?<=saying )[^\n\x00]{{3,120}}|an? (?:question mark|question|exclamation (?:mark|point)|period))"
)
_START = re.compile(
    rf"\b(?:start|begin|open)(?:s|ning|ing|ed)?\b(?! (?:date|time|of))[^.;\n\x00]{{0,45}}?\b(?:with|by saying"
    rf"|by writing|by|on|from)(?: |: ?){_TARGET}"
)
_FINISH = re.compile(
    rf"\b(?:end|finish|conclud|clos)(?:e|s|es|ing|ed)?\b(?! up)[^.;\n\x00]{{0,45}}?\b(?:with|by saying|by writing"
    rf"|by asking|by|on|in|using)(?: |: ?){_TARGET}"
)
_FIRST_LAST = re.compile(
    r"\b(?P<nth>first|last|final|very first|very last|the) (?P<unit>word|words|sentence|line|phrase"
    r"|(?:very )?(?:end|start|beginning))\b(?: (?:of|in) (?:the |your |each "
    rf"|every )?(?:[\w-]+ ){{0,2}}[\w-]+?)?,? (?:should |must |has to |needs to |to |will )?(?:be|is|being|read|say"
    r"|are):? (?:exactly |the |this |exact |word |phrase |sentence |words |text |following "
    rf"|as follows ){{0,4}}:? ?(?P<what>{QUOTED}|[\w'’-]+(?=[.,;\n]|$))"
)
_PARAGRAPH = re.compile(
    rf"\b(?:(?P<ord>{_ORDINAL}|each|every) (?P<part1>paragraph|sentence|line|word|bullet(?: point)?|item|stanza)s?"
    rf"|(?P<part2>paragraph|sentence|line|stanza) (?P<num>\d{{1,2}})|(?P<all>all(?: the| of the)? (?P<part3>words"
    rf"|sentences|lines|paragraphs)))\b[^.;\n]{{0,40}}$"
)
_POSTSCRIPT = re.compile(r"\bpost[- ]?script\b|\bp\. ?s\b\.?|\bp\. ?p\. ?s\b|\x00")
_PS = re.compile(r"\bP\. ?P\. ?S|\bP\. ?S\b|\bPPS\b|\bPS\b(?=:)")
_WRAP = re.compile(
    r"\b(?:wrap\w*|put|enclos\w*|surround\w*|add|place\w*|us\w+|contain\w*|be|with(?:in)?|inside|in|start"
    r"|begin)\b[^.;\n]{0,70}?\b(?:double )?(?:quotations?|quotes?)(?: marks?)?\b"
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
_CODE = re.compile(
    r"\b(?:sql|query|regex|function|find all|select|filter|strings?|program|sequence|array|python|count)\b"
)


def _find(prompt: Prompt) -> Iterator[Constraint]:
    yield from _phrases(prompt, _START, "starts_with")
    yield from _phrases(prompt, _FINISH, "ends_with")
    yield from _first_last(prompt)
    yield from _marks(prompt)
    yield from _repeat(prompt)


def _phrases(prompt: Prompt, pattern: re.Pattern[str], kind: Kind) -> Iterator[Constraint]:
    for match in pattern.finditer(prompt.low):
        left = prompt.left_of(match.start())
        if not prompt.asks_at(match.start()) or _CODE.search(left):
            continue
        scope, nth = _where(left + match[0][: match.start("what") - match.start()])
        if scope == "response" and re.search(
            r"\b(?:that|which|words?|names?|who|items?|adjectives?|animals?|foods?|countries|cities)\b,? ?(?:\w+ )?$",
            left,
        ):
            continue
        what, is_letter = prompt.said(*match.span("what")), "letter" in match["named"] or "character" in match["named"]
        if match["what"].startswith(("a ", "an ")):
            what = "?" if "question" in match["what"] else "." if "period" in match["what"] else "!"
        elif match["what"][0] not in "\"“”„«»'‘’`":
            what = re.split(r"[.!](?= |$)|,| and ", what)[0] if " " in what else what
        if not what or (kind == "ends_with" and what.startswith("\\")):
            continue
        negative = negated(left) or bool(re.search(r"\blike $", match["named"]) and negated(left))
        actual: Kind = "initial" if is_letter and kind == "starts_with" and len(what) == 1 else kind
        if kind == "starts_with" and scope == "paragraph" and " " not in what and actual == kind:
            actual = "first_word"
        yield Constraint(
            actual, prompt.source(match.start(), match.end()), texts=(what,), scope=scope, nth=nth, negated=negative
        )


_SCOPES: dict[str, Scope] = {
    "paragraph": "paragraph",
    "sentence": "sentence",
    "line": "line",
    "word": "word",
    "bullet": "item",
    "bullet point": "item",
    "item": "item",
    "stanza": "paragraph",
}


def _where(text: str) -> tuple[Scope, int | None]:
    """Return the part that begins or ends so, from the words before."""
    several = re.search(
        r"\b(paragraphs|sentences|lines|words|items|bullet points)\b[^.;]{0,25}?\beach\b[^.;]{0,40}$", text[-160:]
    )
    if several:
        return _SCOPES[several[1][:-1]], None
    match = _PARAGRAPH.search(re.sub(r"\b(?:start|begin|open|end|finish|conclud|clos).*", "", text[-160:]) or "")
    if match is None:
        inner = re.search(r"\b(?:each|every) (paragraph|sentence|line|word|item|bullet point|bullet)\b", text[-80:])
        return (_SCOPES[inner[1]], None) if inner else ("response", None)
    part = _SCOPES[(match["part1"] or match["part2"] or match["part3"]).rstrip("s")]
    if match["num"]:
        return part, int(match["num"])
    return part, NTH.get(match["ord"] or "")


def _first_last(prompt: Prompt) -> Iterator[Constraint]:
    for match in _FIRST_LAST.finditer(prompt.low):
        clause = prompt.clause_at(match.start())
        if clause.given or not clause.asks:
            continue
        if match["nth"] == "the" and not match["unit"].endswith(("end", "start", "beginning")):
            continue
        last = match["nth"].endswith(("last", "final")) or match["unit"].endswith("end")
        single = match["unit"] == "word"
        kind: Kind = ("last_word" if last else "first_word") if single else ("ends_with" if last else "starts_with")
        what = prompt.said(*match.span("what"))
        inner = re.search(r"(?:of|in) (?:each|every) (paragraph|sentence|line)", match[0])
        scope: Scope = _SCOPES[inner[1]] if inner else "response"
        yield Constraint(kind, prompt.source(match.start(), match.end()), texts=(what,), scope=scope)


def _marks(prompt: Prompt) -> Iterator[Constraint]:
    low, text = prompt.low, prompt.text
    marker = _PS.search(text)
    if marker or "postscript" in low or "post script" in low:
        at = marker.start() if marker else low.find("post")
        clause = prompt.clause_at(at)
        neighbour = prompt.clause_at(max(0, clause.start - 2))
        if (clause.asks or neighbour.asks) and not clause.given:
            twice = bool(marker) and marker is not None and marker[0].replace(".", "").replace(" ", "").upper() == "PPS"
            yield Constraint(
                "postscript", prompt.source(clause.start, clause.end), texts=("P.P.S" if twice else "P.S.",)
            )
    if "quot" in low:
        for match in _WRAP.finditer(low):
            tail = low[match.end() : match.end() + 60]
            if (
                prompt.asks_at(match.start())
                and _WHOLE.search(prompt.left_of(match.start())[-60:] + match[0] + tail)
                and not negated(prompt.left_of(match.start()))
                and not re.search(
                    r"\b(?:names?|titles?|words?|keywords?|quotes from|around the (?:word|title))\b", match[0]
                )
            ):
                yield Constraint("quoted", prompt.source(match.start(), match.end()))
                break
    title = _TITLE.search(low) or (re.search(r"<<[^<>\n]{1,60}>>", text) if "<<" in text else None)
    if title and ("title" in low or "bracket" in low):
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
            r"|answer|write|provide|you can)",
            low[c.start : c.end],
        )
    }
    wanted = tuple(prompt.text[c.start : c.end].strip() for c in prompt.clauses if c.start not in about)
    if wanted:
        match = spans[0][0]
        yield Constraint("repeats_prompt", prompt.source(match.start(), match.end()), texts=wanted)


# Checking

_EDGE = " \t\r\n\"“”„«»'‘’*_#>`"
_FINAL = " \t\r\n\"“”«»'‘’*_`)]"


def _norm(text: str) -> str:
    return " ".join(text.lower().replace("’", "'").replace("“", '"').replace("”", '"').split())


def _starts(text: str, phrase: str) -> bool:
    return _norm(text.lstrip(_EDGE)[: 3 * len(phrase) + 50]).startswith(_norm(phrase.strip(_EDGE)))


def _ends(text: str, phrase: str) -> bool:
    tail = text[-(3 * len(phrase) + 80) :].rstrip(_FINAL)
    said, wanted = _norm(tail), _norm(phrase.strip(_EDGE))
    return (
        said.endswith(wanted) or said.rstrip(".!").endswith(wanted.rstrip(".!"))
        if len(wanted) > 1
        else said.endswith(wanted)
    )


def _check_edge(constraint: Constraint, answer: Answer) -> Reading:
    test = _TESTS[constraint.kind]
    parts = [Piece(0, answer.text)] if constraint.scope == "response" else answer.parts(constraint.scope)
    if constraint.nth is not None:
        at = constraint.nth - 1 if constraint.nth > 0 else constraint.nth
        if not -len(parts) <= at < len(parts):
            return Reading(0.0, f"there are {len(parts)} {constraint.scope}s")
        parts = [parts[at]]
    if not parts:
        return Reading(None, f"no {constraint.scope} to look at")
    wrong = [part for part in parts if test(part.text, constraint.texts[0]) == constraint.negated]
    if not wrong:
        return Reading(1.0, "all do" if len(parts) > 1 else "it does")
    span = Span(start=wrong[0].start, end=wrong[0].start + min(80, len(wrong[0].text)), text=wrong[0].text[:80])
    share = 1 - len(wrong) / len(parts)
    return Reading(0.5 * share, f"{len(wrong)} of {len(parts)} do not" if len(parts) > 1 else "it does not", span)


_WORD = re.compile(r"\w+(?:['’-]\w+)*")


def _first_word(text: str, word: str) -> bool:
    match = _WORD.search(text)
    return match is not None and _norm(match[0]) == _norm(word)


def _last_word(text: str, word: str) -> bool:
    words = _WORD.findall(text[-200:])
    return bool(words) and (_norm(words[-1]) == _norm(word) or _ends(text, word))


def _initial(text: str, letter: str) -> bool:
    first = next((c for c in text if c.isalnum()), "")
    return first.lower() == letter.lower()


_TESTS = {
    "starts_with": _starts,
    "ends_with": _ends,
    "first_word": _first_word,
    "last_word": _last_word,
    "initial": _initial,
}


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
    said = _norm(answer.text.lstrip(_EDGE))
    clauses = [_norm(clause.strip(_EDGE)) for clause in constraint.texts]
    at, kept = 0, 0
    for clause in clauses:
        place = said.find(clause, at, at + len(clause) + 40)
        if place < 0 or (kept == 0 and place > 0):
            break
        at, kept = place + len(clause), kept + 1
    if not kept:
        return holds(False, "the request does not open the answer")
    return Reading(0.5 + 0.5 * kept / len(clauses), f"{kept} of {len(clauses)} clauses of the request repeated")


_CHECKS: dict[Kind, Check] = dict.fromkeys(
    ("starts_with", "ends_with", "first_word", "last_word", "initial"), _check_edge
)
_CHECKS |= {
    "postscript": _check_postscript,
    "quoted": _check_quoted,
    "title": _check_title,
    "repeats_prompt": _check_repeat,
}
FAMILY = Family("edges", _find, _CHECKS)
