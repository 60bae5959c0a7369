"""How it is laid out: bullets, sections, highlights, placeholders, hashtags, emojis, tables."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Bound, Check, Constraint, Family, Kind, Reading, counted, holds
from rubrica.tools.builtin.constraints.prompt import Prompt, negated
from rubrica.tools.builtin.constraints.quantity import AFTER_UNIT, BEFORE_UNIT, read_bound

_ADJ = r"(?:(?!and |or |no |with |in |of |to )[a-z-]+ ){0,3}?"
_UNITS: tuple[tuple[Kind, str], ...] = (
    ("bullets", r"bullet[- ]?points?|bullets|bullet(?:ed)? (?:points|items|lists?)"),
    ("placeholders", r"place ?holders?"),
    ("hashtags", r"hash ?tags?"),
    ("emojis", r"emojis?|emoticons?"),
)
_COUNTED: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"{BEFORE_UNIT}[ -]{_ADJ}(?:{unit})\b{AFTER_UNIT}")) for kind, unit in _UNITS
)
_PLAIN_BULLETS = re.compile(
    r"\b(?:in|using|use|as|with|into|format\w*|by|make|create|write) (?:a |an |the )?(?:[a-z]+ )?(?:bullet(?:ed"
    r"|ed[- ]point)? (?:lists?|form|format)|bullet[- ]?point(?:ed)?s?(?: list| form| format)?|bullets)\b"
)
_NUMBERED = re.compile(
    r"\b(?:in|using|use|as|with|into|make|create|write) (?:a |an |the )?(?:numbered|enumerated|ordered) (?:list"
    r"|steps|items|points)\b"
)
_NO_LISTS = re.compile(
    r"(?:\b(?:no|without|not|avoid\w*)|n['’]t)\b(?! (?:more|fewer"
    r"|less))[^.;\n]{0,25}?\b(?P<what>bullet[- ]?points?|bullets|lists?|emojis?|hash ?tags?)\b"
    r"(?! of (?!any (?:kind|sort|type)))"
)
_TABLE = re.compile(
    r"\b(?:in|as|into|using|use|with|create|make|draw|produce|generate|provide|give me"
    r"|present) (?:the )?(?:form(?:at)? of )?(?:a |an )?(?:markdown |simple |comparison |two[- ]column "
    r"|formatted )?(?:table\b(?! of contents|spoon| ?top)(?= (?:format|form|comparing|with|of|that|showing|listing"
    r"|containing|to|for)|\W|$)|tabular (?:form|format))"
)
_SECTIONS = re.compile(rf"{BEFORE_UNIT}[ -]{_ADJ}(?P<unit>sections?|parts|chapters|scenes)\b{AFTER_UNIT}")
_MARKER = re.compile(r"\b([A-Za-z]{3,20}) (?:X|#|N|\[X\]|\{X\}|<X>)(?=\W|$)")
_FIRST_TWO = re.compile(r"\b([A-Za-z]{3,20}) 1\b(?=[^\0]{1,200}?\b\1 2\b)")
_HIGHLIGHTS = re.compile(
    rf"{BEFORE_UNIT}[ -]{_ADJ}(?:sections?|parts?|phrases?|words?|sentences?|passages?|points?|titles?|keywords?"
    rf"|highlights?|terms?|areas?|pieces?|sub-?sections?)\b{AFTER_UNIT}"
)
_HIGHLIGHT_CUE = re.compile(r"\bhighlight\w*|\bemphasi[sz]\w*|\basterisks?\b|\bitalic\w*|\bbold\w*|\*[^*\n]{1,60}\*")


def _find(prompt: Prompt) -> Iterator[Constraint]:
    yield from _counted(prompt)
    yield from _plain(prompt)
    yield from _sections(prompt)
    yield from _highlights(prompt)


def _counted(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    for kind, pattern in _COUNTED:
        if kind[:-1].replace("placeholder", "holder").replace("hashtag", "tag") not in low:
            continue
        for match in pattern.finditer(low):
            left = prompt.left_of(match.start())
            bound = (
                read_bound(match, left)
                if prompt.asks_at(match.start()) or left.endswith(("in ", "with ", "using "))
                else None
            )
            if bound and not _EACH.search(left) and not _EACH_AFTER.match(low, match.end()):
                yield Constraint(kind, prompt.source(match.start(), match.end()), bound=bound)


_EACH = re.compile(r"\b(?:each|every|per)\b[^.;,]{0,40}$")
_EACH_AFTER = re.compile(r" ?(?:each|apiece|per|in each|in every|for each|for every|under each)\b")
_LIST_KINDS: dict[str, Kind] = {"b": "bullets", "e": "emojis", "h": "hashtags", "l": "bullets"}


def _plain(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    if "bullet" in low or "list" in low or "emoji" in low or "hash" in low:
        for match in _NO_LISTS.finditer(low):
            if prompt.asks_at(match.start()):
                kind = _LIST_KINDS[match["what"][0]]
                if kind == "bullets" and match[0].endswith(("numbered list", "numbered lists")):
                    kind = "numbered"
                yield Constraint(kind, prompt.source(match.start(), match.end()), bound=Bound.at_most(0))
    patterns: tuple[tuple[str, Kind, re.Pattern[str]], ...] = (
        ("bullet", "bullets", _PLAIN_BULLETS),
        ("ed ", "numbered", _NUMBERED),
    )
    for guard, kind, pattern in patterns:
        if guard not in low:
            continue
        for match in pattern.finditer(low):
            if prompt.asks_at(match.start()) and not negated(prompt.left_of(match.start())):
                yield Constraint(
                    kind, prompt.source(match.start(), match.end()), bound=Bound.at_least(1 if kind == "bullets" else 2)
                )
    if "tab" in low:
        for match in _TABLE.finditer(low):
            left = prompt.left_of(match.start())
            if prompt.asks_at(match.start()) and not _DATABASE.search(low) and not negated(left):
                yield Constraint("table", prompt.source(match.start(), match.end()))


_DATABASE = re.compile(
    r"\b(?:sql|database|mysql|postgres|query|queries|html|latex|periodic|hash table|multiplication|truth table"
    r"|dining|coffee table|css|wooden|schema)\b"
)


def _sections(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    if "section" not in low and "part" not in low and "chapter" not in low and "scene" not in low:
        return
    marker = _MARKER.search(prompt.text) or _FIRST_TWO.search(prompt.text)
    for match in _SECTIONS.finditer(low):
        clause = prompt.clause_at(match.start())
        text = low[clause.start : clause.end]
        if not clause.asks or clause.given or _HIGHLIGHT_CUE.search(text):
            continue
        if marker is None and match["unit"] != "section" and match["unit"] != "sections":
            continue
        bound = read_bound(match, prompt.left_of(match.start()))
        if bound:
            if marker and bound.relation == "exactly" and not match["rel"]:
                bound = Bound.at_least(bound.low or 1)
            yield Constraint(
                "sections", prompt.source(match.start(), match.end()), bound=bound, texts=(marker[1],) if marker else ()
            )


def _highlights(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    if "highlight" not in low and "italic" not in low and "bold" not in low and "*" not in low:
        return
    searched = set()  # what the first cue of a clause does not find, no other will
    for cue in _HIGHLIGHT_CUE.finditer(low):
        clause = prompt.clause_at(cue.start())
        if not clause.asks or clause.given or clause.start in searched:
            continue
        searched.add(clause.start)
        text = low[clause.start : clause.end]
        at = cue.start() - clause.start
        for match in sorted(_HIGHLIGHTS.finditer(text), key=lambda m: abs(m.start() - at)):
            bound = read_bound(match, text[: match.start()])
            if bound:
                yield Constraint(
                    "highlights",
                    prompt.source(clause.start + match.start(), clause.start + match.end()),
                    bound=_no_upper(match, bound),
                )
                return


def _no_upper(match: re.Match[str], bound: Bound) -> Bound:
    """A bare number of highlights is a minimum: Markdown marks more for its own reasons."""
    return Bound.at_least(bound.low or 1) if match["rel"] is None and bound.relation == "exactly" else bound


# Checking


def _check_count(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    found = _COUNTERS[constraint.kind](answer)
    return Reading(constraint.bound.grade(found), f"found {counted(found, constraint.kind)}")


_HASHTAG = re.compile(r"(?<![\w#&])#(?=\w*[^\W\d])\w+")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\U0001f1e6-\U0001f1ff]")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]*\]")
_MARKED = re.compile(r"\*\*[^\n*]+\*\*|\*[^\n*]+\*|(?<!\w)_[^\n_]+_(?!\w)")


def _count_highlights(answer: Answer) -> int:
    return sum(bool(mark.strip("*_ \t")) for mark in _MARKED.findall(answer.text))


_COUNTERS = {
    "bullets": lambda answer: len(answer.bullets),
    "numbered": lambda answer: len(answer.numbered),
    "placeholders": lambda answer: len(_PLACEHOLDER.findall(answer.text)),
    "hashtags": lambda answer: len(_HASHTAG.findall(answer.text)),
    "emojis": lambda answer: len(_EMOJI.findall(answer.text)),
    "highlights": _count_highlights,
}


def _check_sections(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    if constraint.texts:
        marker = constraint.texts[0]
        found = len(re.findall(rf"\b{re.escape(marker)} ?\d+", answer.text))
        return Reading(constraint.bound.grade(found), f"found {found} marked {marker!r} and a number")
    found = len(
        re.findall(
            r"^(?:#{1,6} .+|\*\*[^*\n]+\*\*:?|(?:section|part|chapter|scene) \w+.*)$",
            answer.text,
            re.MULTILINE | re.IGNORECASE,
        )
    )
    if not found:
        return Reading(None, "no marked section to count")
    ok = constraint.bound.grade(found) == 1 or (found > 1 and constraint.bound.grade(found - 1) == 1)
    return (
        Reading(1.0, f"found {counted(found, 'headings')}")
        if ok
        else Reading(constraint.bound.grade(found), f"found {counted(found, 'headings')}")
    )


_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)+\|?\s*$", re.MULTILINE)


def _check_table(_: Constraint, answer: Answer) -> Reading:
    text = answer.text
    if _RULE.search(text) or "<table" in answer.lower or "\\begin{tabular" in text:
        return holds(True, "found a table")
    rows = [line for line in text.split("\n") if line.count("|") > 1 or line.count("\t") > 0]
    return holds(len(rows) > 1, f"found {len(rows)} rows with column marks")


_CHECKS: dict[Kind, Check] = dict.fromkeys(
    ("bullets", "numbered", "placeholders", "hashtags", "emojis", "highlights"), _check_count
)
_CHECKS |= {"sections": _check_sections, "table": _check_table}
FAMILY = Family("layout", _find, _CHECKS)
