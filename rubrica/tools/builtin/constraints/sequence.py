"""How one part follows the other: openings that differ, chains of words, growing sentences, alternation."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from string import ascii_lowercase

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.model import UNDER, Bound, Check, Constraint, Family, Kind, Reading, Scope, holds
from rubrica.tools.builtin.constraints.prompt import Prompt
from rubrica.tools.builtin.constraints.quantity import NUMBER, number
from rubrica.tools.builtin.constraints.wording import OF_CODE

_PART = r"(?P<part>sentence|line|paragraph|stanza|bullet point|bullet|item|word)"
_SCOPES: dict[str, Scope] = {
    "sentence": "sentence", "line": "line", "paragraph": "paragraph", "stanza": "paragraph", "bullet point": "item",
    "bullet": "item", "item": "item", "word": "word",
}  # fmt: skip
_DIFFER = re.compile(
    rf"\bno (?:two |consecutive )*{_PART}s? (?:\w+ ){{0,3}}?(?:start|begin)s? with the same (?P<unit>word|letter)\b"
    rf"|\b(?:start|begin)\w* (?:each|every) {_PART.replace('part', 'part2')} with a (?:different|new|unique) "
    r"(?P<unit2>word|letter)\b"
    rf"|\b(?:each|every) {_PART.replace('part', 'part3')} (?:\w+ ){{0,2}}?(?:start|begin)s? with a (?:different|new"
    r"|unique) (?P<unit3>word|letter)\b"
)
_INITIALS = re.compile(
    r"\bno (?:two )?(?:consecutive|adjacent|neighbou?ring|successive) words (?:\w+ ){0,3}?(?:share|start|begin|have)s?"
    r"[^.;\n]{0,20}?\bsame (?:first |initial |starting )?letter\b"
)
_CHAIN = re.compile(
    r"\blast word of (?:each|every|a|one) (?P<part>sentence|line|paragraph)\b[^.;\n]{0,30}?\bfirst word of the (?:next"
    r"|following)\b|\b(?:each|every) (?P<part2>sentence|line|paragraph)\b[^.;\n]{0,20}?\b(?:start|begin)s? with the "
    r"last word of the (?:previous|preceding)\b"
)
_GROWS = re.compile(
    rf"\b(?:each|every) (?P<part>sentence|line|paragraph)\b[^.;\n]{{0,25}}?\b(?P<n>{NUMBER}) (?P<way>more|fewer|less) "
    r"words? than the (?:previous|preceding|one before|last)"
    r"|\b(?:each|every) (?P<part2>sentence|line|paragraph)\b[^.;\n]{0,25}?\b(?P<way2>longer|shorter) than the "
    r"(?:previous|preceding|one before|last)"
)
_EDGES = re.compile(
    r"\b(?:each|every|the|your) (?P<part>sentence|line|paragraph|response|answer|text|reply)\b[^.;\n]{0,30}?"
    r"\b(?:(?:start|begin)s? and (?:end|finish)(?:es)? (?:with|in|on) the same word"
    r"|(?:end|finish)(?:es)? with the (?:same )?word (?:that )?it (?:start|began|begin)\w*)|"
    r"\b(?:each|every) (?P<part2>sentence|line|paragraph) (?:\w+ )?ends? with the same word (?:that )?"
    r"it (?:start|begin)"
)
_ALPHABET = re.compile(
    r"\b(?:each|every) (?:new |next |successive |consecutive )?(?P<part>word|sentence|line|paragraph|item) "
    r"(?:\w+ ){0,3}?(?:start|begin)\w* with the (?:next|following|subsequent) letter (?:of|in) the alphabet\b"
)
_CASES = re.compile(
    r"\balternat\w+\b[^.;\n]{0,30}?\b(?:upper|lower|capital|caps)[^.;\n]{0,40}?\b(?P<unit>words?|letters?|characters?)?"
)
_EMOJI_ENDS = re.compile(
    r"\b(?:end|finish|conclud)\w* (?:each|every) (?P<part>sentence|line|paragraph) with an? emoji\b"
    r"|\b(?:each|every) (?P<part2>sentence|line|paragraph) (?:\w+ )?(?:end|finish)\w* (?:with|in) an? emoji\b"
)


def _find(prompt: Prompt) -> Iterator[Constraint]:
    low = prompt.low
    for guard, pattern, kind in _FINDERS:
        if guard not in low:
            continue
        match = pattern.search(low)
        if match is None or not prompt.asks_at(match.start()) or OF_CODE.search(prompt.left_of(match.start())):
            continue
        groups = match.groupdict()
        part = groups.get("part") or groups.get("part2") or groups.get("part3")
        unit = groups.get("unit") or groups.get("unit2") or groups.get("unit3") or ""
        source = prompt.source(match.start(), match.end())
        scope = _SCOPES.get(part or "", "response")
        if kind == "growing":
            n = number(match["n"]) if match["n"] else None
            up = (match["way"] or match["way2"]) in ("more", "longer")
            bound = Bound.exactly(n) if n else Bound.at_least(1)
            yield Constraint(kind, source, bound=bound, scope=scope, texts=("up" if up else "down",))
        else:
            yield Constraint(kind, source, scope=scope, texts=(unit.rstrip("s"),) if unit else ())


_FINDERS: tuple[tuple[str, re.Pattern[str], Kind], ...] = (
    ("same", _DIFFER, "distinct_starts"),
    ("different", _DIFFER, "distinct_starts"),
    ("unique", _DIFFER, "distinct_starts"),
    ("same", _INITIALS, "distinct_initials"),
    ("last word", _CHAIN, "chain"),
    ("than the", _GROWS, "growing"),
    ("word", _EDGES, "same_edges"),
    ("alphabet", _ALPHABET, "alphabet"),
    ("alternat", _CASES, "alternating_case"),
    ("emoji", _EMOJI_ENDS, "emoji_ends"),
)


# Checking

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _parts(constraint: Constraint, answer: Answer) -> list[list[str]]:
    return [words for part in answer.parts(constraint.scope) if (words := _words(part.text))]


def _kept(good: Sequence[bool], what: str) -> Reading:
    """Grade a run of conditions: all must hold; the share that do is worth up to a half."""
    if not good:
        return Reading(None, f"too few {what}")
    right = sum(good)
    return Reading(
        1.0 if right == len(good) else UNDER * right / len(good), f"{right} of {len(good)} {what} keep to it"
    )


def _check_starts(constraint: Constraint, answer: Answer) -> Reading:
    by_letter = constraint.texts == ("letter",)
    firsts = [words[0][0] if by_letter else words[0] for words in _parts(constraint, answer)]
    seen: set[str] = set()
    good = []
    for first in firsts:
        good.append(first not in seen)
        seen.add(first)
    return _kept(good if len(good) > 1 else [], "openings")


def _check_initials(_: Constraint, answer: Answer) -> Reading:
    return _kept([a[0] != b[0] for a, b in pairwise(_words(answer.text))], "neighbours")


def _check_chain(constraint: Constraint, answer: Answer) -> Reading:
    return _kept([a[-1] == b[0] for a, b in pairwise(_parts(constraint, answer))], "links")


def _check_growing(constraint: Constraint, answer: Answer) -> Reading:
    assert constraint.bound is not None
    sign = 1 if constraint.texts == ("up",) else -1
    steps = [sign * (len(b) - len(a)) for a, b in pairwise(_parts(constraint, answer))]
    return _kept([constraint.bound.grade(step) == 1 for step in steps], "steps")


def _check_same_edges(constraint: Constraint, answer: Answer) -> Reading:
    return _kept([words[0] == words[-1] for words in _parts(constraint, answer)], "parts")


def _check_alphabet(constraint: Constraint, answer: Answer) -> Reading:
    letters = [words[0][0] for words in _parts(constraint, answer) if words[0][0] in ascii_lowercase]
    at = [ascii_lowercase.index(letter) for letter in letters]
    return _kept([(b - a) % 26 == 1 for a, b in pairwise(at)], "steps")


def _check_cases(constraint: Constraint, answer: Answer) -> Reading:
    if constraint.texts and constraint.texts[0] != "word":
        cased = [char.isupper() for char in answer.text if char.isalpha() and char.lower() != char.upper()]
    else:
        whole = [word for word in _WORD.findall(answer.text) if any(map(str.isalpha, word))]
        if any(not (word.isupper() or word.islower()) for word in whole):
            return holds(False, "a word is in mixed case")
        cased = [word.isupper() for word in whole]
    return _kept([a != b for a, b in pairwise(cased)], "neighbours")


_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\U0001f1e6-\U0001f1ff]")


def _check_emoji(constraint: Constraint, answer: Answer) -> Reading:
    if constraint.scope == "sentence":
        ends = [match.end() for match in re.finditer(r"[.!?]+(?=\s|$)|(?<=[^\W_])\s*(?=\n|$)", answer.text)]
        pieces = [answer.text[end : end + 6].lstrip(" *_") for end in ends]
        before = [answer.text[max(0, end - 6) : end] for end in ends]
        good = [bool(_EMOJI.match(a) or _EMOJI.search(b)) for a, b in zip(pieces, before, strict=True)]
        return _kept(good, "sentences")
    return _kept([bool(_EMOJI.search(part.text[-4:])) for part in answer.parts(constraint.scope)], "parts")


_CHECKS: dict[Kind, Check] = {
    "distinct_starts": _check_starts,
    "distinct_initials": _check_initials,
    "chain": _check_chain,
    "growing": _check_growing,
    "same_edges": _check_same_edges,
    "alphabet": _check_alphabet,
    "alternating_case": _check_cases,
    "emoji_ends": _check_emoji,
}
FAMILY = Family("sequence", _find, _CHECKS)
