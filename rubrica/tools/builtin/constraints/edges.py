"""How it begins and ends: phrases, first and last words, first letters, of the whole or of its parts."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rubrica.tools.builtin.constraints.answer import Answer, Piece
from rubrica.tools.builtin.constraints.length import NTH
from rubrica.tools.builtin.constraints.model import Check, Constraint, Family, Kind, Reading, Scope, counted
from rubrica.tools.builtin.constraints.prompt import QUOTED, Prompt, negated
from rubrica.types import Span

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
_SAY = r"(?:write|say|ask|add|include|put|state|type)"
_PLACED = re.compile(
    r"\bat the (?:very )?(?P<place>end|beginning"
    rf"|start)\b[^.;\n\x00]{{0,40}}?\b{_SAY} (?:[a-z]+ ){{0,4}}?(?P<what>{QUOTED})"
    rf"|\b{_SAY} (?:[a-z]+ ){{0,4}}?(?P<what2>{QUOTED})(?: [a-z]+){{0,2}} at the (?:very )?(?P<place2>end|beginning"
    r"|start)\b"
)
_PARAGRAPH = re.compile(
    rf"\b(?:(?P<ord>{_ORDINAL}|each|every|any) (?P<part1>paragraph|sentence|line|word|bullet(?: point)?|item|stanza)s?"
    rf"|(?P<part2>paragraph|sentence|line|stanza) (?P<num>\d{{1,2}})|(?P<all>all(?: the| of the)? (?P<part3>words"
    rf"|sentences|lines|paragraphs)))\b[^.;\n]{{0,40}}$"
)
_CODE = re.compile(r"\b(?:sql|query|regex|function|find all|filter|strings?|array|count)\b")


def _find(prompt: Prompt) -> Iterator[Constraint]:
    yield from _phrases(prompt, _START, "starts_with")
    yield from _phrases(prompt, _FINISH, "ends_with")
    yield from _first_last(prompt)
    yield from _placed(prompt)
    yield from _asking(prompt)


_ASKING = re.compile(
    r"\b(?P<ord>first|second|third|last|final|each|every) (?P<part>sentence|line|paragraph) (?:of [\w ]{1,30})?"
    r"(?:should|must|has to|needs to|is to) (?P<not>not )?be (?:phrased as )?an? question\b"
)


def _asking(prompt: Prompt) -> Iterator[Constraint]:
    for match in _ASKING.finditer(prompt.low) if "question" in prompt.low else ():
        if prompt.asks_at(match.start()):
            source, nth = prompt.source(match.start(), match.end()), NTH.get(match["ord"])
            scope = _SCOPES[match["part"]]
            yield Constraint("ends_with", source, texts=("?",), scope=scope, nth=nth, negated=bool(match["not"]))


_FINISHES = re.compile(r"\band (?:end|finish|conclud|clos)")


def _phrases(prompt: Prompt, pattern: re.Pattern[str], kind: Kind) -> Iterator[Constraint]:
    for match in pattern.finditer(prompt.low):
        left = prompt.left_of(match.start())
        if not prompt.asks_at(match.start()) or _CODE.search(left):
            continue
        if pattern is _START and _FINISHES.search(match[0][: match.start("what") - match.start()]):
            continue  # "begin with a capital and end with a period": the mark belongs to the end
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
        if not what or (kind == "ends_with" and what.startswith("\\")) or match["what"] in ("it", "that", "which"):
            continue
        negative = negated(left) or bool(re.search(r"\blike $", match["named"]) and negated(left))
        actual: Kind = "initial" if is_letter and kind == "starts_with" and len(what) == 1 else kind
        one = " " not in what and (scope == "paragraph" or (negative and scope in ("sentence", "line")))
        if kind == "starts_with" and one and actual == kind:
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
        inner = re.search(r"\b(?:each|every|any) (paragraph|sentence|line|word|item|bullet point|bullet)\b", text[-80:])
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


def _placed(prompt: Prompt) -> Iterator[Constraint]:
    for match in _PLACED.finditer(prompt.low):
        if prompt.asks_at(match.start()) and not negated(prompt.left_of(match.start())):
            kind: Kind = "ends_with" if (match["place"] or match["place2"]) == "end" else "starts_with"
            what = prompt.said(*match.span("what" if match["what"] else "what2"))
            yield Constraint(kind, prompt.source(match.start(), match.end()), texts=(what,))


# Checking

EDGE_MARKS = " \t\r\n\"“”„«»'‘’*_#>`"
_FINAL = " \t\r\n\"“”«»'‘’*_`)]"


def normal(text: str) -> str:
    """Return a text in lower case with plain quotation marks and single spaces, for comparing."""
    return " ".join(text.lower().replace("’", "'").replace("“", '"').replace("”", '"').split())


_BLANK = re.compile(
    r"\[[^\[\]\n]{1,40}\]|<[^<>\n]{1,40}>|\{[^{}\n]{1,40}\}|_{2,}|\.{3}|…|(?<![\w'’])(?:[XNY]|XX+|N{2,})(?![\w'’])"
)
"""What a phrase leaves to the answer: "Total: X minutes", "Sincerely, [name]"."""


@lru_cache(maxsize=256)
def _filled(phrase: str) -> str:
    """Return a pattern for a phrase with blanks, over `normal` text; "" when it has none or is nothing else."""
    fixed = _BLANK.split(phrase)
    if len(fixed) == 1 or not any(part.strip(EDGE_MARKS + ".,:;!?") for part in fixed):
        return ""
    return ".{1,80}?".join(re.escape(normal(f"|{part}|")[1:-1]) for part in fixed)


def _starts(text: str, phrase: str) -> bool:
    if blanks := _filled(phrase):
        return re.match(blanks.strip(), normal(text.lstrip(EDGE_MARKS)[: 3 * len(phrase) + 300])) is not None
    return normal(text.lstrip(EDGE_MARKS)[: 3 * len(phrase) + 50]).startswith(normal(phrase.strip(EDGE_MARKS)))


def _ends(text: str, phrase: str) -> bool:
    if blanks := _filled(phrase):
        whole = normal(text[-(3 * len(phrase) + 300) :].rstrip(EDGE_MARKS))
        return re.search(rf"{blanks.strip()}\W*$", whole) is not None
    tail = text[-(3 * len(phrase) + 80) :].rstrip(_FINAL)
    said, wanted = normal(tail), normal(phrase.strip(EDGE_MARKS))
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
            return Reading(
                0.0, f"there {'is' if len(parts) == 1 else 'are'} {counted(len(parts), constraint.scope + 's')}"
            )
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
    return match is not None and normal(match[0]) == normal(word)


def _last_word(text: str, word: str) -> bool:
    words = _WORD.findall(text[-200:])
    return bool(words) and (normal(words[-1]) == normal(word) or _ends(text, word))


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


_CHECKS: dict[Kind, Check] = dict.fromkeys(
    ("starts_with", "ends_with", "first_word", "last_word", "initial"), _check_edge
)
FAMILY = Family("edges", _find, _CHECKS)
