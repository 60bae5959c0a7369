"""Value of a run of tokens in which letters stand for numbers, in floating point and bounded in size."""

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from rubrica.tools.builtin.numbers.cursor import FRACTIONS
from rubrica.tools.builtin.numbers.lexer import Token

MAX_DEPTH = 30
MAX_EXPONENT = 64.0
MAX_SIZE = 1e15
_CLOSERS = {"(": ")", "[": "]", "{": "}"}


class UnreadableError(ValueError):
    """The tokens are no expression of numbers and letters, or have no value here."""


def is_letter(token: Token) -> bool:
    """Whether a token is one letter, which may stand for a number."""
    return token.kind == "word" and len(token.text) == 1


def letters(tokens: Sequence[Token]) -> frozenset[str]:
    """Return the letters of an expression."""
    return frozenset(token.text for token in tokens if is_letter(token))


PercentSign = Literal["share", "plain", "relative"]
"""20% is 0.2; or 20; or, after a plus or minus, 20% of what stands before."""


def value(tokens: Sequence[Token], known: Mapping[str, float], *, percent: PercentSign = "share") -> float:
    """Return the value of a whole expression.

    Raises:
        UnreadableError: it is not one expression, holds an unknown letter, or its value is undefined or too large.
    """
    reader = _Reader(tokens, known, percent)
    try:
        result, end = reader.sum(0, 0)
    except (ZeroDivisionError, OverflowError, ValueError, TypeError) as error:
        raise UnreadableError(str(error)) from None
    if end != len(tokens) or not math.isfinite(result):
        raise UnreadableError("not one expression")
    return result


class _Reader:
    def __init__(self, tokens: Sequence[Token], known: Mapping[str, float], percent: PercentSign) -> None:
        self.tokens = tokens
        self.known = known
        self.percent = percent

    def text(self, index: int) -> str:
        return self.tokens[index].text if index < len(self.tokens) else ""

    def kind(self, index: int) -> str:
        return self.tokens[index].kind if index < len(self.tokens) else "end"

    def sum(self, index: int, depth: int) -> tuple[float, int]:
        total, index = self.product(index, depth)
        while self.kind(index) == "operator" and self.text(index) in "+-":
            term, after = self.product(index + 1, depth)
            relative = self.percent == "relative" and self.kind(after - 1) == "percent"
            term = total * term if relative else term
            total += term if self.text(index) == "+" else -term
            index = after
        return total, index

    def product(self, index: int, depth: int) -> tuple[float, int]:
        total, index = self.signed(index, depth)
        divided = False
        while True:
            if self.kind(index) == "operator" and self.text(index) in "*/":
                start = index + 1 + (self.text(index + 1).lower() == "by")
                factor, after = self.signed(start, depth)
                total = total / factor if self.text(index) == "/" else total * factor
                divided = divided or self.text(index) == "/"
            elif self._joined(index):
                if divided:  # "1/2x" has two readings
                    raise UnreadableError("ambiguous")
                factor, after = self.power(index, depth)
                total *= factor
            else:
                return total, index
            if abs(total) > MAX_SIZE:
                raise UnreadableError("too large")
            index = after

    def _joined(self, index: int) -> bool:
        """Whether a factor follows without a sign: "3x", "2(l + w)"; "3 4" and "Step 2 x" do not count."""
        kind, text = self.kind(index), self.text(index)
        if kind == "open":
            return text != "["
        if kind == "command":
            return text in FRACTIONS or text == "\\sqrt"
        if kind == "number":  # "(n-1)2"
            return self.kind(index - 1) == "close" and not self.tokens[index].gap
        if kind != "word" or not is_letter(self.tokens[index]):
            return False
        return not self.tokens[index].gap or self.kind(index - 1) in {"close", "word"}

    def signed(self, index: int, depth: int) -> tuple[float, int]:
        if self.kind(index) == "operator" and self.text(index) in "+-" and depth < MAX_DEPTH:
            inner, after = self.signed(index + 1, depth + 1)
            return (-inner if self.text(index) == "-" else inner), after
        return self.power(index, depth)

    def power(self, index: int, depth: int) -> tuple[float, int]:
        base, index = self.atom(index, depth)
        if self.text(index) == "^" and depth < MAX_DEPTH:
            exponent, index = self.signed(index + 1, depth + 1)
            if abs(exponent) > MAX_EXPONENT:
                raise UnreadableError("too large")
            if base < 0 and exponent % 1:
                raise UnreadableError("not real")
            base = float(base**exponent)
        if self.kind(index) == "percent":
            base, index = (base if self.percent == "plain" else base / 100), index + 1
        return base, index

    def atom(self, index: int, depth: int) -> tuple[float, int]:
        if index >= len(self.tokens) or depth > MAX_DEPTH:
            raise UnreadableError("cut short")
        token = self.tokens[index]
        if token.kind == "number" and token.value is not None:
            return float(token.value), index + 1
        if is_letter(token) and token.text in self.known:
            return self.known[token.text], index + 1
        if token.kind == "open":
            return self.group(index, depth)
        if token.text in FRACTIONS:
            top, index = self.group(index + 1, depth)
            bottom, index = self.group(index, depth)
            return top / bottom, index
        if token.text in {"\\sqrt", "√", "sqrt"}:
            inner, index = self.atom(index + 1, depth + 1)
            return math.sqrt(inner), index
        raise UnreadableError(token.text)

    def group(self, index: int, depth: int) -> tuple[float, int]:
        if self.kind(index) != "open" or depth >= MAX_DEPTH:
            raise UnreadableError("no bracket")
        inner, end = self.sum(index + 1, depth + 1)
        if self.text(end) != _CLOSERS[self.text(index)]:
            raise UnreadableError("open bracket")
        return inner, end + 1
