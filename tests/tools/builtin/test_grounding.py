"""Particulars of an answer are looked up in the source that the task hands over."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin.coverage import changed, copied_runs, kept, salient_recall, support
from rubrica.tools.builtin.quotes import quotations, stands_in
from rubrica.tools.facts import dates, names, numbers
from rubrica.tools.passage import split_prompt
from rubrica.tools.text import read, stem
from rubrica.types import Evidence

Value = Callable[..., float | None]
SOURCE = (
    "The council of Port Ellis voted on 3 March 2019 to close the old harbour bridge. Engineer Mara Quist said the "
    "repair would cost $2.4 million and take 18 months. About 1,200 vehicles cross the bridge each day. Two ferries "
    "will run while the work goes on, and residents over sixty travel free."
)
PROMPT = f"Summarize the following article in two sentences.\n\nArticle: {SOURCE}"
GOOD = "Port Ellis will close its harbour bridge for 18 months. Mara Quist puts the repair at $2.4 million."
BAD = "Port Ellis will close its harbour bridge for 26 months. Nora Blake puts the repair at $9.1 million."


def test_the_passage_is_the_labelled_text() -> None:
    assert split_prompt(PROMPT).passage == SOURCE
    assert split_prompt(PROMPT).instruction.startswith("Summarize")


def test_particulars_of_the_source_are_grounded(value: Value) -> None:
    assert value("grounding", PROMPT, GOOD) == 1
    assert value("grounding", "When was it?", GOOD, context=(SOURCE,)) == 1


def test_what_the_source_does_not_say_is_listed_with_its_place(ask: Callable[..., list[Evidence]]) -> None:
    [evidence] = ask("grounding", PROMPT, BAD)
    assert evidence.data["missing"] == ["26", "Nora Blake", "9.1"]
    assert evidence.span is not None
    assert BAD[evidence.span.start : evidence.span.end] == "26"


@pytest.mark.parametrize("of", ["all", "numbers", "names", "dates"])
def test_without_a_source_nothing_can_be_told(value: Value, of: str) -> None:
    assert value("grounding", "How long is a marathon?", GOOD, of=of) is None


@pytest.mark.parametrize(
    ("answer", "of"),
    [
        ("About 1200 vehicles cross it.", "numbers"),
        ("2 ferries will run.", "numbers"),
        ("It happened on March 3, 2019.", "dates"),
        ("It happened in March 2019.", "dates"),
    ],
)
def test_other_ways_of_writing_are_the_same(value: Value, answer: str, of: str) -> None:
    assert value("grounding", PROMPT, answer, of=of) == 1


def test_another_number_of_the_same_thing_contradicts(ask: Callable[..., list[Evidence]]) -> None:
    [evidence] = ask("number-contradiction", PROMPT, "The repair will take 26 months.")
    assert evidence.value == 0
    assert "18" in evidence.detail
    assert "months" in evidence.detail
    [fine] = ask("number-contradiction", PROMPT, "The repair will take 18 months.")
    assert fine.value == 1


def test_a_year_at_the_end_of_a_sentence_has_no_unit() -> None:
    assert [part.unit for part in numbers("She came in 2019. Lisbon was cold.")] == [""]


def test_a_translation_is_not_held_to_the_words_of_its_source(value: Value) -> None:
    prompt = 'Translate into English: "Sie haben die Sitzung auf den nächsten Mittwoch im Dezember verlegt, um 14 Uhr."'
    assert value("grounding", prompt, "They moved the meeting to next Wednesday in December, at 14 hours.") == 1.0
    assert value("grounding", prompt, "They moved the meeting to next Wednesday in December, at 15 hours.") == 0.0


def test_a_title_is_no_source(value: Value) -> None:
    prompt = 'Summarise the paper "Slow Rivers and their Fast Fishes" by T. Okonkwo.'
    assert value("grounding", prompt, "I do not know it; Crossref or Google Scholar may.") is None


def test_numbers_carry_their_unit() -> None:
    assert [(n.key, n.unit) for n in numbers("$2.4 million, 18 months, 1,200 vehicles, 7%")] == [
        ("2400000", "$"),
        ("18", "month"),
        ("1200", stem("vehicle")),
        ("7", "%"),
    ]


def test_names_do_not_include_sentence_openers() -> None:
    found = {part.key for part in names("Yesterday we met Mara Quist of NASA. The weather was good in Lower Saxony.")}
    assert found == {"mara quist", "nasa", "lower saxony"}


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2099, 1, 1)))
def test_written_dates_are_found(day: date) -> None:
    assert dates(f"It was {day:%d %B %Y} when it began.")


def test_quotes_are_held_against_the_source(value: Value) -> None:
    assert value("quotes", PROMPT, 'It says "to close the old harbour bridge" plainly.') == 1
    assert value("quotes", PROMPT, 'It says "to open a brand new harbour bridge" plainly.') == 0
    assert value("quotes", PROMPT, "It says nothing.") is None


def test_an_elision_joins_two_true_pieces() -> None:
    assert stands_in("voted on 3 March 2019 ... close the old harbour", SOURCE)
    assert not stands_in("voted on 3 March 2019 ... open the old harbour", SOURCE)


@given(st.integers(0, 40), st.integers(3, 12))
def test_any_run_of_source_words_stands_in_it(start: int, length: int) -> None:
    words = SOURCE.split()
    assert stands_in(" ".join(words[start : start + length]), SOURCE)


def test_short_quotation_marks_are_no_quotation() -> None:
    assert quotations('He said "yes".') == []


def test_the_source_itself_covers_everything() -> None:
    text = read(SOURCE)
    assert salient_recall(text, text) == pytest.approx(1)
    assert support(text, text)[0] == pytest.approx(1)
    assert kept(text, text) == 1
    assert changed(text, text) == 0
    assert copied_runs(text, text) == [len(text.words)]


def test_the_least_supported_sentence_is_the_span(ask: Callable[..., list[Evidence]]) -> None:
    [evidence] = ask("coverage", PROMPT, f"{GOOD} Whales sing at night.", of="support")
    assert evidence.span is not None
    assert evidence.span.text == "Whales sing at night."


ASPECTS = ["salient", "lead", "support", "novelty", "copying", "density", "kept", "changed", "compression"]


@pytest.mark.parametrize("of", ASPECTS)
@pytest.mark.parametrize("answer", ["", "x", GOOD, SOURCE * 3, "a " * 50_000, "the old harbour " * 6000])
def test_every_relation_is_a_share(value: Value, of: str, answer: str) -> None:
    found = value("coverage", PROMPT, answer, of=of)
    assert found is None or 0 <= found <= 1


@pytest.mark.parametrize("tool", ["grounding", "number-contradiction", "quotes"])
@pytest.mark.parametrize("piece", ["1 month ", "March ", "Mara ", '"', "> ", "1,", "$", "18 months of 2019 "])
def test_hostile_answers_are_read_in_linear_time(value: Value, tool: str, piece: str) -> None:
    found = value(tool, PROMPT, piece * (100_000 // len(piece)))
    assert found is None or 0 <= found <= 1


def test_code_is_not_held_to_the_numbers_and_quotations_of_a_source(value: Value) -> None:
    prompt = f"Write a Python function that returns the toll, as in this text.\n\nText: {SOURCE}"
    code = "```python\ndef toll(n):\n    if n > 26:  # 26 months\n        return 'a toll that nobody has'\n```"
    assert value("number-contradiction", prompt, code) is None
    assert value("quotes", prompt, code.replace("'", '"')) is None


def test_the_mark_of_a_list_item_is_no_number(value: Value) -> None:
    listed = "1. Bridge closes\n2. Ferries run\n3. months of work: 18\n4. 18 months"
    assert value("number-contradiction", PROMPT, listed) == 1


def test_a_name_that_lost_its_space_in_the_source_is_known(value: Value) -> None:
    context = ("The pump was made by Tarn Velloworks'21, said Ona Birk, and it ran on the quay.",)
    assert value("grounding", "Who made it?", "It was made by Tarn Vello, says Ona Birk.", context=context) == 1


@pytest.mark.parametrize(
    ("said", "grounded"),
    [
        ("More than 1,000 vehicles cross the bridge.", True),
        ("About 1,250 vehicles cross the bridge.", True),
        ("Fewer than 1,500 vehicles cross the bridge.", True),
        ("More than 3,000 vehicles cross the bridge.", False),
        ("About 1,600 vehicles cross the bridge.", False),
        ("1,000 vehicles cross the bridge.", False),
    ],
)
def test_a_rounded_number_is_held_to_what_it_rounds(value: Value, said: str, grounded: bool) -> None:
    assert (value("grounding", PROMPT, said) == 1) is grounded
    assert (value("number-contradiction", PROMPT, said) == 1) is grounded


def test_a_number_that_a_tokeniser_took_apart_is_one(value: Value) -> None:
    prompt = PROMPT.replace("1,200", "1, 200").replace("2.4", "2. 4")
    assert value("grounding", prompt, "It costs $2.4 million, and 1,200 vehicles cross it daily.") == 1
    assert value("number-contradiction", prompt, "Each day 1,200 vehicles cross it.") == 1


@pytest.mark.parametrize("written", ["2019-03-03", "2019.03.03", "2019/03/03"])
def test_a_date_in_numbers_is_the_date_in_words(value: Value, written: str) -> None:
    prompt = PROMPT.replace("3 March 2019", written)
    assert value("grounding", prompt, "Port Ellis voted on 3 March 2019.") == 1
    assert value("grounding", prompt, "Port Ellis voted on 4 March 2019.") != 1


def test_a_date_counts_once(ask: Callable[..., list[Evidence]]) -> None:
    [evidence] = ask("grounding", PROMPT, "On 9 July 2021 the council of Port Ellis voted.")
    assert evidence.data["missing"] == ["9 July 2021"]
    assert evidence.value == pytest.approx(1 / 2)


def test_a_name_in_another_number_is_known(value: Value) -> None:
    assert value("grounding", PROMPT, "Most people of the town like all Bridges.") == 1


def test_the_numbers_of_a_date_count_nothing(value: Value) -> None:
    prompt = (
        "Convert to CSV with ISO dates.\n\nText: Ada Quill came on 4 May 2020 Ada left on 12 June 2023 Ada is well."
    )
    assert value("number-contradiction", prompt, "2020-05-04 Ada Quill\n2023-06-12 Ada Quill") is None
    counted = "Make a table.\n\nText: Since 4 May 2020 the mill has had 14 looms and a dye house by the river."
    assert value("number-contradiction", counted, "2020-05-04 | 19 looms") == 0
    bare = "Summarise.\n\nText: The valley had 1800 residents at the time of the flood, and a single doctor."
    assert value("number-contradiction", bare, "It had 1600 residents.") == 0
