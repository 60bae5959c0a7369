"""Equations with letters in prose: the runs of tokens on the two sides of each equals sign."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from rubrica.tools.builtin.numbers.cursor import FRACTIONS
from rubrica.tools.builtin.numbers.lexer import Token, tokenize
from rubrica.tools.builtin.unknowns.terms import is_letter, letters

MAX_TEXT = 20_000
MAX_RUN = 80
"""Tokens of one side."""
MAX_LABEL = 4

_FUNCTIONS = frozenset("fghpqFGHPQTN")
"""Letters that name a function when a bracket follows."""
_LINKS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "if",
        "then",
        "so",
        "because",
        "since",
        "that",
        "which",
        "to",
        "for",
        "is",
        "are",
        "be",
        "of",
        "with",
        "by",
        "equals",
        "give",
        "gives",
        "get",
    ]
)
_CONDITIONS = frozenset(["if", "when", "for", "try", "trying", "suppose", "assume", "at", "case"])
_UNDECIDED = frozenset(["more", "less", "fewer", "times", "greater", "mod", "or", "remainder"])
_BINDING = frozenset("_^'!|°±∓²³′,:")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an equals sign."""

    tokens: tuple[Token, ...]

    @property
    def letters(self) -> frozenset[str]:
        return letters(self.tokens)


@dataclass(frozen=True)
class Relation:
    """One side set equal to another."""

    left: Side
    right: Side
    start: int
    end: int
    conditional: bool
    """Whether it is only tried or supposed: "if n = 3"."""
    loose: bool
    """Whether it is approximate, or holds decimals that may be rounded."""

    @cached_property
    def letters(self) -> frozenset[str]:
        return self.left.letters | self.right.letters

    @property
    def names(self) -> bool:
        """Whether it only gives one letter another name: "the line y = k"."""
        return len(self.left.tokens) == len(self.right.tokens) == 1 and len(self.letters) == 2

    @property
    def assigned(self) -> str | None:
        """The letter that is set equal to numbers alone."""
        for one, other in ((self.left, self.right), (self.right, self.left)):
            if len(one.tokens) == 1 and is_letter(one.tokens[0]) and not other.letters:
                return one.tokens[0].text
        return None


def relations(text: str) -> Iterator[Relation]:
    """Yield the equations of a text in which a letter stands, in order."""
    tokens = tokenize(text[:MAX_TEXT])
    index = 0
    while index < len(tokens):
        if tokens[index].kind != "equals":
            index += 1
            continue
        start = _start(tokens, index)
        sides, stop = _sides(tokens, start)
        loose = any(token.text == "≈" for token in tokens[start:stop])
        conditional = bool(start) and tokens[start - 1].text.lower() in _CONDITIONS
        for left, right in pairwise(sides):
            if left is None or right is None or not left.letters | right.letters:
                continue
            decimal = any(token.decimals for token in (*left.tokens, *right.tokens))
            yield Relation(left, right, left.tokens[0].start, right.tokens[-1].end, conditional, loose or decimal)
        index = max(stop, index + 1)


def _start(tokens: Sequence[Token], equals: int) -> int:
    """Return where the first side before an equals sign begins."""
    start = equals
    while start and equals - start < MAX_LABEL and tokens[start - 1].kind == "word" and _is_label(tokens[start - 1]):
        start -= 1
    if start == equals or not start or not _belongs(tokens, start - 1):
        start = equals
    while start and equals - start < MAX_RUN and _belongs(tokens, start - 1):
        start -= 1
    bullet = start < equals and tokens[start].text == "-" and tokens[start + 1].gap
    return start + (bullet and (start == 0 or tokens[start - 1].kind == "newline"))


def _sides(tokens: Sequence[Token], start: int) -> tuple[list[Side | None], int]:
    """Read the sides of a chain of equals signs, and where it ends; None where a side is not understood."""
    sides: list[Side | None] = []
    index = start
    while True:
        side: list[Token] = []
        first = index
        while index < len(tokens) and len(side) < MAX_RUN:
            if _belongs(tokens, index):
                side.append(tokens[index])
                index += 1
            elif side and (after := _label(tokens, index)) > index:
                index = after
            else:
                break
        ahead = index + (index < len(tokens) and tokens[index].kind == "newline")
        chained = ahead < len(tokens) and tokens[ahead].kind == "equals"
        fits = bool(side) and _is_free(tokens, first) and (chained or _is_closed(tokens, index))
        sides.append(Side(tuple(side)) if fits and not _has_function(side) else None)
        if not chained:
            return sides, index
        index = ahead + 1


def _belongs(tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    if token.kind in {"number", "open", "close", "percent"}:
        return True
    if token.kind == "operator":
        return token.text in {"+", "-", "*", "/", "^"}
    if token.kind == "command":
        return token.text in FRACTIONS or token.text == "\\sqrt"
    if not is_letter(token):
        return False
    article = token.text in {"a", "A", "I"} and index + 1 < len(tokens)
    return not article or tokens[index + 1].kind in {"equals", "operator", "close"} or not tokens[index].gap


def _label(tokens: Sequence[Token], index: int) -> int:
    """Return the index after words that name what a number counts and lead on to a sign, or `index`."""
    end = index
    while end < len(tokens) and end - index < MAX_LABEL and tokens[end].kind == "word":
        if not _is_label(tokens[end]):
            return index
        end += 1
    leads = end < len(tokens) and tokens[end].kind in {"operator", "equals"}
    return end if leads and end > index and tokens[index].gap else index


def _is_label(token: Token) -> bool:
    return len(token.text) > 1 and token.gap and token.text.lower() not in _LINKS


def _is_free(tokens: Sequence[Token], index: int) -> bool:
    """Whether nothing in front binds to the side: an index, a word without a gap, a sign that is not understood."""
    if index == 0 or tokens[index - 1].kind in {"newline", "equals"}:
        return True
    before = tokens[index - 1]
    if tokens[index].kind == "operator" and (tokens[index].text == "+" or tokens[index + 1].gap):
        return False  # the sum began with something that is not read
    return before.end != tokens[index].start and before.text not in {"<", ">", "≤", "≥", "≠", "≡", "±"}


def _is_closed(tokens: Sequence[Token], index: int) -> bool:
    """Whether nothing that follows changes the side."""
    if index >= len(tokens):
        return True
    after = tokens[index]
    if after.text in {"±", "≡", "√", "∠", "·"} or after.text.lower() in _UNDECIDED:
        return False
    if after.kind == "command":
        return after.text not in {"\\pm", "\\cdot", "\\equiv", "\\pi", "\\sin", "\\cos", "\\log", "\\pmod", "\\binom"}
    adjacent = after.start == tokens[index - 1].end
    return not (adjacent and (after.kind in {"word", "opaque"} or after.text in _BINDING - {",", ":"}))


def _has_function(side: Sequence[Token]) -> bool:
    return any(
        is_letter(one) and one.text in _FUNCTIONS and two.kind == "open" and not two.gap for one, two in pairwise(side)
    )
