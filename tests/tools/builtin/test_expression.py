"""Expressions in several notations evaluate exactly, and hostile ones stop."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.tools.builtin.numbers.expression import UndefinedError, evaluate
from rubrica.tools.builtin.numbers.parser import parse

Tree = int | tuple[str, "Tree", "Tree"]

TREES = st.recursive(st.integers(0, 999), lambda sub: st.tuples(st.sampled_from("+-*/"), sub, sub), max_leaves=12)
Notation = dict[str, str]
PLAIN: Notation = {"+": " + ", "-": " - ", "*": " * ", "/": " / "}
TIGHT: Notation = {"+": "+", "-": "-", "*": "*", "/": "/"}
UNICODE: Notation = {"+": " + ", "-": " − ", "*": " × ", "/": " ÷ "}
LETTER_X: Notation = {"+": " + ", "-": " - ", "*": " x ", "/": " / "}
LATEX: Notation = {"+": " + ", "-": " - ", "*": r" \times ", "/": r" \div "}
WORDS: Notation = {"+": " plus ", "-": " minus ", "*": " times ", "/": " divided by "}


def value_of(tree: Tree) -> Fraction:
    if isinstance(tree, int):
        return Fraction(tree)
    operator, left, right = tree
    a, b = value_of(left), value_of(right)
    return {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b}[operator]()


def written(tree: Tree, notation: Notation, number: Callable[[int], str] = str) -> str:
    if isinstance(tree, int):
        return number(tree)
    operator, left, right = tree
    return f"({written(left, notation, number)}){notation[operator]}({written(right, notation, number)})"


def latex_fractions(tree: Tree) -> str:
    if isinstance(tree, int):
        return str(tree)
    operator, left, right = tree
    if operator == "/":
        return rf"\frac{{{latex_fractions(left)}}}{{{latex_fractions(right)}}}"
    joined = {"+": " + ", "-": " - ", "*": r" \cdot "}[operator]
    return rf"\left({latex_fractions(left)}\right){joined}\left({latex_fractions(right)}\right)"


def read(text: str) -> Fraction | float:
    node = parse(text)
    assert node is not None, text
    return evaluate(node)


@settings(max_examples=150)
@given(TREES, st.sampled_from([PLAIN, TIGHT, UNICODE, LETTER_X, LATEX, WORDS]))
def test_a_tree_has_its_value_in_every_notation(tree: Tree, notation: Notation) -> None:
    try:
        expected = value_of(tree)
    except ZeroDivisionError:
        with pytest.raises(UndefinedError):
            read(written(tree, notation))
        return
    assert read(written(tree, notation)) == expected


@settings(max_examples=100)
@given(TREES)
def test_latex_fractions_have_their_value(tree: Tree) -> None:
    try:
        expected = value_of(tree)
    except ZeroDivisionError:
        return
    assert read(latex_fractions(tree)) == expected


@settings(max_examples=100)
@given(TREES, st.sampled_from(["${}", "{} apples", "{}.0", "{}.00"]))
def test_currency_labels_and_zeros_do_not_change_a_value(tree: Tree, form: str) -> None:
    try:
        expected = value_of(tree)
    except ZeroDivisionError:
        return
    assert read(written(tree, PLAIN, form.format)) == expected


@given(st.integers(0, 10**15))
def test_thousands_separators_are_read(number: int) -> None:
    assert read(f"{number:,} + 0") == number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2 + 3 * 4", 14),
        ("2^3^2", 512),
        ("-3^2", -9),
        ("2**10", 1024),
        ("3² + 4²", 25),
        ("5 - -3", 8),
        ("20% of 50", 10),
        ("3/4 of 20", 15),
        ("half of 18", 9),
        ("two thirds of 30", 20),
        ("2 1/2 * 4", 10),
        ("2½ * 4", 10),
        (r"2\frac{1}{2} \times 4", 10),
        ("1.5 million * 2", 3_000_000),
        ("twenty-five plus one hundred and five", 130),
        ("(5!) / (3!)", 20),
        (r"\binom{5}{2}", 10),
        ("sqrt(16) + √9", 7),
        (r"\sqrt[3]{27}", 3),
        ("8^(1/3)", 2),
        ("(2 + 3)(4 - 1)", 15),
        ("2(3 + 4)", 14),
        ("17 mod 5", 2),
        (r"10{,}000 + 1", 10_001),
        ("$40/day x 5 days", 200),
        (r"\$3.50 \cdot 2", 7),
    ],
)
def test_a_notation_is_read(text: str, value: int) -> None:
    assert read(text) == value


@pytest.mark.parametrize("text", ["10^(10^10)", "9^9^9^9", "2^100000", "1/0", "(-4)^(1/2)", "(200!) + 1", "0^(-1)"])
def test_a_value_out_of_bounds_is_undefined(text: str) -> None:
    with pytest.raises(UndefinedError):
        read(text)


@pytest.mark.parametrize("text", ["", "x + 3", "3y", "f(2)", "5 +", "(3", "1,2,3", "10:30", "2005-09-12", "apples"])
def test_what_is_not_an_expression_is_not_read(text: str) -> None:
    assert parse(text) is None


def test_irrational_roots_are_floats() -> None:
    assert read("sqrt(2) * sqrt(2)") == pytest.approx(2)
