"""Plain computation is solved exactly from the prompt alone; everything else is left alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.tools.builtin.numbers.lexicon import WEEKDAYS
from rubrica.tools.builtin.solve import matches, solve
from rubrica.tools.builtin.solve.bases import in_base
from rubrica.tools.builtin.solve.claims import claims
from rubrica.tools.builtin.solve.solver import SolveArguments, solve_tool
from rubrica.types import Candidate, Message, TaskView, TextPart


def answer(prompt: str) -> str | None:
    solution = solve(prompt)
    return solution.value if solution is not None else None


def judge(prompt: str, text: str) -> list[float | None]:
    task = TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),))
    arguments = SolveArguments(aspect="answer")
    return [seen.value for seen in solve_tool(task, Candidate(id="a", parts=(TextPart(text=text),)), arguments)]


@pytest.mark.parametrize(
    ("prompt", "value"),
    [
        ("What is 75+48?", "123"),
        ("Compute: ((4 - -1 * 6 + 7) - (2 * 1 - 8 + -5)) =", "28"),
        ("Calculate 2 + 3 * 4. Think step by step.", "14"),
        ("What is 15% of 80?", "12"),
        (r"Evaluate $\frac{3}{4} \times 20$.", "15"),
        ("What is the sum of 12, 30 and 8?", "50"),
        ("Find the greatest common divisor of 48 and 36.", "12"),
        ("What is the LCM of 4, 6 and 10?", "60"),
        ("Is 97 a prime number?", "yes"),
        ("Is 1900 a leap year?", "no"),
        ("How many days are there in February 2024?", "29"),
        ("How many minutes are in 3 hours?", "180"),
        ("Convert 5 km to meters.", "5000"),
        ("What is the remainder when 100 is divided by 7?", "2"),
        ("What is the average of 4, 8 and 12?", "8"),
        ("Solve for x: 2x + 3 = 11", "4"),
        ("If 3x - 7 = 14, what is x?", "7"),
        ("Solve the system x + y = 10 and x - y = 4. What is x?", "7"),
        ("Convert the binary number 1011 to decimal.", "11"),
        ("What is 255 in hexadecimal?", "ff"),
        ("What is 1A + 2F in base 16?", "49"),
        ('How many times does the letter "r" appear in the word "strawberry"?', "3"),
        ("How many letters are in the word 'banana'?", "6"),
        ("Reverse the word 'stressed'.", "desserts"),
        ("What is the third letter of the word 'planet'?", "a"),
        ("Sort the following words alphabetically: pear, apple, fig", "apple fig pear"),
        ("If today is Monday, what day of the week will it be in 10 days?", "thursday"),
    ],
)
def test_plain_computation_is_solved(prompt: str, value: str) -> None:
    assert answer(prompt) == value


@pytest.mark.parametrize(
    "prompt",
    [
        "Tom has 5 apples and buys 3 more. How many apples does he have?",
        "Write a Python function that computes 2 + 3.",
        "Explain why 7 is prime.",
        "What is 5 + x?",
        "What is 5 + 3 apples worth if one apple costs 2 dollars?",
        "Solve for a: sqrt(a) + 2a = 6",
        "What happened on 2001-09-11?",
        "What is the weather on 2023-06-22?",
        "How many days between 3/4/2021 and 5/6/2021?",
        "Solve x + y = 3 for x.",
        "What is 1/0?",
        "",
    ],
)
def test_what_is_not_plain_computation_is_left_alone(prompt: str) -> None:
    assert solve(prompt) is None


DATES = st.dates(date(1600, 1, 1), date(2400, 12, 31))


@given(DATES)
@settings(max_examples=60)
def test_weekdays_are_those_of_datetime(day: date) -> None:
    for written in (day.isoformat(), f"{day:%B} {day.day}, {day.year}", f"the {day.day}th of {day:%B} {day.year}"):
        assert answer(f"What day of the week is {written}?") == WEEKDAYS[day.weekday()]


@given(DATES, DATES)
@settings(max_examples=60)
def test_days_between_dates_are_those_of_datetime(first: date, second: date) -> None:
    assert answer(f"How many days are there between {first} and {second}?") == str(abs((first - second).days))


@given(
    DATES,
    st.integers(1, 900),
    st.sampled_from([("after", 1), ("before", -1)]),
    st.sampled_from([("days", 1), ("weeks", 7)]),
)
@settings(max_examples=60)
def test_shifted_dates_are_those_of_datetime(
    day: date, count: int, way: tuple[str, int], unit: tuple[str, int]
) -> None:
    expected = day + timedelta(days=count * way[1] * unit[1])
    assert answer(f"What is the date {count} {unit[0]} {way[0]} {day}?") == expected.isoformat()


@given(st.integers(2, 16), st.integers(0, 10**5), st.integers(0, 10**5), st.sampled_from("+*"))
@settings(max_examples=100)
def test_sums_in_a_base_are_those_of_int(base: int, a: int, b: int, operator: str) -> None:
    prompt = f"Assuming that all numbers are in base-{base}, what is {in_base(a, base)}{operator}{in_base(b, base)}?"
    solution = solve(prompt)
    if base == 10:
        assert solution is not None
    if solution is not None:
        assert int(solution.value, base) == (a + b if operator == "+" else a * b)


@given(st.integers(0, 10**9), st.integers(2, 36))
def test_a_numeral_reads_back(value: int, base: int) -> None:
    assert int(in_base(value, base), base) == value


@pytest.mark.parametrize(
    ("prompt", "text", "value"),
    [
        ("What is 75+48?", "75 + 48 = 123. The answer is 123.", 1.0),
        ("What is 75+48?", "The answer is 124.", 0.0),
        ("What is 75+48?", "Let me think about it.", None),
        ("In base-9, what is 67+17?", "7+7=15, carry 1, so \\boxed{85}", 1.0),
        ("In base-9, what is 67+17?", "7+7=14, carry 1, so \\boxed{84}", 0.0),
        ("What day of the week is 2005-09-12?", "2005-09-12 is Monday", 1.0),
        ("What day of the week is 2005-09-12?", "2005-09-12 is Sunday", 0.0),
        ("What day of the week is 2005-09-12?", "I cannot say.", None),
        ("What is the date 10 days after 2021-03-14?", "Ten days after 2021-03-14 is March 24, 2021.", 1.0),
        ("What is the date 10 days after 2021-03-14?", "It is 2021-03-25.", 0.0),
        ("Is 97 prime?", "No, it is not.", 0.0),
        ("Sort the words alphabetically: pear, apple, fig", "The answer is: apple, fig, pear", 1.0),
        ("Sort the words alphabetically: pear, apple, fig", "The answer is: apple, pear, fig", 0.0),
        ("What is 10/3?", "The answer is 3.33", 1.0),
    ],
)
def test_a_candidate_is_held_against_the_solution(prompt: str, text: str, value: float | None) -> None:
    assert judge(prompt, text) == [value]


def test_a_prompt_without_solution_gives_no_evidence() -> None:
    assert judge("Who wrote Hamlet?", "Shakespeare") == []


def test_a_solution_says_how_it_was_found() -> None:
    solution = solve("What is 15% of 80?")
    assert solution is not None
    assert solution.how == "15% of 80 = 12"
    assert matches(solution, "That is 12.") == (True, "12")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Note that 2021-03-14 is a Sunday.", 1.0),
        ("Note that March 14, 2021 was a Monday.", 0.0),
        ("2021-03-14 is not a Monday", 1.0),
        ("We met on Sunday, March 14, 2021.", 1.0),
        ("We met on Friday, 14 March 2021.", 0.0),
        ("1900 is a leap year.", 0.0),
        ("1900 was not a leap year.", 1.0),
        ("Between 2021-03-14 and 2021-03-24 there are 10 days.", 1.0),
        ("From 2021-03-14 to 2021-03-24 is 12 days.", 0.0),
    ],
)
def test_a_calendar_claim_is_checked(text: str, value: float) -> None:
    (seen,) = claims(text)
    assert seen.value == value
    assert seen.span is not None
    assert text[seen.span.start : seen.span.end] == seen.claim


@given(DATES, st.sampled_from(WEEKDAYS))
@settings(max_examples=60)
def test_a_weekday_claim_is_right_exactly_when_datetime_says_so(day: date, name: str) -> None:
    (seen,) = claims(f"I think {day.isoformat()} was a {name.capitalize()}.")
    assert seen.value == float(WEEKDAYS[day.weekday()] == name)
