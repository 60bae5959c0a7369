"""Values put back into their equations: what holds, what does not, and what is not for this tool to say."""

import asyncio
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin import unknowns  # noqa: F401  # registers the tool
from rubrica.tools.builtin.base import BUILTINS
from rubrica.tools.builtin.unknowns.relations import relations
from rubrica.types import Candidate, Evidence, Message, TaskView, TextPart

PROMPT = "A patio has an area of 180 square feet and a perimeter of 54 feet. How long is it?"


def check(text: str, prompt: str = PROMPT) -> list[Evidence]:
    view = TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),))
    return asyncio.run(BUILTINS["substitution"].check(view, [Candidate(id="a", parts=(TextPart(text=text),))], {}))


def values(text: str, prompt: str = PROMPT) -> list[float | None]:
    return [seen.value for seen in check(text, prompt)]


@pytest.mark.parametrize(
    "text",
    [
        "l * w = 180 and 2(l + w) = 54, so l = 15 and w = 12.",
        "The sum is n/2 * (a + l) with n = 100, a = 501 and l = 699. 699 = 501 + (n-1)2 holds.",
        "x^2 - 5x + 6 = 0, so x = 2 or x = 3.",
        "3x + 2 = 12, which gives x = 10/3 ≈ 3.33.",
        "C - 66% = 28%, so C = 94%.",
        "The price is x - 25% = 19.50, so x = 26.",
        "\\frac{x}{2} + \\sqrt{x} = 12 and thus x = 16.",
        "- 5x - 15 = 0\n- x = 3",
        "x + 3x apples = 20 apples, so x = 5.",
        "We get 8 = 2n, hence 4 = n.",
    ],
)
def test_values_that_satisfy_their_equations(text: str) -> None:
    assert values(text) == [1.0]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("l * w = 180 and 2*(l + w) = 54, so l = 18 and w = 10.", "2*(l + w) = 54"),
        ("0.55x - 0.21x = 0.28x, so x = 0.28 / 0.34 = 0.82 (approximately).", "0.55x - 0.21x = 0.28x"),
        ("699 = 501 + (n-1)2. Solving for n, we get n = 95.", "699 = 501 + (n-1)2"),
        ("Her age is S. 4S - 16 = 2(S - 16). Therefore S = 32.", "4S - 16 = 2(S - 16)"),
        ("x^2 - 5x + 6 = 0, so x = 2 or x = 3. Also x + 7 = 20.", "x + 7 = 20"),
    ],
)
def test_the_first_equation_that_fails_is_shown(text: str, quoted: str) -> None:
    (seen,) = check(text)
    assert seen.value == 0.0
    assert seen.span is not None
    assert seen.span.text == quoted


@pytest.mark.parametrize(
    "text",
    [
        "The answer is 5.",
        "x = 5",
        "2x + 3 = 13 is the equation.",
        "If n = 1: n + 2 = 3. If n = 2: n + 2 = 9.",
        "f(x) = x^2 and x = 3, so f(x) = 10.",
        "Trying k = 1, k = 2, k = 3, k = 4 and k = 5: k^2 = 16.",
        "x = 3 and 2x + 1 = 7 more than y",
        "x_1 = 3 and x_1 + 1 = 9",
        "x <= 5 and x = 2 and 1/2x = 4",
        "sin x = 0.5 and x = 30",
        "In base 7, x = 5 and x + 5 = 13.",
        "x = 3 ± 2 and x + 1 = 9",
    ],
)
def test_what_cannot_be_told_is_not_said(text: str) -> None:
    assert 0.0 not in values(text)


def test_the_final_answer_is_put_into_the_equation_of_the_task() -> None:
    prompt = "Solve for $a$: $\\sqrt{4+\\sqrt{16+16a}}+ \\sqrt{1+\\sqrt{1+a}} = 6.$"
    assert values("By trial, a works out. The answer is 8.", prompt) == [1.0]
    assert values("By trial, a works out. The answer is 9.", prompt) == [0.0]


@pytest.mark.parametrize(
    "prompt",
    [
        "What is the sum of all x with $x^2 - 5x + 6 = 0$? Find x.",
        "The line $y=k$ meets the curve. What is the value of $k$?",
        "Suppose $x$ is a solution to $x^2 + 1 = 7x$. What is the sum of $x$ and its reciprocal?",
    ],
)
def test_an_answer_that_is_not_the_letter_is_not_put_in(prompt: str) -> None:
    assert values("Therefore it is so. The answer is 7.", prompt) == []


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(1, 5), st.integers(1, 5))
def test_a_system_holds_for_its_solution_and_for_no_other(x: int, y: int, a: int, b: int) -> None:
    system = f"{a}x + {b}y = {a * x + b * y}, x - y = {x - y}."
    right = f"{system} So x = {x} and y = {y}."
    wrong = f"{system} So x = {x} and y = {y + 1}."
    assert values(right) == [1.0]
    assert values(wrong) == [0.0]


@given(st.fractions(-20, 20, max_denominator=12), st.integers(2, 9))
def test_fractions_are_exact_and_rounding_is_forgiven(x: Fraction, factor: int) -> None:
    equation = f"{factor}x = {factor * x.numerator}/{x.denominator}"
    assert values(f"{equation}. Thus x = {x.numerator}/{x.denominator}.") == [1.0]
    assert values(f"{equation}. Thus x = {x.numerator + x.denominator}/{x.denominator}.") == [0.0]
    if abs(x) > 1:
        assert values(f"{equation}. Thus x = {float(x):.3f}.") == [1.0]


@pytest.mark.parametrize("piece", ["x = ", "((x", "x^x^x^", "\\frac{x}", "x = x = ", "- x = 2\n", "2x(3x(", "a = b % "])
def test_hostile_text_is_read_to_its_end(piece: str) -> None:
    assert all(seen.value in {0.0, 1.0} for seen in check(piece * 3000))
    assert len(list(relations(piece * 3000))) <= 20_000
