"""Numerals in words and units of measure."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin.numbers.lexer import tokenize
from rubrica.tools.builtin.numbers.lexicon import ONES, TENS, UNITS, numeral


def spelled(number: int) -> str:
    """Write a number below a million the English way."""
    if number >= 1000:
        rest = f" {spelled(number % 1000)}" if number % 1000 else ""
        return f"{spelled(number // 1000)} thousand{rest}"
    if number >= 100:
        rest = f" and {spelled(number % 100)}" if number % 100 else ""
        return f"{spelled(number // 100)} hundred{rest}"
    if number >= 20:
        tens = next(word for word, value in TENS.items() if value == number // 10 * 10)
        return tens + (f"-{spelled(number % 10)}" if number % 10 else "")
    return next(word for word, value in ONES.items() if value == number)


@given(st.integers(0, 999_999))
def test_a_spelled_number_is_one_token_of_its_value(number: int) -> None:
    values = [token.value for token in tokenize(f"about {spelled(number)} people") if token.kind == "number"]
    assert values == [number]


@pytest.mark.parametrize("words", [["and"], ["five", "six"], ["twenty", "thirty"], ["apple"], []])
def test_words_that_spell_no_number_are_refused(words: list[str]) -> None:
    assert numeral(words) is None


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("hour", "minute", 60),
        ("km", "meters", 1000),
        ("dollar", "cents", 100),
        ("year", "months", 12),
        ("mile", "feet", 5280),
    ],
)
def test_units_convert_exactly(one: str, other: str, ratio: int) -> None:
    assert UNITS[one].dimension == UNITS[other].dimension
    assert UNITS[one].factor / UNITS[other].factor == Fraction(ratio)
