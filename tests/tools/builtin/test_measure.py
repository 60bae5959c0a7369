"""Every measure is bounded, monotone in what it counts, and comparable within a group."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.tools.measures import MEASURES, STRETCHES, squash
from rubrica.tools.measuring import measure_text
from rubrica.types import Evidence

Value = Callable[..., float | None]
Ask = Callable[..., list[Evidence]]


@settings(max_examples=60)
@given(st.text(max_size=200), st.text(max_size=60), st.text(max_size=60))
def test_every_measure_of_any_text_lies_in_the_unit_interval(text: str, prompt: str, source: str) -> None:
    found = measure_text(text, prompt, source)
    assert set(found) <= set(MEASURES)
    assert all(0 <= squash(name, raw) <= 1 for name, raw in found.items())


@given(st.sampled_from(sorted(MEASURES)), st.floats(0, 1000), st.floats(0, 1000))
def test_the_map_is_monotone(name: str, one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert squash(name, low) <= squash(name, high)


@pytest.mark.parametrize(
    ("of", "less", "more"),
    [
        ("words", "one two", "one two three"),
        ("sentences", "One went. Dr. Two stayed.", "One went. Two stayed. Three slept."),
        ("paragraphs", "one", "one\n\ntwo"),
        ("bullets", "a - b", "- a\n- b"),
        ("numbered", "in 1999. yes", "1. a\n2. b"),
        ("headings", "#tag", "# Title"),
        ("bold", "2 * 3 ** 4", "a **bold** word"),
        ("code_blocks", "`x`", "```\nx\n```"),
        ("links", "see http", "see https://example.org"),
        ("equations", "a == b", "so 3 * 4 = 12"),
        ("questions", "Why.", "Why?"),
        ("numbers", "seven", "7 of 12"),
        ("names", "the river", "We saw the Rhine"),
        ("hedge", "It will rain.", "Perhaps it will rain, I think."),
        ("example", "It is a tree.", "Trees, for example oaks."),
        ("apology", "No.", "Sorry, no."),
        ("second_person", "They go.", "You go."),
        ("type_token", "a a a a", "a b c d"),
        ("mean_word", "a an it", "elephant elevator"),
        ("ends_properly", "It was the", "It was."),
        ("imperatives", "We mix it.", "Mix the flour."),
        ("starts_yes_no", "Perhaps.", "Yes, it is."),
        ("uppercase_share", "quiet", "LOUD"),
        ("repeated", "apple pear plum", "apple apple apple"),
        ("length_2_to_8", "one two", "one two three four"),
        ("length_8_to_32", "w " * 10, "w " * 20),
        ("length_128_to_512", "w " * 150, "w " * 300),
        ("starts_article", "Tea is hot.", "The tea is hot."),
        ("starts_self", "It rains.", "I'm sure it rains."),
        ("starts_pointing", "Rain falls.", "It rains."),
        ("starts_lead_in", "Rain falls.", "Sure, rain falls."),
        ("starts_number", "Two cats.", "2 cats."),
        ("starts_quote", "So it is.", "“So it is.”"),
    ],
)
def test_a_text_with_more_of_it_measures_more(value: Value, of: str, less: str, more: str) -> None:
    assert value("measure", "", less, of=of) < value("measure", "", more, of=of)


@pytest.mark.parametrize("of", ["mean_sentence", "type_token", "hedge", "prompt_recall"])
def test_an_empty_text_leaves_ratios_undefined(value: Value, of: str) -> None:
    assert value("measure", "Where is the harbour?", "", of=of) is None


def test_overlap_with_prompt_and_source(value: Value) -> None:
    prompt = "Where is the old harbour bridge?"
    assert value("measure", prompt, "The old harbour bridge is north.", of="prompt_recall") == 1
    assert value("measure", prompt, "Whales sing.", of="prompt_recall") == 0
    assert value("measure", prompt, "Whales sing.", of="source_share") is None
    assert value("measure", prompt, "Whales sing.", of="source_share", context=("Whales sing at night.",)) == 1


@pytest.mark.parametrize("words", [2, 5, 11, 40, 99, 300, 700])
def test_each_doubling_of_a_text_moves_its_length_alike(words: int) -> None:
    """The stretches together are a logarithm: their sum grows by the same step, short or long."""

    def told(n: int) -> float:
        found = measure_text("w " * n)
        return sum(found[name] for name in STRETCHES)

    assert told(2 * words + 1) - told(words) == pytest.approx(0.5)


def test_a_first_word_of_the_prompt_is_told(value: Value) -> None:
    assert value("measure", "Why do whales sing?", "Whales sing to meet.", of="starts_prompt_word") == 1
    assert value("measure", "Why do whales sing?", "Singing carries far.", of="starts_prompt_word") == 0
    assert value("measure", "Why do whales sing?", "Do they?", of="starts_prompt_word") == 0


def test_the_group_is_ranked_with_ties_at_the_middle(ask: Ask) -> None:
    found = ask("compare", "", "a b c", "a", "a", of="words")
    assert [evidence.value for evidence in found] == [1, 0.25, 0.25]
    assert [evidence.value for evidence in ask("compare", "", "a b", "c d", of="words")] == [0.5, 0.5]
    assert [evidence.value for evidence in ask("compare", "", "alone", of="words")] == [None]


@pytest.mark.parametrize(
    "piece", ["a ", "A. ", "\n", "**", "`", "- ", "1. ", '"', "“", "$", "](", "|", "x = ", "perhaps "]
)
def test_hostile_texts_are_measured_in_linear_time(piece: str) -> None:
    assert measure_text(piece * (100_000 // len(piece)), "Why?")["characters"] > 90_000
