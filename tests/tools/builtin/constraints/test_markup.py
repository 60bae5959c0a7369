"""Tags, line patterns, fences, table sizes and plain text: found in a prompt, and decided on built answers."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin.constraints import Bound, Constraint, extract, verify

WORD = st.text(string.ascii_lowercase, min_size=2, max_size=8)
TAG = WORD.filter(lambda word: word not in ("html", "xml", "svg", "jsx"))


def only(prompt: str, kind: str) -> Constraint:
    found = [one for one in extract(prompt) if one.kind == kind]
    assert len(found) == 1, [one.describe() for one in extract(prompt)]
    return found[0]


@given(tag=TAG, inside=WORD, before=WORD)
def test_a_tag_is_there_or_not(tag: str, inside: str, before: str) -> None:
    one = only(f"Put your final result inside <{tag}></{tag}> tags.", "tagged")
    assert verify(one, f"{before} <{tag}>{inside}</{tag}>").value == 1
    assert verify(one, f"{before} {inside}").value == 0
    assert verify(one, f"{before} <{tag}> </{tag}>").value == 0
    assert verify(one, f"{before} <{tag}>{inside}").value == 0


def test_several_tags_are_several_demands() -> None:
    prompt = "Enclose your reasoning and the answer within <think> </think> and <answer> </answer> tags, respectively."
    assert [one.texts for one in extract(prompt)] == [("think",), ("answer",)]


@pytest.mark.parametrize(
    "prompt",
    [
        "Summarize the text between <note> and </note> tags. <note>"
        + "Keep it under 10 words, please. " * 4
        + "</note>",
        "Write an HTML page in which the title stands inside <h1></h1> tags.",
        "What does the <b></b> tag do?",
    ],
)
def test_the_tags_of_material_and_of_markup_are_no_demand(prompt: str) -> None:
    assert [one.kind for one in extract(prompt) if one.kind in ("tagged", "words")] == []


@given(label=WORD, value=WORD, slot=st.sampled_from(["<letter>", "[letter]", "$LETTER", "{letter}"]))
def test_a_line_keeps_to_its_pattern(label: str, value: str, slot: str) -> None:
    one = only(f"End with one line in the format '{label.title()}: {slot}'.", "line_pattern")
    assert verify(one, f"Some text.\n{label.title()}: {value}").value == 1
    assert verify(one, f"Some text.\n**{label.title()}:** {value}").value == 1
    assert verify(one, f"Some text.\nit is {value}").value == 0
    assert verify(one, f"Some text.\n{label.title()}:").value == 0


@given(columns=st.integers(2, 6), rows=st.integers(1, 6), asked=st.integers(2, 6))
def test_a_table_is_measured(columns: int, rows: int, asked: int) -> None:
    table = "\n".join("|" + "|".join(line * columns) + "|" for line in [["head"], ["---"], *[["x"]] * rows])
    wide = only(f"Compare tea and coffee in a table with {asked} columns.", "columns")
    long = only(f"Compare tea and coffee in a table with 2 columns and at least {asked} rows.", "rows")
    assert (verify(wide, f"Here:\n\n{table}\n\nDone.").value == 1) == (columns == asked)
    assert (verify(long, f"{table}\n").value == 1) == (rows + 1 >= asked)
    assert verify(wide, "no table at all").value is None


@pytest.mark.parametrize(
    "marked", ["# A heading", "**bold**", "- a point", "```\nx\n```", "| a | b |", "[a](https://b.c)"]
)
@given(text=st.lists(WORD, min_size=1, max_size=9).map(" ".join))
def test_plain_text_has_no_marks(marked: str, text: str) -> None:
    one = only("Explain tea. Do not use markdown.", "plain")
    assert verify(one, f"{text}. 2 * 3 * 4 is 24; a_b_c.").value == 1
    assert verify(one, f"{text}\n{marked}\n{text}").value == 0


@given(code=WORD)
def test_a_code_block_is_fenced(code: str) -> None:
    one = only("Respond with a Python code block.", "fenced")
    assert verify(one, f"```python\n{code}\n```").value == 1
    assert verify(one, code).value == 0
    assert verify(one, f"```python\n{code}").value == 0


@given(n=st.integers(0, 10**6), words=st.lists(WORD, min_size=5, max_size=9).map(" ".join))
def test_a_number_stands_alone(n: int, words: str) -> None:
    one = only("How many legs has a spider? Answer with only the number.", "number_only")
    assert verify(one, f"{n}").value == 1
    assert verify(one, f"{n:,} kg").value == 1
    assert verify(one, f"{words} {n}").value == 0
    assert verify(one, "eight").value is None


@given(items=st.lists(st.integers(), max_size=3))
def test_the_type_of_json_is_held_to(items: list[int]) -> None:
    array, record = only("Return a JSON array of sums.", "json"), only("Return a JSON object with the sum.", "json")
    assert (verify(array, f"{items}").value, verify(record, f"{items}").value) == (1, 0)
    assert (verify(array, f'{{"a": {items}}}').value, verify(record, f'{{"a": {items}}}').value) == (0, 1)


@given(asked=st.integers(1, 4), found=st.integers(1, 5), name=WORD)
def test_the_frame_of_a_letter_is_no_paragraph(asked: int, found: int, name: str) -> None:
    one = only(f"Write a letter of exactly {asked} paragraphs to my landlord.", "paragraphs")
    body = "\n\n".join(["The heating has not worked since Monday, and it is cold."] * found)
    letter = f"Dear Mr {name.title()},\n\n{body}\n\nKind regards,\n{name.title()}"
    if found + 2 != asked:
        assert (verify(one, letter).value == 1) == (found == asked)


def test_each_is_what_was_named_before() -> None:
    assert only("Write 3 sentences, each of them no longer than 15 words.", "words").scope == "sentence"
    assert only("Give 5 tips, each under 10 words.", "words").scope == "item"
    assert only("Write 3 paragraphs of 2 sentences each.", "sentences").scope == "paragraph"
    assert only("Keep every reply under 30 words.", "words") == only("Keep your reply under 30 words.", "words") or (
        only("Keep every reply under 30 words.", "words").bound == Bound.at_most(29)
    )


@pytest.mark.parametrize(
    "prompt",
    [
        'Return a JSON object with keys "title" and "year".',
        "Answer with a direct quote from the text.",
        "Write a text in which each sentence has a verb.",
        "End with a line in the form 'Answer: X' (without quotes).",
    ],
)
def test_what_names_parts_is_no_choice_no_frame_and_no_word(prompt: str) -> None:
    assert [one.kind for one in extract(prompt) if one.kind in ("choice", "quoted", "term")] == []


def test_a_wish_is_a_request() -> None:
    assert only("I need a haiku about rain.", "lines").bound == Bound.exactly(3)
    assert only("I'd like a 5-line poem on rivers.", "lines").bound == Bound.exactly(5)


def test_few_words_that_end_on_a_limit_are_a_request() -> None:
    assert only("Shorter, three words only.", "words").bound == Bound.exactly(3)


def test_what_is_asked_for_is_told_more_of() -> None:
    assert only("Write a eulogy for my dog. The eulogy should be about 200 words.", "words").bound == Bound.about(200)
    assert extract("A tweet can have at most 280 characters. Why?") == ()


def test_a_full_stop_is_no_part_of_a_term() -> None:
    assert only("Describe a wood without the letter e. Nothing else matters.", "letter").texts == ("e",)
