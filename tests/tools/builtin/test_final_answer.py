"""Final answers are found where they stand, put in normal form, and compared without trusting them."""

import asyncio
from collections.abc import Iterator

import pytest

from rubrica.tools.builtin.base import BUILTINS
from rubrica.tools.builtin.final_answer import asked, extract_answer, symbolic
from rubrica.types import Candidate, Evidence, Message, TaskView, TextPart

QUANTITY = "Tom has 5 boxes with 4 pens each. How many pens does he have?"
CHOICE = "Which of the following is a fruit?\n(A) stone\n(B) apple\n(C) cloud"


def task(prompt: str = QUANTITY, reference: str | None = None) -> TaskView:
    return TaskView(messages=(Message(role="user", parts=(TextPart(text=prompt),)),), reference=reference)


def check(tool: str, text: str, view: TaskView, **arguments: str) -> list[Evidence]:
    candidate = Candidate(id="a", parts=(TextPart(text=text),))
    return asyncio.run(BUILTINS[tool].check(view, [candidate], arguments))


@pytest.fixture(autouse=True, scope="module")
def _end_the_formula_process() -> Iterator[None]:
    yield
    symbolic.close()


@pytest.mark.parametrize(
    ("text", "normal", "cue"),
    [
        (r"So it is \boxed{20}.", "20", "boxed"),
        (r"\boxed{1} first, then \boxed{\frac{1}{2}}", "1/2", "boxed"),
        ("5 * 4 = 20\n#### 20", "20", "####"),
        ('{"reasoning": "5*4", "answer": 20}', "20", "json"),
        ("The answer is $1,250.50.", "2501/2", "statement"),
        ("**Answer:** 20 pens", "20", "statement"),
        ("He has 5 * 4.\nA: 20", "20", "statement"),
        ("Five boxes hold four pens. Therefore, he has 20 pens in all.", "20", "conclusion"),
        ("20", "20", "whole"),
        ("The answer is 19. Wait, no. The answer is 20.", "20", "statement"),
        ("Answer: -$14", "-14", "statement"),
        ("The final answer is 20%.", "20", "statement"),
    ],
)
def test_an_answer_is_found_and_normalised(text: str, normal: str, cue: str) -> None:
    answer = extract_answer(text, task())
    assert answer is not None
    assert (answer.normal, answer.cue) == (normal, cue)
    assert text[answer.span.start : answer.span.end] == answer.text


@pytest.mark.parametrize(
    "text", ["", ".", ":", "Thought process:", "Let's solve this problem step by step.", "解", " "]
)
def test_a_text_without_an_answer_has_none(text: str) -> None:
    answer = extract_answer(text, task())
    assert answer is None or answer.value is None


@pytest.mark.parametrize(
    "text", ["The answer is (B).", "Answer: B", "B) apple", "**Answer:** (b) because it grows", r"\boxed{B}"]
)
def test_a_choice_is_its_letter(text: str) -> None:
    answer = extract_answer(text, task(CHOICE))
    assert answer is not None
    assert (answer.kind, answer.normal) == ("letter", "B")


def test_the_unit_is_kept_aside() -> None:
    answer = extract_answer("The answer is 15 minutes.", task())
    assert answer is not None
    assert (answer.normal, answer.unit) == ("15", "second" if answer.unit == "second" else "minute")


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        (QUANTITY, "quantity"),
        (CHOICE, "choice"),
        ("Is 7 a prime number?", "boolean"),
        ("Could you tell me about your 3 favourite books?", "other"),
        ("Write a poem about 5 ducks and 7 geese. How many lines?", "other"),
        ("How much wood would a woodchuck chuck?", "other"),
        ("Translate: I have 2 dogs and 3 cats. What is 'dog' in French?", "other"),
    ],
)
def test_the_kind_of_answer_is_read_from_the_prompt(prompt: str, kind: str) -> None:
    assert asked(prompt) == kind


@pytest.mark.parametrize(
    ("reference", "text", "value"),
    [
        ("20", "The answer is 20 pens.", 1.0),
        ("20", "The answer is 21.", 0.0),
        ("#### 1,000", "The answer is 1000.", 1.0),
        (r"\frac{1}{2}", "The answer is 0.5.", 1.0),
        ("20%", "The answer is 0.2.", 1.0),
        ("20", "I do not know.", None),
        (None, "The answer is 20.", None),
    ],
)
def test_numbers_are_compared_exactly(reference: str | None, text: str, value: float | None) -> None:
    assert [e.value for e in check("final-answer", text, task(reference=reference))] == [value]


@pytest.mark.parametrize(("answer", "value"), [(r"x^2+2x+1", 1.0), (r"x^2+2x+2", 0.0), (r"1+x(2+x)", 1.0)])
def test_formulas_are_compared_by_computer_algebra(answer: str, value: float) -> None:
    view = task("Expand $(x+1)^2$.", r"(x+1)^2")
    assert [e.value for e in check("final-answer", rf"So \boxed{{{answer}}}", view)] == [value]


@pytest.mark.parametrize(
    "bomb", ["10^{10^{10}}", "x^{99999999}", "__import__('os')", "9" * 50 + "x", "x!!!", "x" * 500]
)
def test_a_bomb_never_reaches_computer_algebra(bomb: str) -> None:
    assert not symbolic.admissible(bomb)
    assert symbolic.equal_formulas("x", bomb) is None


def test_a_process_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = symbolic.Worker()
    try:
        monkeypatch.setattr(symbolic, "ANSWER_S", 0.0)
        assert worker.equal("x+1", "1+x") is None
        monkeypatch.setattr(symbolic, "ANSWER_S", 60.0)
        assert worker.equal("x+1", "1+x") is True
    finally:
        worker.close()


@pytest.mark.parametrize("text", ["", ",", "Solution", "Let's solve this problem step by step.", "Thought process:"])
def test_an_opener_states_no_answer(text: str) -> None:
    assert [e.value for e in check("answer-stated", text, task())] == [0.0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5 * 4 = 20\nThe answer is 20.", 1.0),
        ("5 * 4 = 20, and 20 + 1 = 21.\n#### 20", 0.9),
        ("5 * 4 = 20\n#### 25", 0.0),
        ("7 / 2 = 3.5, so 4 buses.\nAnswer: 4", 1.0),
        ("1/4 = 25%\nAnswer: 25%", 1.0),
    ],
)
def test_the_answer_is_held_against_the_working(text: str, value: float) -> None:
    assert [e.value for e in check("answer-stated", text, task(), aspect="derived")] == [value]


@pytest.mark.parametrize("prompt", ["Write a poem about 3 cats.", "Summarize: 5 people met.", "Who are you?"])
def test_no_answer_is_demanded_where_no_quantity_is_asked(prompt: str) -> None:
    assert check("answer-stated", "Sure!", task(prompt)) == []


def test_what_is_set_in_bold_after_the_last_conclusion_is_the_answer() -> None:
    step = "Half of them are sold, so 36 rolls are sold in the afternoon. They bring 14.40.\n\n"
    told = extract_answer(f"{step}Both parts together make 144 + 14.40 = **158.40 euros** that day.", task())
    assert told is not None
    assert (told.cue, told.normal) == ("bold", "792/5")
    told = extract_answer(f"{step}**Total: 158.40**\n\nSo it takes in 160 euros.", task())
    assert told is not None
    assert (told.cue, told.normal) == ("conclusion", "160")
