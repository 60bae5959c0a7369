"""Linear equations and systems, solved exactly by elimination over the rationals."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from rubrica.tools.builtin.arithmetic import show
from rubrica.tools.builtin.numbers.lexer import Token, tokenize
from rubrica.tools.builtin.solve.solution import Solution

MAX_TOKENS = 400
MAX_DEPTH = 20

_ASKED = re.compile(
    r"\b(?:solve|find|what(?:'s|\s+is|\s+does)|determine|calculate)\s+(?:for\s+)?(?:the\s+)?(?:value\s+(?:of|for)\s+)?(?:the\s+variable\s+)?"
    r"\$?(?P<what>[a-z](?:\s*[-+*]\s*\d{0,3}[a-z])*|\d{1,3}[a-z](?:\s*[-+]\s*\d{0,3}[a-z])*)\$?(?=\s*(?:[?.:,;\n]|$|if\b|when\b|given\b|in\b|equal\b|where\b))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Linear:
    """A constant and a coefficient per variable."""

    constant: Fraction = Fraction(0)
    terms: Mapping[str, Fraction] = field(default_factory=dict)

    def plus(self, other: "Linear", sign: int = 1) -> "Linear":
        names = sorted({*self.terms, *other.terms})
        terms = {n: self.terms.get(n, Fraction(0)) + sign * other.terms.get(n, Fraction(0)) for n in names}
        return Linear(self.constant + sign * other.constant, {n: c for n, c in terms.items() if c})

    def times(self, factor: Fraction) -> "Linear":
        return Linear(self.constant * factor, {n: c * factor for n, c in self.terms.items() if c * factor})


class _NotLinearError(ValueError):
    """The tokens are not a linear form."""


class _Reader:
    """Reads one linear form from tokens: sums, products with one variable at most, division by numbers."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens

    def sum(self, index: int, depth: int = 0) -> tuple[Linear, int]:
        total, index = self.product(index, depth)
        while index < len(self.tokens) and self.tokens[index].text in {"+", "-"}:
            sign = 1 if self.tokens[index].text == "+" else -1
            term, index = self.product(index + 1, depth)
            total = total.plus(term, sign)
        return total, index

    def product(self, index: int, depth: int) -> tuple[Linear, int]:
        value, index = self.atom(index, depth)
        while index < len(self.tokens):
            text, kind = self.tokens[index].text, self.tokens[index].kind
            explicit = text in {"*", "/"} and kind == "operator"
            if not explicit and not (kind == "open" or (kind == "word" and _is_variable(self.tokens[index]))):
                break
            other, index = self.atom(index + explicit, depth)
            if text == "/" and explicit:
                if other.terms or not other.constant:
                    raise _NotLinearError
                value = value.times(1 / other.constant)
            elif value.terms and other.terms:
                raise _NotLinearError
            else:
                value = other.times(value.constant) if not value.terms else value.times(other.constant)
        return value, index

    def atom(self, index: int, depth: int) -> tuple[Linear, int]:
        if index >= len(self.tokens) or depth > MAX_DEPTH:
            raise _NotLinearError
        token = self.tokens[index]
        if token.kind == "number" and token.value is not None:
            return Linear(token.value), index + 1
        if token.kind == "word" and _is_variable(token):
            return Linear(terms={token.text: Fraction(1)}), index + 1
        if token.text == "-" and token.kind == "operator":
            value, index = self.atom(index + 1, depth + 1)
            return value.times(Fraction(-1)), index
        if token.kind == "open":
            value, index = self.sum(index + 1, depth + 1)
            if index >= len(self.tokens) or self.tokens[index].kind != "close":
                raise _NotLinearError
            return value, index + 1
        raise _NotLinearError


def _is_variable(token: Token) -> bool:
    return len(token.text) == 1 and token.text.isalpha()


def solve_algebra(prompt: str) -> Solution | None:
    """Solve the linear equations of a prompt for the variable, or the sum of variables, that it asks for."""
    tokens = list(tokenize(prompt))
    if len(tokens) > MAX_TOKENS or not any(token.kind == "equals" for token in tokens):
        return None
    forms, used = _equations(tokens)
    solution = _eliminate(forms) if forms else None
    if solution is None:
        return None
    wanted = _wanted(prompt, solution)
    if wanted is None:
        return None
    name, value = wanted
    how = ", ".join(f"{key} = {show(number)}" for key, number in sorted(solution.items()))
    return Solution("number", str(value), f"{name} = {show(value)} from {how}", tuple(used), value)


def _equations(tokens: list[Token]) -> tuple[list[Linear], list[tuple[int, int]]]:
    forms, used = [], []
    for index, token in enumerate(tokens):
        if token.kind != "equals" or token.text != "=":
            continue
        left = _before(tokens, index)
        try:
            right, end = _Reader(tokens).sum(index + 1)
        except _NotLinearError:
            return [], []
        if left is None or (end < len(tokens) and _binds(tokens[end])):
            return [], []
        form, start = left
        difference = form.plus(right, -1)
        if difference.terms:
            forms.append(difference)
            used.append((tokens[start].start, tokens[end - 1].end))
    return forms, used


def _before(tokens: list[Token], index: int) -> tuple[Linear, int] | None:
    """Read the longest linear form that ends right before an equals sign."""
    start = index
    while start > 0 and index - start < 60 and _belongs(tokens[start - 1]):
        start -= 1
    for first in range(start, index):
        if first > 0 and (_binds(tokens[first - 1]) or not (tokens[first].gap or tokens[first - 1].text == "$")):
            continue
        try:
            form, end = _Reader(tokens[:index]).sum(first)
        except _NotLinearError:
            continue
        if end == index:
            return form, first
    return None


def _binds(token: Token) -> bool:
    """Whether a token next to a linear form makes it part of something else."""
    return token.kind in {"operator", "equals", "open", "command"} or token.text in {"√", "|"}


def _belongs(token: Token) -> bool:
    return token.kind in {"number", "open", "close"} or (
        (token.kind == "operator" and token.text in "+-*/") or (token.kind == "word" and _is_variable(token))
    )


def _eliminate(forms: list[Linear]) -> dict[str, Fraction] | None:
    """Return the one solution of the system, or None when it has none or many."""
    names = sorted({name for form in forms for name in form.terms})
    if len(names) > 6 or len(forms) > 12:
        return None
    rows = [[form.terms.get(name, Fraction(0)) for name in names] + [-form.constant] for form in forms]
    for column in range(len(names)):
        pivot = next((i for i in range(column, len(rows)) if rows[i][column]), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        rows[column] = [value / rows[column][column] for value in rows[column]]
        for i, row in enumerate(rows):
            if i != column and row[column]:
                rows[i] = [a - row[column] * b for a, b in zip(row, rows[column], strict=True)]
    if any(row[-1] for row in rows[len(names) :]):
        return None
    return {name: rows[i][-1] for i, name in enumerate(names)}


def _wanted(prompt: str, solution: Mapping[str, Fraction]) -> tuple[str, Fraction] | None:
    for match in reversed(list(_ASKED.finditer(prompt))):
        try:
            tokens = list(tokenize(match["what"]))
            form, end = _Reader(tokens).sum(0)
        except _NotLinearError:
            continue
        if end == len(tokens) and form.terms and set(form.terms) <= set(solution):
            value = form.constant + sum(c * solution[n] for n, c in form.terms.items())
            return match["what"], Fraction(value)
    if len(solution) == 1 and re.search(r"\bsolve\b", prompt, re.IGNORECASE):
        return next(iter(solution.items()))
    return None
