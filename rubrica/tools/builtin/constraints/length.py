"""How long: words, characters, sentences, paragraphs, lines and stanzas, of the response or of each of its parts."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer, Piece
from rubrica.tools.builtin.constraints.model import Bound, Check, Constraint, Family, Kind, Reading, Scope, counted
from rubrica.tools.builtin.constraints.paragraphs import HEADING, count_paragraphs
from rubrica.tools.builtin.constraints.prompt import ANSWER_NOUN, Prompt
from rubrica.tools.builtin.constraints.quantity import AFTER_UNIT, BEFORE_UNIT, RELATION, VAGUE, read_bound
from rubrica.tools.builtin.constraints.tongues import find_tongues

_UNITS: dict[str, Kind] = {
    "word": "words",
    "character": "characters",
    "sentence": "sentences",
    "paragraph": "paragraphs",
    "line": "lines",
    "stanza": "stanzas",
    "verse": "stanzas",
}
_UNIT = rf"(?P<unit>{'|'.join(_UNITS)})s?\b"
_SIZE = (
    r"(?:(?:short|long|complete|full|simple|separate|different|brief|clear|concise|distinct|english|total"
    r"|individual|rhyming|descriptive"
    r"|coherent|detailed|unique|well[- ]?written|well[- ]?developed|non-?rhyming|medium|grammatical)[ ,]+){0,2}"
)
_COUNT = re.compile(rf"{BEFORE_UNIT}[ -]{{1,2}}{_SIZE}{_UNIT}(?! ?-? ?(?:count|limit)){AFTER_UNIT}")
_NUMBER_OF = re.compile(
    rf"\b(?:number of (?P<unit>{'|'.join(_UNITS)})s\b|(?P<unit2>word|character|sentence) (?P<cap>count|limit|length"
    r"|maximum|minimum)\b)"
    rf"(?! (?:in|with) all)[^.\n\d]{{0,30}}?(?:be|is|to|of|:|=|-) ?(?={RELATION} |\d){BEFORE_UNIT}\b"
)
_ONE = re.compile(
    rf"\b(?:in|into|as|with|to) (?:just |only )?(?:a|an) {_SIZE}(?P<unit>sentence|paragraph)\b"
    rf"|\b(?:write|compose|draft|create|give me|craft|produce) (?:just |only )?(?:a|an) {_SIZE}(?P<unit2>sentence"
    r"|paragraph)\b(?! (?:by|of the))"
)

_GIVEN_ONES = re.compile(r"\b(?:the|these|those|following|first|last|next|previous|all|both|other|above|any|every) $")
_PREPOSITION = re.compile(r"\b(?:in|within|using|into|under|to|of|with)(?: just| only| exactly)? $")
_CODE = re.compile(
    r"\b(?:function|program|script|class|regex|expression|query|algorithm|code|method|macro"
    r"|formula)\b[^.]*\b(?:that|which|to|takes?|returns?|for)\b"
)
_ELSEWHERE = re.compile(r"\bhow many\b|\b(?:wrote|typed|types|reads?|was|were|had|said|spoke|counts?|counting)\b")
_PART = re.compile(
    r"\b(?:with|includ\w+|add\w*|has|have|and|its|their|us\w+|contains?|the|where) (?:(?:a|an|the|one"
    r"|each) )?(?:[\w-]+ ){0,2}?"
    r"(?:title|headline|heading|subject line|caption|intro|introduction|conclusion|section|hook|bio|chapter|scene"
    r"|chorus|subtitle|tagline|slogan|abstract)s?\b[^.,;]{0,40}$"
)
_EACH = r"(?:each|every|per|all(?: of)?(?: the)?)"
_SCOPES: dict[str, Scope] = {
    "sentence": "sentence", "line": "line", "paragraph": "paragraph", "bullet": "item", "bullet point": "item",
    "point": "item", "stanza": "paragraph", "verse": "paragraph",
    "item": "item", "tip": "item", "step": "item", "reason": "item", "example": "item", "word": "word",
}  # fmt: skip
_WHOLE = frozenset({"reply", "replie", "response", "answer", "message", "output", "turn", "time", "question"})
"""What stands for the response in a standing order: "keep every reply under 30 words"."""
_PLURAL = re.compile(
    r"\b(bullet point|sentence|line|paragraph|bullet|point|item|tip|step|reason|example|stanza|verse)s\b"
)
_EACH_ONE = re.compile(
    rf"{_PLURAL.pattern.replace('(', '(?P<part>', 1)}[^.;]{{0,40}}?\beach(?: one)?(?: of (?:them|these|those|which))?"
    r"(?= (?:no|not|at|with|under|having|between|about|around|exactly|should|must|being|is|in|less|fewer|up|limited"
    r"|containing|consisting|roughly|max|of|kept|made)\b| ?$)[^.;]{0,40}$"
)
"""What "each" stands for: "3 sentences, each of them no longer than 15 words"."""
_EACH_LEFT = re.compile(rf"\b(?P<each>{_EACH}) (?:of the |of your )?(?P<part>bullet point|[a-z-]+?)s?\b[^.;]{{0,50}}$")
_NTH_LEFT = re.compile(
    r"\b(?:the )?(?:very )?(?P<nth>first|second|third|fourth|fifth|last|final) (?P<part>paragraph|sentence"
    r"|line)\b[^.;]{0,50}$"
)
_EACH_BARE = re.compile(r",? each(?: one)?(?: (?:of|with|having|being|containing|consisting|in))* $")
_LISTED = re.compile(r"\b(?:(?:bulleted|numbered) list|takeaways|tips|ideas|facts|options|suggestions|questions)\b")
_EACH_RIGHT = re.compile(
    r" ?(?:per|in each|in every|for each|for every|each|apiece)\b(?: (?P<part>bullet point|[a-z]+))?"
)
_SENTENCES_OF = re.compile(r"\bsentences? (?:of|with|that (?:has|have)|containing|no longer than) (?:[a-z]+ ){0,3}$")
NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "last": -1, "final": -1}
_ITEM_WORDS = re.compile(
    r" ?(?:that|which|related|associated|describing|starting|beginning|ending|rhyming|to describe|for|synonymous)\b"
)
_LISTS = re.compile(r"\b(?:list|give|name|provide|suggest|generate|tell|find|think of|come up with)\b[^.]{0,20}$")


def _find(prompt: Prompt) -> Iterator[Constraint]:
    yield from find_tongues(prompt)
    low = prompt.low
    if not any(unit in low for unit in _UNITS):
        return
    for match in _COUNT.finditer(low):
        if not match["n"] or not _is_demand(prompt, match):
            continue
        kind = _UNITS[match["unit"]]
        if kind in _IDIOMS and match["n"] in VAGUE and not match["rel"]:
            continue
        left = prompt.left_of(match.start())
        scope = _scope(kind, left, low[match.end("unit") : match.end("unit") + 40])
        bound = read_bound(match, left, bare=_bare(kind, match["n"]))
        if bound and scope:
            texts = ("blank line",) if kind == "paragraphs" and _BLANK_LINES.search(low) else ()
            source = prompt.source(match.start(), match.end())
            yield Constraint(kind, source, bound=bound, scope=scope[0], nth=scope[1], texts=texts)
    yield from _reverse(prompt)
    yield from _single(prompt)


_IDIOMS = frozenset({"words", "lines", "characters"})
"""Units of which "a few" is a manner of speaking, not a number."""
_BLANK_LINES = re.compile(
    r"two (?:new ?lines|line ?breaks)|\\n\\n|double (?:new ?line|line ?break)|(?:blank|empty) line|\x00\\n"
)


def _bare(kind: Kind, n: str) -> str:
    if kind == "characters" or (kind == "words" and n.isdigit() and int(n) > 12):
        return "about"
    return "exact"


_SUBJECT = re.compile(
    r"\b(?P<noun>(?:an? )?[a-z-]+) (?:can|could|may|might|must|should|will|would|has to|have to|needs? to)"
    r"(?: only| not)* (?:contain|have|be|hold|take|use|fit)\b[^.;]*$"
)


def _of_others(left: str) -> bool:
    """Whether the length is said of things in general: "a tweet can have", "keys must be"."""
    subject = _SUBJECT.search(left)
    if subject is None or re.fullmatch(ANSWER_NOUN, subject["noun"].removesuffix("s")):
        return False
    return subject["noun"].startswith(("a ", "an ")) or (subject["noun"].endswith("s") and " " not in subject["noun"])


_EMPHASIS = re.compile(r"\b(?:bold|highlight|italici[sz]e|underline|emphasi[sz]e)\b[^.,;]{0,20}$")
_OF_WORDS = re.compile(r"\bwords?\b[^.,;]{0,25}$")
_NO_LENGTH = re.compile(
    r"s? ?(?:(?:be )?(?:\w+ ){0,2}(?:in|with|that are) (?:all )?(?:capital|caps|upper|lower)"
    r"|(?:changed|replaced|altered|swapped|substituted|removed|deleted|added|inserted)\b)"
)
"""So many words are to be in capitals, or others than in a given text: "rewrite it with one word changed"."""


def _is_demand(prompt: Prompt, match: re.Match[str]) -> bool:
    start, left = match.start(), prompt.left_of(match.start())
    clause = prompt.clause_at(start)
    if clause.given or _ELSEWHERE.search(left) or _CODE.search(left) or _PART.search(left[-90:]) or _of_others(left):
        return False
    if not match["rel"] and _GIVEN_ONES.search(left):
        return False
    after = prompt.low[match.end("unit") + 1 : match.end("unit") + 40]
    if _EMPHASIS.search(left) or (match["unit"] == "character" and _OF_WORDS.search(left)):
        return False  # so many words to be marked, so many letters a word
    if left.endswith("no ") or (match["unit"] == "word" and re.search(r"\b(?:unique|distinct|different)\b", match[0])):
        return False  # "no two sentences"; so many different words are another demand
    if match["unit"] == "word" and (_ITEM_WORDS.match(after) and _LISTS.search(left)):
        return False
    if match["unit"] == "word" and _NO_LENGTH.match(after):
        return False
    return clause.asks or bool(_PREPOSITION.search(left))


def _scope(kind: Kind, left: str, right: str) -> tuple[Scope, int | None] | None:
    """Return what is counted over, None when it is a part that cannot be found in an answer."""
    after = _EACH_RIGHT.match(right.lstrip("s"))
    if after:
        if after["part"] in _WHOLE:
            return "response", None
        named = _PLURAL.findall(left) if after["part"] is None else [after["part"].rstrip("s")]
        part = _SCOPES.get(named[-1]) if named else None
        return (part, None) if part and part != kind.rstrip("s") else None
    if kind == "words" and _SENTENCES_OF.search(left):
        return "sentence", None
    nth = _NTH_LEFT.search(left)
    if nth:
        return _SCOPES[nth["part"]], NTH[nth["nth"]]
    if _EACH_BARE.search(left) and _LISTED.search(left):
        return "item", None
    each = _EACH_LEFT.search(left)
    if each and each["part"] in _WHOLE:
        return "response", None
    ones = _EACH_ONE.search(left)
    if ones:
        part = _SCOPES[ones["part"]]
        return (part, None) if part != kind.rstrip("s") else None
    if each and each["each"] in ("each", "every", "per"):
        part = _SCOPES.get(each["part"])
        return (part, None) if part and part != kind.rstrip("s") else None
    return "response", None


def _reverse(prompt: Prompt) -> Iterator[Constraint]:
    for match in _NUMBER_OF.finditer(prompt.low):
        if not prompt.asks_at(match.start()) or re.search(r"multiple of|divisible by|prime|even|odd", match[0]):
            continue
        bound = read_bound(match, prompt.low[match.start() : match.start("n")])
        if bound and match["cap"] and match["rel"] is None:
            n = bound.low or bound.high or 0
            bound = {"count": Bound.about, "length": Bound.about, "minimum": Bound.at_least}.get(
                match["cap"], Bound.at_most
            )(n)
        if bound:
            kind = _UNITS[match["unit"] or match["unit2"]]
            yield Constraint(kind, prompt.source(match.start(), match.end()), bound=bound)


def _single(prompt: Prompt) -> Iterator[Constraint]:
    for match in _ONE.finditer(prompt.low):
        left = prompt.left_of(match.start())
        if (
            not prompt.asks_at(match.start())
            or re.search(r"\b(?:words?|phrases?|use|using|\x00)\b", left)
            or _CODE.search(left)
        ):
            continue
        kind = _UNITS[match["unit"] or match["unit2"]]
        yield Constraint(kind, prompt.source(match.start(), match.end()), bound=Bound.exactly(1))


# Checking


def _count_words(answer: Answer, bound: Bound) -> int:
    """Count words as a person does for small numbers, as word counters (and IFEval) do for large ones."""
    size = bound.high if bound.high is not None else bound.low
    return len(answer.spoken_words) if (size or 0) < 50 else len(answer.words)


def _lines(answer: Answer, bound: Bound) -> int:
    """Count lines that hold text; a title line or a lead-in ("Here is ...:") may be left out."""
    n = len(answer.lines)
    if n > 1 and bound.grade(n) < 1 and bound.grade(n - 1) == 1 and _is_heading(answer.lines[0]):
        return n - 1
    return n


def _is_heading(line: Piece) -> bool:
    return (
        bool(HEADING.fullmatch(line.text))
        or line.text.rstrip(" *\"'").endswith(":")
        or line.text.lower().startswith("title")
    )


def _measure(kind: Kind, answer: Answer, constraint: Constraint) -> int | None:
    assert constraint.bound is not None
    match kind:
        case "words":
            return None if answer.spaceless else _count_words(answer, constraint.bound)
        case "characters":
            return len(answer.text.strip())
        case "sentences":
            return None if answer.spaceless else len(Answer(answer.product).sentences)
        case "paragraphs":
            return count_paragraphs(answer, constraint.bound, strict=bool(constraint.texts))
        case "stanzas":
            return len(answer.paragraphs)
        case _:
            return _lines(answer, constraint.bound)


def _check(constraint: Constraint, answer: Answer) -> Reading:
    bound = constraint.bound
    assert bound is not None
    if constraint.scope == "response":
        found = _measure(constraint.kind, answer, constraint)
        if found is None:
            return Reading(None, "words cannot be told apart in this script")
        return Reading(bound.grade(found), f"found {counted(found, constraint.kind)}")
    parts = answer.parts(constraint.scope)
    if constraint.nth is not None:
        at = constraint.nth - 1 if constraint.nth > 0 else constraint.nth
        if not -len(parts) <= at < len(parts):
            return Reading(
                0.0, f"there {'is' if len(parts) == 1 else 'are'} {counted(len(parts), constraint.scope + 's')}"
            )
        parts = [parts[at]]
    if not parts:
        return Reading(None, f"no {constraint.scope} to look at")
    grades, worst = [], None
    for part in parts:
        found = _measure(constraint.kind, Answer(part.text), constraint)
        if found is None:
            return Reading(None, "words cannot be told apart in this script")
        grades.append(bound.grade(found))
        if worst is None or grades[-1] < worst[0]:
            worst = (grades[-1], found, part)
    assert worst is not None
    kept = sum(grade == 1 for grade in grades)
    value = 1.0 if kept == len(grades) else 0.5 * sum(grades) / len(grades)
    return Reading(
        value,
        f"{kept} of {len(grades)} {constraint.scope}s keep to it; one has {worst[1]}",
        None if value == 1 else worst[2].span,
    )


_CHECKS: dict[Kind, Check] = dict.fromkeys(
    ("words", "characters", "sentences", "paragraphs", "lines", "stanzas"), _check
)
FAMILY = Family("length", _find, _CHECKS)
