"""Repetition, echo, truncation and filler: each is found where it is, and not where it is not."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin.echo import echoed
from rubrica.tools.builtin.filler import restated
from rubrica.tools.builtin.repetition import loop, repeated_share
from rubrica.tools.builtin.truncation import truncated
from rubrica.tools.text import read
from rubrica.types import Evidence

Value = Callable[..., float | None]
PROSE = (
    "The ferry leaves at nine and crosses the sound in forty minutes. On clear days you can see both lighthouses from "
    "the upper deck, and seals rest on the sandbank near the eastern shore. Bring a coat, because the wind is stronger "
    "than it looks from land."
)


def test_prose_does_not_repeat_itself(value: Value) -> None:
    assert value("repetition", "", PROSE) == 1


def test_a_repeated_paragraph_is_found(value: Value) -> None:
    doubled = value("repetition", "", f"{PROSE}\n\n{PROSE}")
    assert doubled is not None
    assert doubled < 0.3


@given(st.sampled_from(["yes", "ha", "the"]), st.integers(5, 50))
def test_a_word_loop_is_found(word: str, times: int) -> None:
    assert loop(read(f"{PROSE} {(word + ' ') * times}")) is not None


def test_rows_of_digits_are_no_word_loop() -> None:
    assert loop(read("0 0 0 0 0 0 0 0 1 0 0")) is None


@given(st.lists(st.sampled_from("abcdefgh"), max_size=60))
def test_the_repeated_share_is_a_share(words: list[str]) -> None:
    assert 0 <= repeated_share(read(" ".join(words))) <= 1


def test_copying_the_prompt_is_an_echo(value: Value) -> None:
    assert value("echo", "Where does the old ferry to the island leave from?", PROSE) == 1
    prompt = "Describe the crossing from the town to the island in your own words, please"
    assert value("echo", prompt, prompt) == 0


def test_taking_up_the_words_of_a_question_is_no_echo_and_mostly_copying_is(value: Value) -> None:
    prompt = "Does the old ferry to the northern island still leave from the west pier at nine in the morning?"
    taken = "the old ferry to the northern island still leave from the west pier at nine"
    own = "Yes: that boat runs daily all year round, though winter storms cancel it now and then without notice."
    assert value("echo", prompt, f"{own} So does {taken}.") == 1
    mostly = value("echo", prompt, f"Well, does {taken}?")
    assert mostly is not None
    assert 0 < mostly < 0.5


def test_the_echo_names_its_run() -> None:
    share, where = echoed(read("As you said, the ferry leaves at nine and crosses the sound."), read(PROSE))
    assert where is not None
    assert where.text.startswith("the ferry leaves at nine")
    assert 0.5 < share < 1


@pytest.mark.parametrize(
    "text",
    [
        "The three causes are the rain, the wind and the",
        "First this. Then that. Then there was one more thing that nobody had thought of before we",
        "Here is the code:\n```python\ndef f():\n    return 1",
        "1. salt\n2. pepper\n3.",
        "The following are needed:",
        "We need flour, eggs, butter,",
        "The capital is the",
        "Salt and",
    ],
)
def test_text_that_breaks_off_is_truncated(text: str) -> None:
    assert truncated(text)


@pytest.mark.parametrize(
    "text",
    [PROSE, "42", "Paris", "Red Harvest", "```python\nprint(1)\n```", "1. salt\n2. pepper\n3. sugar",
     "- a\n- b", "x = 3", "Done \U0001f600", "Vitamin A", "Log in", "Come on",
     "roses red\nviolets blue\nsugar sweet"],
)  # fmt: skip
def test_whole_text_is_not_truncated(text: str) -> None:
    assert truncated(text) == ""


def test_who_signs_a_letter_ends_it(value: Value) -> None:
    letter = "We are sorry. We think of you. Please take your time.\n\n"
    assert value("truncation", "Write a card.", letter + "With our deepest sympathy,\nyour team") == 1.0
    assert value("truncation", "Write a card.", letter + "With our deepest sympathy we want to say how much") == 0.0


@pytest.mark.parametrize("cut", [0.45, 0.6, 0.8])
def test_prose_cut_inside_a_word_run_is_truncated(cut: float) -> None:
    text = " ".join([PROSE] * 3)
    end = int(len(text) * cut)
    while text[end - 1] in ". ,":
        end -= 1
    assert truncated(text[:end])


def test_filler_lowers_the_value(value: Value) -> None:
    padded = (
        "Certainly! I'd be happy to help. As an AI language model, I think so. I hope this helps! Let me know if not."
    )
    assert value("filler", "When does the ferry leave?", PROSE) == 1
    low = value("filler", "When does the ferry leave?", padded)
    assert low is not None
    assert low < 0.3


def test_restating_the_question_is_filler() -> None:
    prompt = "What are the opening hours of the harbour museum?"
    assert restated("The opening hours of the harbour museum? It opens at ten.", prompt) is not None
    assert restated("It opens at ten. It closes at six.", prompt) is None


def test_the_filler_is_named(ask: Callable[..., list[Evidence]]) -> None:
    [found] = ask("filler", "When does the ferry leave?", f"{PROSE} I hope this helps!")
    assert "1 phrase" in found.detail
    assert "such as 'hope this helps'" in found.detail
    [clean] = ask("filler", "When does the ferry leave?", PROSE)
    assert clean.detail == "0 phrases, 0% of the text"


@pytest.mark.parametrize(
    ("text", "wanted"), [("Perhaps it might rain.", 1.0), ("It will definitely rain.", 0.0), ("Rain.", None)]
)
def test_hedges_against_boosters(value: Value, text: str, wanted: float | None) -> None:
    assert value("hedging", "Will it rain?", text) == wanted


def test_easy_prose_reads_easier_than_hard(value: Value) -> None:
    easy = "The cat sat on the mat. It was a big cat. The sun was hot. The cat was glad to be in the sun. It slept."
    hard = (
        "Notwithstanding considerable methodological heterogeneity, contemporary epidemiological investigations "
        "demonstrate consistently disproportionate cardiovascular vulnerability among socioeconomically disadvantaged "
        "populations, irrespective of conventionally acknowledged physiological determinants and behavioural factors."
    )
    for formula in ("flesch", "grade", "ari"):
        assert value("readability", "", easy, formula=formula) > value("readability", "", hard, formula=formula)
    assert value("readability", "", "Too short.") is None


@pytest.mark.parametrize("metric", ["chrf", "bleu", "f1"])
def test_the_reference_itself_scores_one(value: Value, metric: str) -> None:
    assert value("reference", "", PROSE, reference=PROSE, metric=metric) == pytest.approx(1)
    assert value("reference", "", "Nothing alike here", reference=PROSE, metric=metric) < 0.4
    assert value("reference", "", PROSE, metric=metric) is None


@pytest.mark.parametrize("tool", ["repetition", "echo", "truncation", "filler", "hedging", "readability", "markdown"])
@pytest.mark.parametrize("piece", ["a ", "a. ", "\n", "```", "- \n", "\x00", "é", "| ", "certainly "])
def test_hostile_answers_are_read_in_linear_time(value: Value, tool: str, piece: str) -> None:
    found = value(tool, "Tell me about the ferry.", piece * (100_000 // len(piece)))
    assert found is None or 0 <= found <= 1


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Do this.\n1. Listen well.\n2. Speak softly.\n3. Follow through: After making contact", False),
        ("Do this.\n1. Listen well.\n2. Speak softly.\n3. Follow through.", True),
        ("Buy:\n- apples\n- pears\n- plums and figs too", True),  # items without marks
        ("It is safe. You may start. Ask if you like. If you're uns", False),
        ("It is safe. You may start. Ask if you like.\nJohn Smith", True),  # a signature
    ],
)
def test_a_cut_last_item_or_sentence_is_told_from_one_without_a_mark(text, whole):
    assert (truncated(text) == "") == whole


@pytest.mark.parametrize(
    ("items", "wanted"),
    [
        (["Adaptability"] * 8, 0.0),
        (["Algebra", "Topics", "Geometry", "Topics", "Topics of old", "Topics"], 1 - 2 * 2 / 6),
        (["Algebra", "Geometry", "Topology", "Analysis", "Logic and sets"], 1.0),
    ],
)
def test_list_items_said_again_are_a_repetition_whatever_their_number(value: Value, items, wanted) -> None:
    text = "Here are the courses that you may want to take:\n" + "\n".join(f"{n}. {i}" for n, i in enumerate(items, 1))
    assert value("repetition", "Name courses.", text) == pytest.approx(wanted)


# Code beside prose

STUB = 'def widen(gap: int) -> int:\n    """\n    Return the gap made three wider.\n    """\n'
WRITES = f"{STUB}"
WIDENED = f"{STUB}    wider = gap + 3\n    return wider\n"
SWITCH = "\n".join(f"    if (code == {i}) {{ return names.get({i}).trim(); }}" for i in range(12))


def test_a_stub_that_is_gone_on_from_is_no_echo_and_no_filler(value: Value) -> None:
    assert value("echo", WRITES, WIDENED) is None
    assert value("filler", WRITES, WIDENED) == 1
    assert value("repetition", WRITES, WIDENED) == 1
    assert value("echo", WRITES, STUB) == 0


def test_lines_of_code_may_be_alike(value: Value) -> None:
    prompt = "Write a Java function `String name(int code)` that looks a name up."
    answer = f"{PROSE}\n\n```java\nString name(int code) {{\n{SWITCH}\n    return null;\n}}\n```"
    assert value("repetition", prompt, answer) == 1
    assert value("repetition", prompt, f"{PROSE}\n{PROSE}\n```java\n{SWITCH}\n```") != 1


def test_code_without_an_end_is_a_loop(value: Value) -> None:
    assert value("repetition", WRITES, "```python\n" + "    total = total + 1\n" * 80 + "```") == 0.25


def test_nested_tags_are_no_word_loop(value: Value) -> None:
    assert value("repetition", "", f"<div><div><div><div><div><p>{PROSE}</p></div></div></div></div></div>") == 1


def test_the_place_of_a_repetition_is_the_answers_own(ask: Callable[..., list[Evidence]]) -> None:
    answer = f"```\ncode\n```\n<p>{PROSE}</p>\n<p>{PROSE}</p>"
    [evidence] = ask("repetition", "", answer)
    assert evidence.span is not None
    assert answer[evidence.span.start : evidence.span.end] == evidence.span.text


def test_a_short_extract_of_a_long_text_is_no_echo(value: Value) -> None:
    told = (
        f"{PROSE} The fare is four crowns for a grown person and two for a child. Dogs ride free, and so do bicycles."
    )
    extract = "On clear days you can see both lighthouses from the upper deck, and seals rest on the sandbank."
    assert value("echo", f"Summarize this text.\n\nText: {told}", extract) is None
    assert value("echo", f"Summarize this text.\n\nText: {told}", told) == 0


@pytest.mark.parametrize("last", ["M(3) = 16/27 gallons", "x = 8", "So 12 + 5 = 17 boats"])
def test_an_equation_at_the_end_needs_no_mark(last: str) -> None:
    assert truncated(f"{PROSE}\n{last}") == ""


def test_a_sentence_with_an_equation_in_it_still_breaks_off() -> None:
    told = "So we know that y = 3 and we can now go on with the other side of the sum that the"
    assert truncated(f"{PROSE}\n{told}") != ""


@pytest.mark.parametrize(
    ("opening", "share"),
    [
        ("Of course, you will find that the ferry is late. ", len("Of course,")),
        ("Sure! ", len("Sure!")),
        ("Absolutely, I would say so. ", len("Absolutely, I would say so.")),
    ],
)
def test_of_an_opening_only_what_is_ready_made_counts(
    ask: Callable[..., list[Evidence]], opening: str, share: int
) -> None:
    [evidence] = ask("filler", "When does it leave?", opening + PROSE)
    assert evidence.span is not None
    assert evidence.span.end - evidence.span.start == share


def test_a_question_in_chinese_may_be_taken_up_in_the_answer(value: Value) -> None:
    asked = "哪一座山是这个国家最高的山？请简短回答。"
    assert value("echo", asked, "北岭是这个国家最高的山，高三千二百米。") == 1
    assert value("echo", asked, asked) == 0


def test_a_term_in_chinese_may_occur_again(value: Value) -> None:
    told = "可持续发展问题很重要。学校教人怎样看待可持续发展问题，城里的人也常常谈到它，因为河水变少了。"
    assert value("repetition", "", told) == 1
    assert value("repetition", "", told + told) != 1


@pytest.mark.parametrize("last", ["So there are twelve boats. #### 12", "The fares come to 12 * 4 = 48 crowns"])
def test_an_item_that_gives_the_result_needs_no_mark(last: str) -> None:
    assert truncated(f"1. Each boat sails at nine.\n2. There are four boats a day.\n3. {last}") == ""
    assert (
        truncated("1. Each boat sails at nine.\n2. There are four boats a day.\n3. So there are twelve boats in") != ""
    )
