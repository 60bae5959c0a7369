"""Right equations are right, wrong ones are flagged, and what cannot be judged is left alone."""

from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from rubrica.tools.base import Observation
from rubrica.tools.builtin.arithmetic import ArithmeticArguments, arithmetic
from rubrica.types import Candidate, Message, TaskView, TextPart


def check(text: str, prompt: str = "How many are left?") -> list[Observation]:
    task = TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),))
    return list(arithmetic(task, Candidate(id="a", parts=(TextPart(text=text),)), ArithmeticArguments()))


def values(text: str, prompt: str = "How many are left?") -> list[float | None]:
    return [seen.value for seen in check(text, prompt)]


@pytest.mark.parametrize(
    "text",
    [
        "She pays 3 * $5 = **$15**.",
        "5 times 3 is 15.",
        "20% of 50 is 10.",
        "$100 - 20% = $80",
        "0.25 * 100 = 25%",
        "10% + 15% = 25%",
        "40 hours/week x 3 weeks = 120 hours",
        "2 hours = 120 minutes",
        "2 hours + 30 minutes = 150 minutes",
        "1/6 hour = 10 minutes",
        "150 cents * 2 = $3",
        "3 dozen = 36",
        "10/3 = 3.33",
        "2/3 = 0.66",
        "10/3 ≈ 3",
        "1,234.5 * 2 = 2,469",
        "(63/8) * 8 = 63 hours",
        "12 (the big ones) * 3 = 36",
        "- 5 * 3 = 15",
        r"\(\frac{3}{4} \times 20 = 15\)",
        "which is $(-2)^2 \times 2^2 = 16$",
        "50 + 20\n= 70",
        "One half of 18 = 9",
        "Total: 60 km - 20 km = 40 km",
    ],
)
def test_a_right_equation_is_never_called_wrong(text: str) -> None:
    assert 0.0 not in values(text)


@pytest.mark.parametrize(
    "text",
    [
        "5 * 3 = 16",
        "5 times 3 is 16.",
        "20% of 50 is 12",
        "2 hours = 100 minutes",
        "10/3 = 3",
        "10/3 = 3.4",
        "2 + 2 ≈ 5",
        r"$\frac{3}{4} \times 20 = 16$",
        "40 hours/week x 3 weeks = 121 hours",
        "he has 7 - 9 = 2 left",
    ],
)
def test_a_wrong_equation_is_flagged(text: str) -> None:
    assert values(text) == [0.0]


@pytest.mark.parametrize(
    "text",
    [
        "y + 5 = 12",
        "3x + 5 = 20",
        "f(2) * 3 = 9",
        "2x - 3 = 4",
        "5 + 3 = 8 + y",
        "7 = -2",
        "9:00 am + 5 hours = 2 pm",
        "3 boxes = 24 eggs",
        r"\tan^2 \frac{2\pi}{3} = 3",
        "7 * 8 = 6 (mod 10)",
        "the units digit of 7^2 is 9",
        "on the 2 weekend days = 3 * 2",
        "15 / 4 = 3 remainder 3",
        "It was 2005-09-12.",
        "10^(10^10) = 5",
    ],
)
def test_an_equation_with_something_unknown_is_left_alone(text: str) -> None:
    assert 0.0 not in values(text)


def test_a_chain_is_judged_link_by_link() -> None:
    assert values("A = (1 + 2) + (4 - 5) = 3 + -1 = 3") == [1.0, 0.0]


def test_a_running_total_is_right_and_reported() -> None:
    first, second = check("3*4=12+5=17")
    assert (first.value, second.value) == (1.0, 1.0)
    assert first.data == {"running_total": True}


def test_the_span_holds_the_equation() -> None:
    text = "First, 2 + 2 = 5 apples."
    (seen,) = check(text)
    assert seen.span is not None
    assert text[seen.span.start : seen.span.end] == seen.span.text == "2 + 2 = 5"


@pytest.mark.parametrize("prompt", ["In base-9, what is 6+5?", "Write 5 in binary", "Find 7 * 8 mod 10"])
def test_other_number_systems_are_left_alone(prompt: str) -> None:
    assert values("6 + 5 = 12", prompt) == []


@example(399_300, 2505, "*", 1)
@given(st.integers(0, 10**6), st.integers(1, 10**4), st.sampled_from("+-*/"), st.integers(-50, 50))
@settings(max_examples=200)
def test_a_whole_result_is_right_exactly_when_it_is_the_value(a: int, b: int, operator: str, error: int) -> None:
    value = {"+": a + b, "-": a - b, "*": a * b}.get(operator, Fraction(a, b))
    assume(Fraction(value).denominator == 1)
    assert values(f"It is {a:,} {operator} {b} = {int(value) + error:,} in all.") == [float(error == 0)]


@given(st.integers(1, 10**4), st.integers(1, 999), st.integers(1, 4))
@settings(max_examples=100)
def test_a_rounded_quotient_is_right_and_one_two_units_off_is_wrong(a: int, b: int, places: int) -> None:
    assert values(f"{a} / {b} = {a / b:.{places}f}") == [1.0]
    assert values(f"{a} / {b} = {a / b + 2 * 10**-places:.{places}f}") == [0.0]


HOSTILE = [
    "(",
    "(1)(1)",
    "1+(",
    "1=",
    "1,",
    "\\frac{",
    "√",
    "5% of ",
    "1 a ",
    "2^",
    "((1+1)*",
    "five hundred and ",
    "1\n=",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_is_read_to_its_end(piece: str) -> None:
    text = piece * (50_000 // len(piece)) + " so 2 + 2 = 5"
    assert all(seen.value in {0.0, 1.0} for seen in check(text))
