"""Final answers in the ways people give them: a choice in words, a gloss beside the value, a count, a reciprocal."""

from collections.abc import Callable

import pytest

from rubrica.tools.builtin.final_answer.extract import extract

Value = Callable[..., float | None]
Ask = Callable[..., list[object]]

CHOICE = "Which of the following is the capital of France?\nA) Lyon\nB) Nice\nC) Paris\nD) Lille"
TANK = "Pipe A fills a tank in 3 hours, pipe B fills it in 6 hours. How long do both of them take to fill it together?"


@pytest.mark.parametrize(
    "text",
    [
        "I think it is Paris, so C.",
        "I would go with C.",
        "Answer: I would choose (C).",
        "The answer is I think C.",
        "So I, for one, choose C.",
        "Therefore, I'm confident in C.",
        "Lyon is not the capital. Nice is not. Paris has the ministries, which matches option C.",
        "A is wrong. B is wrong. D is wrong. That leaves C.",
    ],
)
def test_a_choice_in_a_sentence_is_its_letter(text: str) -> None:
    answer = extract(text, "choice")
    assert answer is not None
    assert answer.normal == "C"


@pytest.mark.parametrize(("text", "letter"), [("The answer is I.", "I"), ("(I)", "I"), ("Option I is right.", "I")])
def test_an_option_may_be_called_i(text: str, letter: str) -> None:
    answer = extract(text, "choice")
    assert answer is not None
    assert answer.normal == letter


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lyon is a large city in the east.\nNice lies at the sea.\nThe government sits in Paris.", 0.5),
        ("Lyon lies in the east of it.\nThe ministries are all in one city.\nThis matches option C.", 0.5),
        ("There are several large cities here.\nEach has its merits.\nIt is hard to say which is meant.", 0.0),
        ("Lyon and Paris are large cities.\nBoth lie on a river.\nIt could be Lyon or Paris as well.", 0.0),
    ],
)
def test_a_choice_named_at_the_end_is_stated(value: Value, text: str, expected: float) -> None:
    assert value("answer-stated", CHOICE, text, aspect="stated") == expected


@pytest.mark.parametrize(
    "text",
    [
        "5 of 36 outcomes. The probability is **5/36**, about 13.9 percent.",
        "5 of 36 outcomes. So the probability is **5/36** (approximately 0.139).",
        "5 of 36 outcomes.\n\n**5/36**, about **13.9 percent**.",
        "So the chance is 5/36, or roughly 14%.",
    ],
)
def test_a_gloss_is_not_the_answer(text: str) -> None:
    answer = extract(text, "quantity")
    assert answer is not None
    assert answer.normal == "5/36"


@pytest.mark.parametrize(
    ("prompt", "text", "wrong"),
    [
        ("Solve x^2 = 9 for x and tell me about it.", "x = 9/3 = 3 and x = -9/3 = -3, hence 2 values.", False),
        ("Solve x^2 = 9 for x and tell me about it.", "x = 9/3 = 3 and x = -9/3 = -3, hence there are 2 roots.", False),
        (TANK, "Together 1/3 + 1/6 = 1/2 of the tank per hour. So it takes 2 hours.", False),
        (TANK, "Together 1/3 + 1/6 = 1/2 of the tank per hour. So it takes 5 hours.", True),
        ("What is 250000 - 196250 to the nearest 1000?", "250,000 - 196,250 = 53,750. Rounded: 54,000.", False),
        (
            "What is 250000 - 196250 to the nearest 1000?",
            "250,000 - 196,250 = 53,750. Rounded, the answer is 55,000.",
            True,
        ),
        ("How much is 30 - 24, please?", "30 - 24 = 6. So the answer is 8.", True),
    ],
)
def test_what_follows_from_the_working_is_not_called_wrong(ask: Ask, prompt: str, text: str, wrong: bool) -> None:
    found = [seen.value for seen in ask("answer-stated", prompt, text, aspect="derived")]  # type: ignore[attr-defined]
    assert (0.0 in found) is wrong
