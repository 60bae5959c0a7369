"""Remainders, congruences, divisors and ranges: solved exactly, or not at all."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin.solve import solve


def answer(prompt: str) -> str | None:
    solution = solve(prompt)
    return None if solution is None else solution.value


@pytest.mark.parametrize(
    ("prompt", "value"),
    [
        ("What is the remainder when $2^3 \\cdot 4^5 \\cdot 6^7 \\cdot 8^9$ is divided by 13?", "8"),
        ("What is the units digit of $3^{2010}$?", "9"),
        ("Find the tens digit of $7 \\cdot 13 \\cdot 11$.", "0"),
        ("Find the modular inverse of $4$, modulo $21$.", "16"),
        ("Find some integer $n$ with $0\\leq n<2293$ such that $31n\\equiv 3\\pmod{2293}.$", "222"),
        ("How many integers $n$ satisfy $0<n<60$ and $4n\\equiv 2\\pmod 6?$", "20"),
        ("What is the unique three-digit positive integer $x$ satisfying $$100x\\equiv 1\\pmod{997}~?$$", "668"),
        ("What is the smallest positive integer $n$ such that $5n \\equiv 3 \\pmod{7}$?", "2"),
        ("How many positive divisors does 24 have?", "8"),
        ("How many distinct, positive factors does $1100$ have?", "18"),
        ("How many positive perfect cube factors does $3^65^{10}$ have?", "12"),
        ("What is the sum of all the distinct positive two-digit factors of 144?", "226"),
        ("What is the greatest prime factor of 221?", "17"),
        ("What is the sum of all the odd integers between $500$ and $700$?", "60000"),
        ("How many multiples of 7 are between 100 and 200?", "14"),
        ("How many primes are less than 100?", "25"),
        ("How many perfect squares are less than 1000?", "31"),
        ("In how many ways can the letters of the word BANANA be arranged?", "60"),
    ],
)
def test_what_is_one_computation_is_solved(prompt: str, value: str) -> None:
    assert answer(prompt) == value


@pytest.mark.parametrize(
    "prompt",
    [
        "What is the remainder when $1 + 2 + \\dots + 100$ is divided by 7?",
        "When a number is divided by 7, what is the remainder when it is doubled and divided by 7?",
        "What is the average of the two smallest positive integer solutions to $14u \\equiv 46 \\pmod{100}$?",
        "How many integers between 10 and 20 are even?",
        "What is the sum of the even numbers between 10 and 20?",
        "How many common positive divisors do 24 and 36 have?",
        "How many positive divisors of 24 are not multiples of 3?",
        "How many ways can the letters of the word BANANA be arranged if the Bs come first?",
        "Solve $3x \\equiv 2 \\pmod 5$ for all x.",
        "What is the remainder when $5^{2010}$ is divided by 7 and then by 3?",
    ],
)
def test_what_is_more_than_that_is_left(prompt: str) -> None:
    assert answer(prompt) is None


@given(st.integers(2, 60), st.integers(2, 400), st.integers(2, 97))
def test_powers_leave_the_remainder_that_they_should(base: int, power: int, modulus: int) -> None:
    prompt = f"What is the remainder when $ {base}^{{{power}}} + {base} $ is divided by ${modulus}$?"
    assert answer(prompt) == str((pow(base, power, modulus) + base) % modulus)


@given(st.integers(2, 5000))
def test_divisors_are_counted_and_added(number: int) -> None:
    divisors = [d for d in range(1, number + 1) if number % d == 0]
    assert answer(f"How many positive divisors does {number} have?") == str(len(divisors))
    assert answer(f"What is the sum of the positive divisors of {number}?") == str(sum(divisors))


@given(st.integers(2, 200), st.integers(1, 200), st.integers(0, 199))
def test_a_congruence_is_solved_by_what_solves_it(modulus: int, factor: int, wanted: int) -> None:
    prompt = (
        f"How many integers $n$ satisfy $0 \\leq n < {modulus}$ and ${factor}n \\equiv {wanted} \\pmod{{{modulus}}}$?"
    )
    shared = math.gcd(factor, modulus)
    assert answer(prompt) == str(shared if wanted % shared == 0 else 0)
