"""Shares in words and counts of choices: used and computed under their other names."""

from collections.abc import Callable

import pytest

Value = Callable[..., float | None]

HALVES = (
    "A farmer has 80 cows. He sells half of them, and then half of the rest at 30 dollars each. "
    "How much money does he get for the second sale?"
)
MARBLES = (
    "Tom has 6 red and 4 blue marbles. He picks 2 of the 4 blue ones and 1 of the 5 hats he owns. "
    "In how many ways can he do it?"
)


@pytest.mark.parametrize(
    "text",
    [
        "80 × 0.25 = 20. 20 × 30 = 600.",
        "80 / 4 = 20. 20 × 30 = 600.",
        "80 × 50% = 40, 40 × 50% = 20, 20 × 30 = 600.",
        "80 - 40 = 40. 40 - 20 = 20. 20 × 30 = 600.",
        "80 / 2 / 2 = 20; 20 × 30 = 600.",
        "1/2 × 1/2 × 80 × 30 = 600.",
    ],
)
def test_a_share_is_used_under_another_name(value: Value, text: str) -> None:
    assert value("word-problem", HALVES, text, aspect="quantities") == 1.0


def test_a_share_that_is_left_out_is_missed(value: Value) -> None:
    assert value("word-problem", HALVES, "80 × 30 = 2400.", aspect="quantities") == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "C(4,2) × 5 = 6 × 5 = 30",
        "4 × C(5,2) = 4 × 10 = 40",
        "4! × 5 = 24 × 5 = 120",
        r"\binom{4}{2} \times 5 = 6 \times 5 = 30",
    ],
)
def test_the_value_of_a_choice_is_a_result(value: Value, text: str) -> None:
    assert value("word-problem", MARBLES, text, aspect="sources") == 1.0


def test_a_number_beside_a_choice_may_still_come_from_nowhere(value: Value) -> None:
    assert value("word-problem", MARBLES, "C(4,2) × 5 = 17 × 5 = 85", aspect="sources") < 1.0  # type: ignore[operator]


@pytest.mark.parametrize(
    "text", ["2.5 × 12 = 30.", "150 / 60 × 12 = 30.", "30 / 60 = 0.5. 2 + 0.5 = 2.5. 2.5 × 12 = 30."]
)
def test_a_time_in_two_units_is_used_in_any_of_them(value: Value, text: str) -> None:
    prompt = "Anna works for 2 hours 30 minutes and is paid 12 dollars an hour. How much does she earn for her work?"
    assert value("word-problem", prompt, text, aspect="quantities") == 1.0
