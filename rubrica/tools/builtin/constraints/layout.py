"""How it is laid out: bullets, list items, sections, highlights, placeholders, hashtags, emojis, tables."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Bound, Check, Constraint, Family, Kind, Reading, holds
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
    r"|less))[^.;\n]{0,25}?\b(?P<what>bullet[- ]?points?|bullets|lists?|emojis?|hash ?tags?)\b(?! of)"
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

_NOUN = r"(?P<noun>[a-z][a-z'’-]*)"
_LIST_VERB = (
    r"(?:give|list|name|provide|suggest|generate|write(?: down)?|tell|create|come up with|identify|recommend|share"
    r"|propose|brainstorm|produce"
    r"|offer|show|enumerate|describe|state|outline|compose|mention|explain|include|draft|make|think of|cite"
    r"|present|select|pick|choose|discuss|what are|add|devise|design|pitch|compile|craft|develop)"
)
_ITEMS = re.compile(
    rf"\b(?P<verb>{_LIST_VERB}) (?:(?:me|us|out|down|up|for me|your|my|the|some|a list of|a numbered list of"
    rf"|an ordered list of|a short list of|a bulleted list of|list of|of|top|best|at) ){{0,3}}{BEFORE_UNIT}"
    rf" (?P<adj>(?:[a-z][a-z'’-]*(?:,)? ){{0,4}}?){_NOUN}(?= ?[.,:;?!)\n]|$| (?:of|for|to|that|which|who|about|in"
    r"|on|from|with|and|you|i|we|why|how|when|where|related|using|based|people|someone|as|can|could|is|are|your|by"
    r"|used|each|,|behind|between|associated|starting|beginning|ending|describing|along|including|between|against"
    r"|against|they|it|this|these|those|should|must|will|if|at|having|without|whose|other|such|below|per|known"
    r"|found|suitable|not|regarding|concerning))"
)
_NOT_ITEMS = frozenset({
    "words", "sentences", "paragraphs", "lines", "characters", "stanzas", "verses", "pages", "minutes", "hours",
    "days", "weeks", "months", "years", "seconds", "dollars", "euros", "pounds", "percent", "times", "miles", "km",
    "meters", "metres", "feet", "inches", "degrees", "points", "bullets", "placeholders", "sections", "chapters",
    "hashtags", "emojis", "syllables", "letters", "grams", "kg", "levels", "columns", "rows", "digits", "decimals",
    "places", "numbers", "cents", "stars", "calories", "kilometers", "parts", "versions", "drafts", "responses",
    "this", "his", "its", "is", "was", "as", "players", "teams", "users", "students", "children", "people",
    "persons", "sisters", "brothers", "friends", "members", "units", "copies", "integers", "variables",
    "parameters", "arguments", "functions", "classes", "threads", "dimensions", "servings", "cups", "tablespoons",
    "teaspoons", "ounces", "liters", "litres", "series", "class", "process", "business", "plus", "yes", "less",
    "across", "address", "access", "success", "analysis", "basis", "always", "perhaps", "us", "bus", "gas", "plays",
    "does", "has", "sides", "cards", "tickets", "apples", "oranges", "tables", "dice", "coins", "balls", "boxes",
    "acts", "scenes", "categories", "groups", "clusters", "buckets", "options", "different", "same", "others",
    "keywords",
})  # fmt: skip
_IRREGULAR = frozenset({"people", "children", "men", "women", "mice", "feet", "criteria", "phenomena", "data"})


def _find(prompt: Prompt) -> Iterator[Constraint]:
    yield from _counted(prompt)
    yield from _plain(prompt)
    yield from _sections(prompt)
    yield from _highlights(prompt)
    yield from _items(prompt)


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
    for cue in _HIGHLIGHT_CUE.finditer(low):
        clause = prompt.clause_at(cue.start())
        if not clause.asks or clause.given:
            continue
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


def _items(prompt: Prompt) -> Iterator[Constraint]:
    for match in _ITEMS.finditer(prompt.low):
        noun = match["noun"]
        if noun in _NOT_ITEMS and not (noun == "points" and match["adj"]):
            continue
        if not (noun.endswith("s") or noun in _IRREGULAR) or noun.endswith("ss"):
            continue
        clause = prompt.clause_at(match.start())
        left = prompt.left_of(match.start())
        if (
            clause.given
            or not _ITEMS_LEFT.search(left)
            or (
                match["verb"]
                in ("explain", "describe", "discuss", "include", "choose", "select", "pick", "present", "add")
                and " the " in match[0][:25]
            )
        ):
            continue
        bound = read_bound(match, left)
        if bound and (bound.low or bound.high or 0) > 1 and (bound.high or bound.low or 0) <= 100:
            yield Constraint("items", prompt.source(match.start(), match.end()), bound=bound)


_ITEMS_LEFT = re.compile(
    r"(?:^|[,;:.?)\n]|\b(?:and|then|please|also|to|can you|could you|would you|you|kindly|just|now|so|must|should"
    r"|briefly)) *(?:\W|\d+[.)] )*$"
)


# Checking


def _check_count(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    found = _COUNTERS[constraint.kind](answer)
    return Reading(constraint.bound.grade(found), f"found {found} {constraint.kind}")


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
        Reading(1.0, f"found {found} headings")
        if ok
        else Reading(constraint.bound.grade(found), f"found {found} headings")
    )


_LEAD = re.compile(r"[^\n]{0,200}:\s*$")


def _check_items(constraint: Constraint, answer: Answer) -> Reading:
    """Count list entries; without list marks, lines, paragraphs or commas may show the number but not refute it."""
    bound = constraint.bound
    assert bound is not None
    if answer.items is not None:
        found = len(answer.items)
        tables = bound.grade(found)
        return Reading(tables, f"found {found} list items")
    body = [line for line in answer.lines if not _LEAD.match(line.text)]
    commas = answer.core.split("\n")[-1].split(":")[-1]
    readings = {
        "lines": len(body),
        "paragraphs": len([p for p in answer.paragraphs if not _LEAD.match(p.text)]),
        "parts between commas": len([part for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", commas) if part.strip()]),
        "sentences": len(answer.sentences),
    }
    for name, found in readings.items():
        if found > 1 and bound.grade(found) == 1:
            return Reading(1.0, f"found {found} {name}")
    if answer.words and all(n <= 1 for n in readings.values()):
        return Reading(bound.grade(1), "found one")
    return Reading(None, "no list marks to count")


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
_CHECKS |= {"sections": _check_sections, "items": _check_items, "table": _check_table}
FAMILY = Family("layout", _find, _CHECKS)
