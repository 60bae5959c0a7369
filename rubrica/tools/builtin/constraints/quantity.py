"""Quantities in English prose: "no more than three", "20-30", "at least 50 but fewer than 80" -> `Bound`."""

import re

from rubrica.tools.builtin.constraints.model import Bound

_ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORTH = {word: n for n, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}
_PHRASES = {
    "a single": 1, "single": 1, "a couple of": 2, "a couple": 2, "half a dozen": 6, "a dozen": 12, "dozen": 12,
    "a hundred": 100, "one hundred": 100, "two hundred": 200, "three hundred": 300, "four hundred": 400,
    "five hundred": 500, "a thousand": 1000, "one thousand": 1000,
}  # fmt: skip
VAGUE = {"a few": (2, 5), "several": (3, 10), "a couple": (2, 3), "a couple of": (2, 3)}

NUMBER = (
    r"(?:\d{1,3}(?:,\d{3})+|\d{1,6}|"
    + "|".join(sorted([*_PHRASES, *VAGUE], key=len, reverse=True))
    + rf"|(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(_ONES[1:10])}))?|{'|'.join(sorted(_ONES, key=len, reverse=True))})"
)

_LEAST = r"at least|(?:no|not) (?:fewer|less) than|(?:a )?minimum(?: of)?|min\.?(?: of)?"
_MOST = (
    r"at (?:the )?most|(?:no|not) (?:more|longer|greater) than|(?:a )?maximum(?: of)?|max\.?(?: of)?|up to|within"
    r"|limit(?:ed)? to|(?:not |never )exceed(?:ing)?"
)
_OVER = r"more than|over|greater than|above|exceed(?:s|ing)?|in excess of|longer than"
_BELOW = r"fewer than|less than|under|below|shorter than"
_EXACT = r"exactly|precisely|only|just|strictly|a total of"
_ABOUT = r"about|around|approximately|roughly|approx\.?|nearly|close to|~"
RELATION = rf"(?:{_LEAST}|{_MOST}|{_OVER}|{_BELOW}|{_EXACT}|{_ABOUT}|between|from)"
_CLASSES = [
    (re.compile(rf"(?:{pattern})$"), name)
    for pattern, name in (
        (_LEAST, "least"), (_MOST, "most"), (_OVER, "over"), (_BELOW, "below"), (_EXACT, "exact"), (_ABOUT, "about"),
        ("between|from", "between"),
    )
]  # fmt: skip
_AFTER = (
    r"or (?:less|fewer|under|below)|or (?:more|over|above)|or so|at least|at (?:the )?most|max(?:imum)?"
    r"|min(?:imum)?|or longer|or shorter"
)

BEFORE_UNIT = (
    rf"(?:(?P<rel>{RELATION})[ \n]?(?:(?:the|a total of"
    rf"|exactly) )?)?(?<![\w.,$€£])(?P<n>{NUMBER})(?![\w.,]*\d)(?P<plus>\+| plus)?"
    rf"(?:(?: ?[-–—] ?| to | or | and )(?P<m>{NUMBER}))?"
    rf"(?:,? (?:but|and|or) (?P<rel2>{RELATION}) (?P<n2>{NUMBER}))?(?: (?P<mid>{_AFTER}))?"
)
"""A quantity up to its unit, as named groups: rel n plus m rel2 n2 mid."""
AFTER_UNIT = rf"(?:,? ?\(?(?P<post>{_AFTER})\b)?(?:,? (?:but|and|or) (?P<rel3>{RELATION}) (?P<n3>{NUMBER}))?"
"""What may follow the unit: post rel3 n3."""

_NOT_BEFORE = re.compile(r"(?:\bnot|n['’]t|\bnever|\bwithout|\bavoid)(?: \w+){0,3} ?$")
_CAPPED_TO = re.compile(r"\b(?:limit|restrict|cap|keep|trim|cut|shorten|reduce|condense)\w*\b[^.;\n]{0,50}\bto $")


def number(text: str) -> int:
    """Return what a match of `NUMBER` is worth."""
    text = text.strip()
    if text[0].isdigit():
        return int(text.replace(",", ""))
    if text in _PHRASES:
        return _PHRASES[text]
    return sum(_WORTH.get(word, 0) for word in re.split(r"[- ]", text))


def _one(relation: str | None, n: int, negated: bool) -> Bound | None:
    match relation:
        case "least":
            return None if negated else Bound.at_least(n)
        case "most":
            return Bound.at_most(n)
        case "over":
            return Bound.at_most(n) if negated else Bound.at_least(n + 1)
        case "below":
            return Bound.at_least(n) if negated else Bound.at_most(n - 1)
        case "exact":
            return None if negated else Bound.exactly(n)
        case "about":
            return None if negated else Bound.about(n)
    return None


def _class(relation: str | None) -> str | None:
    return next((name for pattern, name in _CLASSES if relation and pattern.match(relation)), None)


def _post(after: str | None, n: int) -> Bound | None:
    if not after:
        return None
    if after == "or so":
        return Bound.about(n)
    upper = any(word in after for word in ("less", "fewer", "under", "below", "most", "max", "shorter"))
    return Bound.at_most(n) if upper else Bound.at_least(n)


def _join(first: Bound | None, second: Bound | None) -> Bound | None:
    if first is None or second is None:
        return first or second
    low = first.low if first.low is not None else second.low
    high = second.high if second.high is not None else first.high
    if first.low is None and second.low is not None:
        low, high = second.low, first.high
    if low is None or high is None or low > high:
        return first
    return Bound.between(low, high)


def read_bound(match: re.Match[str], left: str, *, bare: str = "exact") -> Bound | None:
    """Return the bound of a match of `BEFORE_UNIT unit AFTER_UNIT`, or None when it is not clear.

    `left` is the text before the match in its clause (negations act from there); `bare` says what a number without a
    relation means: "exact" or "about".
    """
    groups = match.groupdict()
    word, negated = groups["n"], bool(_NOT_BEFORE.search(left))
    relation = _class(groups["rel"])
    if word in VAGUE and relation is None:
        return None if negated else Bound.between(*VAGUE[word])
    n = number(word)
    if groups["m"]:
        return None if negated else Bound.between(n, number(groups["m"]))
    if relation == "between":
        return None
    first = _post(groups["mid"] or groups.get("post"), n) if relation is None else None
    if first is None and relation is None:
        if _CAPPED_TO.search(left):
            first = Bound.at_most(n)
        elif groups["plus"]:
            first = Bound.at_least(n)
        elif not negated:
            first = _one(bare, n, negated=False)
    elif first is None:
        first = _one(relation, n, negated)
    for extra in ("2", "3"):
        if groups.get("n" + extra):
            first = _join(first, _one(_class(groups["rel" + extra]), number(groups["n" + extra]), negated=False))
    return first


TIMES = re.compile(
    rf"(?:{BEFORE_UNIT}[- ]times?\b{AFTER_UNIT}|(?:(?P<rel_>{RELATION}) )?(?P<once>once|twice"
    rf"|thrice)\b(?: (?P<post_>{_AFTER}))?)"
)
_ONCE = {"once": 1, "twice": 2, "thrice": 3}


def read_times(match: re.Match[str], left: str) -> Bound | None:
    """Return the bound of a match of `TIMES`: "at least twice", "3 times or more". A bare number is exact."""
    word = match["once"]
    if word is None:
        return read_bound(match, left)
    n = _ONCE[word]
    relation = _class(match["rel_"])
    if relation is None:
        return _post(match["post_"], n) or Bound.exactly(n)
    return _one(relation, n, bool(_NOT_BEFORE.search(left)))
