"""Word problems: which quantities are used, and whether the answer can be what it says."""

import asyncio

import pytest

from rubrica.tools.builtin import steps  # noqa: F401  # registers the tool
from rubrica.tools.builtin.base import BUILTINS
from rubrica.types import Candidate, Evidence, Message, TaskView, TextPart

PROMPT = (
    "Maria had 30 roses. She gave 24 roses to her mother and then bought twice as many as 4 tulips cost dollars. "
    "How many roses does she have now?"
)


def check(text: str, aspect: str, prompt: str = PROMPT) -> list[Evidence]:
    view = TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),))
    return asyncio.run(
        BUILTINS["word-problem"].check(view, [Candidate(id="a", parts=(TextPart(text=text),))], {"aspect": aspect})
    )


def test_the_share_of_quantities_put_to_work_is_reported() -> None:
    (all_used,) = check("30 - 24 = 6. 2 * 4 = 8. 6 + 8 = 14.", "quantities")
    (some,) = check("30 - 24 = 6.", "quantities")
    assert all_used.value == 1.0
    assert some.value == 0.5
    assert some.detail == "not used: twice, 4"


def test_too_few_operations_lower_the_degree() -> None:
    (few,) = check("30 - 24 = 6.", "operations")
    assert few.value == pytest.approx(1 / 3)


def test_an_answer_without_calculation_is_not_a_result() -> None:
    (seen,) = check("It is clear. The answer is 14.", "result")
    assert seen.value == 0.0


def test_a_number_from_nowhere_is_shown() -> None:
    (seen,) = check("30 - 24 = 6. 6 + 17 = 23.", "sources")
    assert seen.value == 0.75
    assert seen.span is not None
    assert seen.span.text == "17"


@pytest.mark.parametrize(
    ("company", "strange"),
    [("5 of her friends", False), ("five friends", False), ("5 pumpkins", True)],
)
def test_whoever_brings_company_counts_too(company: str, strange: bool) -> None:
    prompt = f"Ines and {company} share a bill of 420 dollars for 2 rooms. How much does each person pay?"
    (seen,) = check("420 / 6 = 70.", "sources", prompt)
    assert (seen.value < 1) is strange


@pytest.mark.parametrize(("answer", "values"), [("14", [1.0, 1.0]), ("13.5", [0.0, 1.0]), ("-2", [1.0, 0.0])])
def test_a_count_is_whole_and_not_negative(answer: str, values: list[float]) -> None:
    assert [seen.value for seen in check(f"The answer is {answer}.", "plausible")] == values


@pytest.mark.parametrize(
    "prompt",
    [
        "What is 75+48?",
        "Write a story about 3 pigs and 2 wolves in which they count how many houses there are in the village.",
        "Find the number of integers between 10 and 50 that are divisible by 3 and 4, please, and explain it all.",
        r"If $x + y = 10$ and $x - y = 4$, what is the value of $x$, given that both of them are positive numbers?",
    ],
)
def test_other_prompts_are_left_alone(prompt: str) -> None:
    assert check("30 - 24 = 6. The answer is 6.", "all", prompt) == []
