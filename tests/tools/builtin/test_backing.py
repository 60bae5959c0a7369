"""What a final answer rests on."""

import asyncio

import pytest

from rubrica.tools.builtin import steps  # noqa: F401  # registers the tools
from rubrica.tools.builtin.base import BUILTINS
from rubrica.types import Candidate, Evidence, Message, TaskView, TextPart

STORY = (
    "Ralph trades 2 old records for 1 new one. Five people leave with 7 new records. How many old ones did they bring?"
)
ABSTRACT = "Find the number of integers $n$ with $n^2 - 3n + 2 < 0$ and $n > -5$, and give it as one integer."


def check(tool: str, text: str, prompt: str = STORY, aspect: str | None = None) -> list[Evidence]:
    view = TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),))
    arguments = {"aspect": aspect} if aspect else {}
    return asyncio.run(BUILTINS[tool].check(view, [Candidate(id="a", parts=(TextPart(text=text),))], arguments))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("They leave with 7 new records, so they brought 7 * 2 = 14.\n\nAnswer: 14", 1.0),
        ("Let n be the old records. Then n / 2 - 7 = 0, so 2 * 7 - n = 0 and 14 - n = 0.\nAnswer: 14", 1.0),
        ("They got 7 new records at 2 old ones each, and so they came with 14 in all.\nAnswer: 14", 0.8),
        ("In the first bag were 5, in the second 6 and in the third 9, which sums up to 20 in all.\nAnswer: 20", 0.8),
        ("We multiply the new records by the price of each and get how many old ones they brought.\nAnswer: 14", 0.0),
        ("They leave with 7 new records, so they brought 7 * 2 = 14 old ones, I think.\nAnswer: 10", 0.0),
        ("One needs 77 seats and a bus has 5, so 77 / 5 = 15.4 buses are needed, that is\nAnswer: 16", 1.0),
    ],
)
def test_the_ways_in_which_an_answer_is_backed(text: str, value: float) -> None:
    (seen,) = check("answer-backed", text)
    assert seen.value == value


def test_an_amount_of_money_is_not_rounded_on_the_way_to_the_answer() -> None:
    prompt = "Three friends share a bill of $20.25 and a ride for $33.10 each. How much did they pay together?"
    (cut,) = check("answer-backed", "They pay 20.25 + 3 * 33.10 = 119.55 for it all.\nAnswer: 119", prompt)
    (whole,) = check("answer-backed", "They pay 20.25 + 3 * 33.10 = 119.55 for it all.\nAnswer: 119.55", prompt)
    assert (cut.value, whole.value) == (0.0, 1.0)


def test_pure_mathematics_may_be_shown_in_words() -> None:
    (seen,) = check(
        "answer-backed", "Between its two roots there is no whole number at all, hence none.\nAnswer: 0", ABSTRACT
    )
    assert seen.value == 0.5


@pytest.mark.parametrize("text", ["14", "Answer: 14", "I do not know how many they were able to bring with them."])
def test_a_bare_answer_and_none_at_all_say_nothing(text: str) -> None:
    assert check("answer-backed", text) == []


@pytest.mark.parametrize("prompt", ["What is 75+48?", "Write a story about a boy who counts his 12 sheep and 4 dogs."])
def test_other_prompts_are_left_alone(prompt: str) -> None:
    assert check("answer-backed", "It is plain that one gets, after some thought, 123.", prompt) == []


@pytest.mark.parametrize(
    ("prompt", "answer", "value"),
    [
        ("Tom has 30 roses and buys 4 boxes with 6 each for his garden. How many roses does he have?", "54", 1.0),
        ("Tom has 30 roses and buys 4 boxes with 6 each for his garden. How many roses does he have?", "52.67", 0.0),
        ("Tom has $1.25 and gets 3 times as much from his uncle and 2 aunts. How much does he have?", "8.75", 0.8),
        ("Tom has $100 and loses 5% of it, then he gets 3 more from an aunt. How much does he have?", "97.5", 0.4),
        (
            "Tom has 30 roses, of which a third of the white ones wilt on 2 days. How many are left of them?",
            "12.5",
            0.4,
        ),
    ],
)
def test_an_exercise_comes_out_as_even_as_its_numbers(prompt: str, answer: str, value: float) -> None:
    (seen,) = check("word-problem", f"The answer is {answer}.", prompt, "even")
    assert seen.value == value


def test_an_average_need_not_come_out() -> None:
    prompt = "Tom ran 3 miles, then 4 miles, then 3 miles on three days. What is the average number of miles a day?"
    assert check("word-problem", "The answer is 3.33.", prompt, "even") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("7 * 2 = 14. 14 + 5 = 19.\nAnswer: 19", 1.0),
        ("7 * 2 = 14. 7 + 5 = 12.\nAnswer: 12", 0.5),
        ("20% of 50 = 10%. That is 0.1 of it. 5 * 2 = 10.\nAnswer: 10", 1.0),
    ],
)
def test_a_result_that_nobody_uses_is_told(text: str, value: float) -> None:
    (seen,) = check("word-problem", text, aspect="uses")
    assert seen.value == value


def test_working_with_unknowns_is_not_followed() -> None:
    assert check("word-problem", "7 * 2 = 14. 3 + 5 = 8. x + 14 = 20.\nAnswer: 6", aspect="uses") == []
