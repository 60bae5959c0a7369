"""How many things it names: "give me five tips", "a list of 10 items"."""

import re
from collections.abc import Iterator

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import Check, Constraint, Family, Kind, Reading, counted
from rubrica.tools.builtin.constraints.prompt import Prompt
from rubrica.tools.builtin.constraints.quantity import BEFORE_UNIT, read_bound

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


def _named(prompt: Prompt) -> Iterator[Constraint]:
    for match in _ITEMS.finditer(prompt.low):
        noun = match["noun"]
        if noun in _NOT_ITEMS and (noun != "points" or not match["adj"] or "bullet" in match["adj"]):
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
        if _THE_GIVEN.search(match[0][: match.start("n") - match.start()]):
            continue
        bound = read_bound(match, left)
        if bound and (bound.low or bound.high or 0) > 1 and (bound.high or bound.low or 0) <= 100:
            yield Constraint("items", prompt.source(match.start(), match.end()), bound=bound)


_THE_GIVEN = re.compile(r"\b(?:the|your|my) $")

_LIST_OF = re.compile(
    rf"\b(?:list|set) (?:of|with|containing) {BEFORE_UNIT} (?:[a-z-]+ ){{0,2}}?(?:items|entries|elements|things"
    r"|steps|tips|ideas)\b"
)


def _lists(prompt: Prompt) -> Iterator[Constraint]:
    for match in _LIST_OF.finditer(prompt.low):
        bound = read_bound(match, prompt.left_of(match.start())) if prompt.asks_at(match.start()) else None
        if bound:
            yield Constraint("items", prompt.source(match.start(), match.end()), bound=bound)


_ITEMS_LEFT = re.compile(
    r"(?:^|[,;:.?)\n]|\b(?:and|then|please|also|to|can you|could you|would you|you|kindly|just|now|so|must|should"
    r"|briefly)) *(?:\W|\d+[.)] )*$"
)

_LEAD = re.compile(r"[^\n]{0,200}:\s*$")


def _check_items(constraint: Constraint, answer: Answer) -> Reading:
    """Count list entries; without list marks, lines, paragraphs or commas may show the number but not refute it."""
    bound = constraint.bound
    assert bound is not None
    if answer.items is not None:
        found = len(answer.items)
        tables = bound.grade(found)
        return Reading(tables, f"found {counted(found, 'list items')}")
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


def _find(prompt: Prompt) -> Iterator[Constraint]:
    yield from _named(prompt)
    yield from _lists(prompt)


_CHECKS: dict[Kind, Check] = {"items": _check_items}
FAMILY = Family("items", _find, _CHECKS)
