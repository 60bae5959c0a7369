"""A place to read tokens from: which brackets match, and which words merely name what a number counts."""

import re
from collections.abc import Sequence

from rubrica.tools.builtin.numbers.lexer import Token
from rubrica.tools.builtin.numbers.lexicon import UNITS

MAX_LABEL = 5
"""Words that may stand between a number and the operator after it: "12 large red apples + 3"."""
FRACTIONS = frozenset({"\\frac", "\\dfrac", "\\tfrac"})
_CLOSERS = {"(": ")", "[": "]", "{": "}"}
_LINKS = frozenset(
    ["a", "an", "the", "and", "or", "if", "then", "so", "because", "since", "that", "which", "to", "for"]
)

_CLAUSES = frozenset(["and", "or", "so", "then", "where", "with", "while", "but", "hence", "thus", "therefore"])
"""Words between two equations."""
_NAME = re.compile(r"[\d_₀-₉]")


class Cursor:
    """Reads tokens by index; past the end there is nothing, of kind "end"."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.match = _matching(tokens)

    def kind(self, index: int) -> str:
        return self.tokens[index].kind if index < len(self.tokens) else "end"

    def text(self, index: int) -> str:
        return self.tokens[index].text if index < len(self.tokens) else ""

    def goes_on(self, index: int) -> bool:
        return self.kind(index) in {"operator", "equals", "close"}

    def label(self, index: int) -> int:
        """Return the index after the words that name what was counted, or `index` when they do not lead on.

        A label leads on when an operator, an equals sign or a closing bracket follows; a lone unit needs nothing after.
        """
        end, words, clauses = index, 0, False
        while words <= MAX_LABEL:
            kind, text = self.kind(end), self.text(end)
            if kind == "word" and self._is_label(end):
                end, words, clauses = end + 1, words + 1, clauses or text.lower() in _CLAUSES
            elif kind == "operator" and text == "/" and self._is_per(end + 1):
                end, words = end + 2, words + 1
            elif kind == "open" and self._is_aside(end):
                end, words = self.match[end] + 1, words + 1
            else:
                break
        dangles = self.text(end - 1).lower() in _LINKS
        if clauses and self.kind(end) == "equals":
            dangles = True  # "= 3 and AB = 2": the words begin another equation
        if end > index and not dangles and (self.goes_on(end) or self.is_times(end)):
            return end
        return index + (self.kind(index) == "word" and self.text(index).lower() in UNITS)

    def is_times(self, index: int) -> bool:
        """Whether the letter x stands for a multiplication sign: a number or bracket follows, apart or in one go."""
        if self.text(index) not in {"x", "X", "х"} or self.kind(index) != "word" or index + 1 >= len(self.tokens):
            return False
        after = self.tokens[index + 1]
        if after.kind == "operator":  # 3 x -2
            return self.tokens[index].gap and after.text == "-" and after.gap and self.kind(index + 2) == "number"
        starts = after.kind in {"number", "open"} or after.text in FRACTIONS or after.text == "\\sqrt"
        return starts and (self.tokens[index].gap or after.kind == "number")

    def _is_label(self, index: int) -> bool:
        token = self.tokens[index]
        if self.is_times(index) or token.text.lower() in {"of", "is", "are", "equals", "makes", "gives"}:
            return False
        if len(token.text) == 1 and token.text.lower() != "a":
            return False
        if _NAME.search(token.text):  # x₁, NH3: an unknown
            return False
        called = self.kind(index + 1) == "open" and not self.tokens[index + 1].gap
        return not called or token.text.endswith("s")

    def _is_per(self, index: int) -> bool:
        """Whether a slash makes a rate of two units, "miles/hour", and is not "divided by"."""
        return self.kind(index) == "word" and self.text(index).lower() != "by" and self._is_label(index)

    def _is_aside(self, index: int) -> bool:
        """Whether the parenthesis holds words, not a factor: "3 (the small ones) * 2"."""
        close = self.match.get(index, index)
        if not 0 < close - index <= 10 or self.kind(index + 1) != "word" or self.text(index) != "(":
            return False  # [NH3] is an unknown
        if close == index + 2 and len(self.text(index + 1)) == 1:
            return False
        return "base" not in {token.text.lower() for token in self.tokens[index:close]}


def _matching(tokens: Sequence[Token]) -> dict[int, int]:
    """Return opening index -> closing index; brackets do not match across lines."""
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind == "newline":
            stack.clear()
        elif token.kind == "open":
            stack.append(index)
        elif token.kind == "close" and stack and _CLOSERS[tokens[stack[-1]].text] == token.text:
            pairs[stack.pop()] = index
    return pairs
