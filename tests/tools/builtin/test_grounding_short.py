"""Short answers, spelled-out measures and derived numbers are held to their source as they should be."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.passage import split_prompt
from rubrica.types import Evidence

Ask = Callable[..., list[Evidence]]
Value = Callable[..., float | None]
STORY = "Passage: Mira took the violin to Herr Lang, who asked for {weeks} weeks and {crowns} crowns.\n\n{q}"
WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@given(said=st.sampled_from(WORDS), true=st.sampled_from(WORDS))
def test_a_spelled_out_measure_is_looked_up(ask: Ask, said: str, true: str) -> None:
    prompt = STORY.format(weeks=true, crowns="twenty", q="Question: How long did he need?")
    assert ask("grounding", prompt, f"He asked for {said} weeks.")[0].value == float(said == true)


def test_a_count_of_the_answers_own_is_not_looked_up(value: Value) -> None:
    prompt = STORY.format(weeks="three", crowns="twenty", q="Question: Why?")
    assert value("grounding", prompt, "There are two reasons for it.") is None


@pytest.mark.parametrize(("answer", "wanted"), [("Herr Lang.", 1.0), ("Herr Braun.", 0.0), ("Not stated.", None)])
def test_an_answer_may_be_nothing_but_a_name(value: Value, answer: str, wanted: float | None) -> None:
    prompt = STORY.format(weeks="three", crowns="twenty", q="Question: Who has the violin?")
    assert value("grounding", prompt, answer) == wanted


@given(found=st.integers(20, 90), fixed=st.integers(3, 19), off=st.integers(0, 3))
def test_a_difference_of_the_sources_numbers_is_not_invented(ask: Ask, found: int, fixed: int, off: int) -> None:
    prompt = (
        f"Text: The test run found {found} defects in all, {fixed} of which are fixed.\n\nQuestion: How many are open?"
    )
    left = found - fixed + off
    if left in (found, fixed):
        return
    got = ask("grounding", prompt, f"It found {found} and {fixed} are fixed, so {left} are open.")[0].value
    assert (got == 1) == (off == 0)


@given(n=st.integers(1, 9), mark=st.sampled_from(["{}. ", "{}) ", "**{}.** ", "## {}. "]))
def test_the_numbers_of_a_list_are_its_own(ask: Ask, n: int, mark: str) -> None:
    prompt = STORY.format(weeks="three", crowns="twenty", q="Question: List what happened.")
    answer = "\n".join(mark.format(i) + "She took the violin to Herr Lang." for i in range(1, n + 1))
    assert ask("grounding", prompt, answer)[0].value == 1
    assert ask("grounding", prompt, answer + "\nIt was 1987.")[0].value != 1


def test_code_has_numbers_of_its_own(value: Value) -> None:
    prompt = "Write a function `chunk(xs, n)`:\n\nInput: chunk([1, 2, 3], 2)\nOutput: [[1, 2], [3]]"
    assert (
        value("grounding", prompt, "def chunk(xs, n):\n    return [xs[i:i + n] for i in range(0, len(xs), n)]") is None
    )


def test_a_sentence_may_be_mostly_a_name(value: Value) -> None:
    prompt = STORY.format(weeks="three", crowns="twenty", q="Question: Who has the violin?")
    assert value("grounding", prompt, "The maker is Henrik Olsen.") == 0


def test_an_answer_that_abstains_misses_no_kind(value: Value) -> None:
    prompt = STORY.format(weeks="three", crowns="twenty", q="Who is the director? If you cannot find it, say so.")
    assert value("answers-question", prompt, "The text does not say who the director is.") is None
    assert value("parts", prompt, "The director is Olsen.") is None


@pytest.mark.parametrize(
    "code",
    [
        "def gcd(a, b):\n    while b:\n        a, b = b, a % b\n    return a",
        "x = 1\ny = 2\nfor i in range(9):\n    x = a",
    ],
)
def test_code_without_a_fence_does_not_break_off(value: Value, code: str) -> None:
    assert value("truncation", "Write gcd in Python.", code) == 1


@pytest.mark.parametrize("command", ["Summarize:", "Please translate this into French:", "Rewrite in plain English:"])
def test_what_follows_a_command_and_a_colon_is_the_passage(command: str) -> None:
    text = "Quarterly report: Revenue rose 12% to $418 million. Profit fell to $44 million."
    found = split_prompt(f"{command}\n{text}")
    assert (found.instruction, found.passage) == (command, text)
