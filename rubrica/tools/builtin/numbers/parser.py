"""Tokens to trees: the longest expression that starts at a token, by precedence climbing of bounded depth."""

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

from rubrica.tools.builtin.numbers.cursor import FRACTIONS, MAX_LABEL, Cursor
from rubrica.tools.builtin.numbers.expression import Function, Node, Power, Product, Quantity, Sum
from rubrica.tools.builtin.numbers.lexer import Token, tokenize
from rubrica.tools.builtin.numbers.lexicon import PARTS, SCALES, UNITS
from rubrica.tools.builtin.numbers.measure import compound, raised, units

MAX_DEPTH = 40
MAX_PARTS = 2
"""Smaller units that a quantity may go on in: 1 hour 30 minutes 15 seconds."""

_ATTACHED = frozenset(UNITS) | {"x", "X"}
_COUNTS: dict[str, Literal["binomial", "permutation"]] = {
    "\\binom": "binomial",
    "\\dbinom": "binomial",
    "\\tbinom": "binomial",
    "\\perm": "permutation",
}
_ARTICLES = frozenset(
    ["the", "a", "an", "his", "her", "their", "its", "all", "these", "those", "my", "our", "your", "total"]
)


class Parser(Cursor):
    """Parses expressions out of one token sequence; `sure` tells whether the last one has only one reading."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        super().__init__(tokens)
        self.sure = True

    def parse(self, index: int) -> tuple[Node, int] | None:
        """Return the longest expression that starts at token `index` and the index after it."""
        self.sure = True
        return self._sum(index, 0)

    def _sum(self, index: int, depth: int) -> tuple[Node, int] | None:
        first = self._product(index, depth)
        if first is None:
            return None
        terms = [(1, first[0])]
        end = first[1]
        while self.kind(end) == "operator" and self.text(end) in "+-":
            term = self._product(end + 1, depth)
            if term is None:
                break
            terms.append((1 if self.text(end) == "+" else -1, term[0]))
            end = term[1]
        return (first[0] if len(terms) == 1 else Sum(tuple(terms))), end

    def _product(self, index: int, depth: int) -> tuple[Node, int] | None:
        first = self._signed(index, depth)
        if first is None:
            return None
        factors: list[tuple[Literal["*", "/", "%"], Node]] = [("*", first[0])]
        end, divided = first[1], False
        while True:
            operator, start = self._multiplier(end, factors)
            if operator is None:
                break
            factor = self._signed(start, depth)
            if factor is None:
                break
            if start == end:  # implicit multiplication: after a division it has two readings
                self.sure = self.sure and not self.tokens[end].gap and not divided
            divided = divided or operator == "/"
            factors.append((operator, factor[0]))
            end = factor[1]
        return (first[0] if len(factors) == 1 else Product(tuple(factors))), end

    def _multiplier(
        self, index: int, factors: list[tuple[Literal["*", "/", "%"], Node]]
    ) -> tuple[Literal["*", "/", "%"] | None, int]:
        kind, text = self.kind(index), self.text(index)
        if kind == "operator" and text in {"*", "/", "%"}:
            start = index + 1
            if self.kind(start) == "word" and self.text(start).lower() == "by":
                start += 1
            return ("*" if text == "*" else "/" if text == "/" else "%"), start
        if self.is_times(index):
            return "*", index + 1
        if kind == "word" and text.lower() == "of" and _is_share(factors):
            start = index + 1
            while self.kind(start) == "word" and self.text(start).lower() in _ARTICLES and start < index + 3:
                start += 1
            return "*", start
        if kind == "open" and self.tokens[index - 1].kind in {"number", "close"} and index in self.match:
            return "*", index
        root = text == "√" and not self.tokens[index].gap
        if root or (kind == "command" and text in {"\\sqrt", "\\pi", *_COUNTS}):
            return "*", index
        if kind == "number" and self.text(index - 1) == "!" and not self.tokens[index].gap:
            return "*", index
        return None, index

    def _signed(self, index: int, depth: int) -> tuple[Node, int] | None:
        if self.kind(index) == "operator" and self.text(index) in "+-" and depth < MAX_DEPTH:
            inner = self._signed(index + 1, depth + 1)
            if inner is None:
                return None
            return (Sum(((-1, inner[0]),)) if self.text(index) == "-" else inner[0]), inner[1]
        return self._power(index, depth)

    def _power(self, index: int, depth: int) -> tuple[Node, int] | None:
        base = self._atom(index, depth)
        if base is None:
            return None
        node, end = base
        if self._is_factorial(end):
            node, end = Function("factorial", (node,)), end + 1
        if self.text(end) == "^" and depth < MAX_DEPTH:
            exponent = self._signed(end + 1, depth + 1)
            if exponent is not None:
                node, end = Power(node, exponent[0]), self.label(exponent[1])
        return node, end

    def _is_factorial(self, index: int) -> bool:
        if self.text(index) != "!" or self.tokens[index].gap:
            return False
        joined = self.kind(index + 1) in {"number", "open"} and not self.tokens[index + 1].gap
        return joined or self.goes_on(index + 1)

    def _atom(self, index: int, depth: int) -> tuple[Node, int] | None:
        kind, text = self.kind(index), self.text(index)
        if kind == "number":
            return self._quantity(index)
        if kind == "open" and depth < MAX_DEPTH:
            return self._group(index, depth)
        if kind == "word" and text.lower() in {"half", "twice"}:
            value = Fraction(1, 2) if text.lower() == "half" else Fraction(2)
            follows = "of" if text.lower() == "half" else ""
            return (Quantity(value), index + 1) if self.text(index + 1).lower() == follows else None
        if kind == "other" and text == "√" and self.text(index + 1) != "√" and depth < MAX_DEPTH:
            return self._radical(index, depth)
        return self._command(index, depth) if kind in {"command", "word"} and depth < MAX_DEPTH else None

    def _command(self, index: int, depth: int) -> tuple[Node, int] | None:
        text = self.text(index)
        if text == "\\pi":
            return Quantity(math.pi), index + 1
        if text in FRACTIONS or text in _COUNTS:
            top = self._argument(index + 1, depth)
            bottom = self._argument(top[1], depth) if top else None
            if top is None or bottom is None:
                return None
            end = self.label(bottom[1])
            if text in _COUNTS:
                return Function(_COUNTS[text], (top[0], bottom[0])), end
            return Product((("*", top[0]), ("/", bottom[0]))), end
        if text == "\\sqrt" or (text.lower() == "sqrt" and self.text(index + 1) == "("):
            return self._radical(index, depth)
        return None

    def _radical(self, index: int, depth: int) -> tuple[Node, int] | None:
        r"""Read a root with its degree: "\sqrt[3]{8}", "√[3]{8}", "√9", "sqrt(16)"."""
        degree: Node = Quantity(Fraction(2))
        after = index + 1
        if self.text(after) == "[" and self.text(index) != "sqrt":
            group = self._group(after, depth, label=False)
            if group is None:
                return None
            degree, after = group
        inner = self._atom(after, depth + 1) if self.text(index) == "√" else self._argument(after, depth)
        return (Function("root", (inner[0], degree)), self.label(inner[1])) if inner else None

    def _argument(self, index: int, depth: int) -> tuple[Node, int] | None:
        if self.kind(index) == "open":
            return self._group(index, depth, label=False)
        token = self.tokens[index] if self.kind(index) == "number" else None
        if token is None or token.value is None or len(token.text) > 2:
            return None
        if len(token.text) == 2:  # \frac12: two arguments of one digit each are not told apart here
            return None
        return Quantity(token.value), index + 1

    def _group(self, index: int, depth: int, *, label: bool = True) -> tuple[Node, int] | None:
        close = self.match.get(index)
        if close is None:
            return None
        inner = self._sum(index + 1, depth + 1)
        if inner is None or inner[1] != close:
            return None
        end = close + 1
        if not label:
            return inner[0], end
        node = inner[0]
        if self.kind(end) == "percent" and isinstance(node, Quantity):
            return replace(node, percent=True), end + 1
        return node, self.label(end)

    def _quantity(self, index: int, smaller: int = MAX_PARTS) -> tuple[Quantity, int] | None:
        token = self.tokens[index]
        assert token.value is not None
        value, decimals, end = token.value, token.decimals, index + 1
        value, end = self._mixed(value, end)
        while self.kind(end) == "word" and self.text(end).lower() in SCALES and self.tokens[end].gap:
            value, decimals, end = value * SCALES[self.text(end).lower()], 0, end + 1
        percent = False
        if self.kind(end) == "percent" or (self.kind(end) == "word" and self.text(end).lower() in {"percent", "pct"}):
            percent, end = True, end + 1
        elif self.kind(end) == "word" and self.text(end).lower() in PARTS and self.text(end + 1).lower() == "of":
            value, end = value * PARTS[self.text(end).lower()], end + 1
        if self.kind(end) == "word" and not self.tokens[end].gap and self.text(end).lower() not in _ATTACHED:
            return None  # a coefficient: 3y
        stop = self.label(end)
        words = [t.text.lower() for t in self.tokens[end:stop] if t.kind == "word"]
        per = next((i for i, t in enumerate(self.tokens[end:stop]) if t.text in {"/", "per"}), None)
        split = len(words) if per is None else per
        unit, over = units(words[:split], words[split:])
        power = self._power_of_unit(stop)
        if power > 1 and unit is not None and over is None:
            unit, stop = raised(unit, power), self.label(stop + 2)
        whole = Quantity(
            value,
            decimals,
            percent,
            UNITS["dollar"] if token.currency else unit,
            over,
            " ".join(words[:split]),
            token.start,
            self.tokens[end - 1].end,
        )
        return self._compound(whole, stop, smaller) if smaller else (whole, stop)

    def _power_of_unit(self, index: int) -> int:
        """Read the exponent of the unit before `index`: 12 cm², 12 cm^3; 1 when there is none."""
        before, power = self.tokens[index - 1].text.lower(), self.text(index + 1)
        return int(power) if self.text(index) == "^" and before in UNITS and power in {"2", "3"} else 1

    def _compound(self, whole: Quantity, index: int, smaller: int) -> tuple[Quantity, int]:
        """Join "1 hour 30 minutes" and "5 ft 6 inches" into one quantity."""
        if self.kind(index) != "number" or self.tokens[index].currency or not self.tokens[index].gap or whole.decimals:
            return whole, index
        found = self._quantity(index, smaller - 1)
        joined = compound(whole, found[0]) if found is not None else None
        return (joined, found[1]) if found is not None and joined is not None else (whole, index)

    def _mixed(self, value: Fraction, end: int) -> tuple[Fraction, int]:
        r"""Read "2 1/2", "2½" and "2\frac{1}{2}" as one number."""
        if value.denominator != 1 or self.kind(end) == "end":
            return value, end
        token = self.tokens[end]
        if token.kind == "number" and token.value is not None and token.value.denominator != 1 and not token.decimals:
            return value + token.value, end + 1
        if token.kind == "number" and token.gap and self.text(end + 1) == "/" and self.kind(end + 2) == "number":
            over = self.tokens[end + 2]
            tight = not self.tokens[end + 1].gap and not over.gap
            if tight and token.value is not None and over.value and token.value < over.value:
                return value + token.value / over.value, end + 3
        if token.text in FRACTIONS and not token.gap:
            part = self._command(end, MAX_DEPTH - 2)
            share = _proper(part[0]) if part is not None else None
            if part is not None and share is not None:
                return value + share, part[1]
        return value, end


def _proper(node: Node) -> Fraction | None:
    """Return the value of a fraction of two numbers that is below one."""
    match node:
        case Product((("*", Quantity(Fraction() as top)), ("/", Quantity(Fraction() as bottom)))) if 0 < top < bottom:
            return top / bottom
        case _:
            return None


def _is_share(factors: list[tuple[Literal["*", "/", "%"], Node]]) -> bool:
    """Whether "of" may follow: a percentage, a division or a named part."""
    last = factors[-1][1]
    if isinstance(last, Quantity):
        fraction = isinstance(last.value, Fraction) and last.value.denominator != 1 and not last.decimals
        return last.percent or fraction or factors[-1][0] == "/"
    return isinstance(last, Product)


def parse(text: str) -> Node | None:
    """Return the expression that the whole text is, or None when it is not one."""
    tokens = [token for token in tokenize(text.strip()) if token.kind != "newline"]
    while tokens and tokens[-1].text in {".", ",", ";", ":", "?"}:
        tokens.pop()
    parser = Parser(tokens)
    found = parser.parse(0)
    if found is None:
        return None
    node, end = found
    rest = tokens[end:]
    if any(token.kind != "word" or not token.gap for token in rest) or len(rest) > MAX_LABEL:
        return None
    return node
