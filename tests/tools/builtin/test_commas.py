"""Decimal commas are read where a text can only mean them, and nowhere else."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin.numbers.commas import decimal_points
from rubrica.types import Evidence

Ask = Callable[..., list[Evidence]]
CENTS = st.integers(101, 99_999_99)


def german(cents: int) -> str:
    return f"{cents / 100:,.2f}".translate(str.maketrans(".,", ",."))


@given(a=CENTS, b=CENTS, off=st.sampled_from([0, 1000, -100]))
def test_sums_in_decimal_commas_are_recomputed(ask: Ask, a: int, b: int, off: int) -> None:
    answer = f"{german(a)} € + {german(b)} € = {german(a + b + off)} €."
    assert [one.value for one in ask("arithmetic", "Was kostet beides zusammen?", answer)] == [float(off == 0)]


@given(a=CENTS, b=CENTS)
def test_sums_in_decimal_points_stay_as_they_are(a: int, b: int) -> None:
    text = f"${a / 100:,.2f} + ${b / 100:,.2f} = ${(a + b) / 100:,.2f}"
    assert decimal_points(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "The points are (3,5) and (1,2), so 3,5 is one of them.",
        "Numbers: 1,2,3,4 and 5.",
        "It has 1,250 seats and costs 3,475 dollars.",
        "We take 3.5 and 4,5 = 9.",
        "f(2,3) = 5",
    ],
)
def test_other_commas_are_left_alone(text: str) -> None:
    assert decimal_points(text) == text


def test_offsets_are_kept(ask: Ask) -> None:
    answer = "Zusammen: 1.299,00 € + 24,50 € = 1.333,50 €."
    (one,) = ask("arithmetic", "Was kostet beides?", answer)
    assert one.value == 0
    assert one.span is not None
    assert answer[one.span.start : one.span.end] == one.span.text
