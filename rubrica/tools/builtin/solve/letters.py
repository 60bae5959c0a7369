"""Questions about the letters and words of a given string: count, reverse, sort, pick."""

import re
from fractions import Fraction

from rubrica.tools.builtin.numbers.lexicon import ORDINALS
from rubrica.tools.builtin.solve.solution import Solution

_QUOTED = r"[\"'“‘`](?P<quoted>[^\"”’`\n]{1,400}?)[\"'”’`](?!\w)"
_TARGET = (
    rf"(?:the\s+)?(?:(?:word|string|name|phrase|sentence|text|term)\s*:?\s*)?"
    rf"(?:{_QUOTED}|(?P<bare>[A-Za-z][A-Za-z-]{{1,60}}))"
)
_LETTER = r"[\"'“‘`]?(?P<letter>[A-Za-z])[\"'”’`]?"
_COUNT_LETTER = re.compile(
    rf"\bhow\s+many\s+(?:times\s+(?:does|do|is|did)\s+)?(?:the\s+)?(?:letters?\s+)?{_LETTER}(?:['’]?s)?"
    rf"(?:\s+(?:letters?|characters?))?\s+(?:are\s+|is\s+)?(?:there\s+)?(?:appears?\s+|occurs?\s+|used\s+|found\s+)?in\s+{_TARGET}",
    re.IGNORECASE,
)
_COUNT_KIND = re.compile(
    rf"\bhow\s+many\s+(?P<kind>letters|characters|vowels|consonants|words)\s+(?:are\s+|does\s+)?(?:there\s+)?in\s+{_TARGET}\s*(?:\?|$|have|contain)",
    re.IGNORECASE,
)
_REVERSE = re.compile(rf"\b(?:reverse|spell)\s+{_TARGET}(?P<back>\s+(?:backwards?|in\s+reverse))?", re.IGNORECASE)
_NTH = re.compile(
    rf"\bwhat(?:'s|\s+is)\s+the\s+(?:(?P<n>\d{{1,2}})(?:st|nd|rd|th)|(?P<word>{'|'.join(ORDINALS)}|last))\s+letter\s+(?:of|in)\s+{_TARGET}",
    re.IGNORECASE,
)
_SORT = re.compile(
    r"\b(?:sort|order|arrange|put|alphabeti[sz]e)\b[^:\n]{0,80}\bwords?\b[^:\n]{0,60}(?:alphabetical\w*|order)?[^:\n]{0,30}:\s*(?:list:\s*)?(?P<list>[^\n.?]{3,4000})",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*")


def solve_letters(prompt: str) -> Solution | None:
    """Solve the one question about letters or words that a prompt asks."""
    return _count_letter(prompt) or _count_kind(prompt) or _nth(prompt) or _reverse(prompt) or _sort(prompt)


def _target(match: re.Match[str]) -> str:
    return match["quoted"] or match["bare"]


def _number(value: int, how: str, match: re.Match[str]) -> Solution:
    return Solution("number", str(value), how, (match.span(),), Fraction(value))


def _count_letter(prompt: str) -> Solution | None:
    match = _COUNT_LETTER.search(prompt)
    if match is None:
        return None
    target, letter = _target(match), match["letter"]
    count = target.lower().count(letter.lower())
    return _number(count, f"{letter!r} occurs {count} times in {target!r}", match)


def _count_kind(prompt: str) -> Solution | None:
    match = _COUNT_KIND.search(prompt)
    if match is None or (match["quoted"] is None and match["kind"].lower() == "words"):
        return None
    target, kind = _target(match), match["kind"].lower()
    if match["quoted"] is None and target.lower() in _GENERIC:
        return None
    letters = [character for character in target if character.isalpha()]
    if kind == "characters" and len(letters) != len(target):
        return None
    vowels = sum(character.lower() in "aeiou" for character in letters)
    counts = {"vowels": vowels, "consonants": len(letters) - vowels, "words": len(_WORD.findall(target))}
    count = counts.get(kind, len(letters))
    return _number(count, f"{target!r} has {count} {kind}", match)


_GENERIC = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "english",
        "following",
        "alphabet",
        "word",
        "sentence",
        "each",
        "every",
        "my",
        "your",
        "his",
        "her",
        "it",
    ]
)


def _nth(prompt: str) -> Solution | None:
    match = _NTH.search(prompt)
    if match is None or _target(match).lower() in _GENERIC:
        return None
    target = _target(match)
    place = int(match["n"]) if match["n"] else {**ORDINALS, "last": len(target)}[match["word"].lower()]
    if not 1 <= place <= len(target) or not target.isalpha():
        return None
    letter = target[place - 1].lower()
    return Solution("words", letter, f"letter {place} of {target!r} is {letter!r}", (match.span(),))


def _reverse(prompt: str) -> Solution | None:
    match = _REVERSE.search(prompt)
    if match is None or not (match["back"] or match[0].lower().startswith("reverse")):
        return None
    target = _target(match)
    named = re.search(r"\b(?:word|string)\b", match[0], re.IGNORECASE) or match["quoted"]
    if not target.isalnum() or not named or target.lower() in _GENERIC:
        return None
    result = target[::-1].lower()
    return Solution("words", result, f"{target!r} reversed is {result!r}", (match.span(),))


def _sort(prompt: str) -> Solution | None:
    match = _SORT.search(prompt)
    if match is None or not re.search(r"\balphabet", prompt, re.IGNORECASE) or "revers" in prompt.lower():
        return None
    words = [word.lower() for word in re.split(r"[\s,;]+", match["list"].strip(" \"'[]")) if word not in {"and", "&"}]
    words = [word.strip("\"'“”‘’[]()") for word in words]
    if len(words) < 2 or not all(word.isalpha() for word in words):
        return None
    result = " ".join(sorted(words))
    return Solution("words", result, f"in alphabetical order: {result}", (match.span(),))
