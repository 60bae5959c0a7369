"""An answer is held against the subject, the kind and the parts of what was asked."""

from collections.abc import Callable

import pytest

from rubrica.tools.builtin.relevance import expected, parts, subject
from rubrica.types import Evidence

Value = Callable[..., float | None]
PROMPT = "How do I clean a copper kettle?"


def test_the_subject_leaves_out_words_of_command() -> None:
    assert subject("Please write a short list about copper kettles") == subject("copper kettle")


def test_an_answer_on_the_subject_beats_one_off_it(value: Value) -> None:
    on = "Rub the copper with lemon and salt to clean it, then rinse the kettle."
    off = "Sharpen a steel knife on a wet stone at a low angle."
    for of in ("recall", "focus", "opening"):
        assert value("relevance", PROMPT, on, of=of) > value("relevance", PROMPT, off, of=of)


def test_focus_counts_sentences_and_is_silent_about_a_few_words(ask: Callable[..., list[Evidence]]) -> None:
    strays = "Rub the copper with lemon. My uncle has a boat. He sails it in June."
    [evidence] = ask("relevance", PROMPT, strays, of="focus")
    assert evidence.value == pytest.approx(1 / 3)
    assert evidence.detail == "1 of 3 sentences do"
    [short] = ask("relevance", PROMPT, "With lemon and salt.", of="focus")
    assert short.value is None


def test_what_is_not_taken_up_is_listed(ask: Callable[..., list[Evidence]]) -> None:
    [evidence] = ask("relevance", PROMPT, "Rub the kettle with salt.")
    assert set(evidence.data["missing"]) == set(subject("clean copper"))


def test_telling_words_separate_like_questions(value: Value) -> None:
    prompt = "Who was the first mayor of Rotterdam?"
    assert value("relevance", prompt, "The first mayor of Rotterdam was Jan.", of="rarest") == 1
    assert value("relevance", prompt, "The first mayor of Utrecht was Jan.", of="rarest") < 1


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("How many legs has a spider?", "quantity"),
        ("When did the war end?", "time"),
        ("Who wrote this opera?", "person"),
        ("In which country is the lake?", "place"),
        ("Is glass a liquid?", "yes-no"),
        ("Why is the sea salty?", "reason"),
        ("Which is a fish?\n(A) otter (B) trout (C) newt", "option"),
        ("Write a poem.", None),
        ("What is love? And who cares?", None),
    ],
)
def test_the_form_of_a_question_says_what_it_wants(prompt: str, kind: str | None) -> None:
    assert expected(prompt) == kind


@pytest.mark.parametrize(
    ("prompt", "answer", "wanted"),
    [
        ("How many legs has a spider?", "Eight, as all arachnids.", 1.0),
        ("How many legs has a spider?", "Spiders live in webs.", 0.0),
        ("When did the war end?", "It ended in 1648.", 1.0),
        ("When did the war end?", "It was a long and bitter war.", 0.0),
        ("Which is a fish?\n(A) otter (B) trout (C) newt", "The trout is.", 1.0),
        ("Which is a fish?\n(A) otter (B) trout (C) newt", "None that I know.", 0.0),
        ("Which is a fish?\n(A) otter (B) trout (C) newt", "(B)", 1.0),
        ("Is glass a liquid?", "No, it is an amorphous solid.", 1.0),
        ("Describe a lake.", "It is wide.", None),
    ],
)
def test_the_answer_holds_the_kind_of_thing_asked(value: Value, prompt: str, answer: str, wanted: float | None) -> None:
    assert value("answers-question", prompt, answer) == wanted


def test_a_request_is_split_into_its_parts() -> None:
    assert len(parts("What is rust? How does paint protect steel?")) == 2
    assert len(parts("Name a river and explain how locks work.")) == 2
    assert len(parts("What is rust?")) == 1


def test_a_part_left_open_lowers_the_value(value: Value) -> None:
    prompt = "What is rust? How does paint protect a bridge?"
    full = "Rust is oxidised iron. Paint protects the bridge by keeping water off."
    assert value("parts", prompt, full) == 1
    assert value("parts", prompt, "Rust is oxidised iron.") <= 0.5
    assert value("parts", "What is rust?", full) is None


@pytest.mark.parametrize("tool", ["relevance", "answers-question", "parts"])
@pytest.mark.parametrize("piece", ["a ", "\n", "A) ", "? ", "; ", "and what "])
def test_hostile_texts_are_read_in_linear_time(value: Value, tool: str, piece: str) -> None:
    text = piece * (100_000 // len(piece))
    found = value(tool, text, text)
    assert found is None or 0 <= found <= 1


@pytest.mark.parametrize(
    ("prompt", "answer", "wanted"),
    [
        (
            "Is 91 prime? Explain your reasoning.",
            "No, 91 is not prime. It equals 7 times 13, therefore it has divisors other than 1 and itself.",
            1.0,
        ),
        ("What is a verb? Give three examples.", "A verb names an action:\n- run\n- eat\n- sleep", 1.0),
        ("What is the capital of France? Name three French cities.", "Paris.\n1. Lyon\n2. Nice\n3. Lille", 0.5),
        ("What is rust? Explain tunnelling in semiconductors.", "Rust is iron oxide, because iron meets water.", 0.5),
        ("Is 91 prime? Explain your reasoning.", "91: not prime.", 0.5),
    ],
)
def test_an_act_that_is_shown_counts_as_covered(value: Value, prompt: str, answer: str, wanted: float) -> None:
    assert value("parts", prompt, answer) == wanted


@pytest.mark.parametrize(
    "prompt",
    [
        "You are given some reviews for a movie. Rewrite the sentence and keep it clear.",
        "I love physics. I was given a book about it last year. What should I read next?",
        "What is the best river? Or which lake do you like?",
        "I will tell you a fact about bees. Do you understand?",
    ],
)
def test_statements_manner_and_alternatives_are_no_parts(prompt: str) -> None:
    assert len(parts(prompt)) <= 1


def test_only_what_asks_for_content_is_named_as_open(ask: Callable[..., list[Evidence]]) -> None:
    prompt = "I'm writing a guide for hikers. Describe the glacier above Zermatt. Name three alpine flowers."
    [lacking] = ask("parts", prompt, "- edelweiss\n- gentian\n- alpine rose: these flowers grow in the mountains")
    assert "open: Describe the glacier" in lacking.detail
    [whole] = ask(
        "parts", prompt, "The glacier above Zermatt is long.\n- edelweiss\n- gentian\n- arnica, alpine flowers"
    )
    assert "open:" not in whole.detail


def test_a_question_that_the_text_leaves_open_is_not_called_open(ask: Callable[..., list[Evidence]]) -> None:
    prompt = 'Text: "The tram was built in 1931 in Graz." How long is the tram? How much does it weigh?'
    [found] = ask("parts", prompt, "The text says nothing about how long the tram is, nor about its mass.")
    assert "open:" not in found.detail
