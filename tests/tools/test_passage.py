"""A prompt is taken apart where it hands over a text."""

import pytest

from rubrica.tools.passage import source_of, split_prompt
from rubrica.types import Document, Message, TaskView, TextPart

TEXT = "The mill was sold in spring and its wheel has not turned since."
LONG = " ".join([TEXT] * 5)


@pytest.mark.parametrize(
    "prompt",
    [
        f"Summarize the text.\n\nText: {TEXT}",
        f"Input: {TEXT}\nQuestion: When was the mill sold?",
        f'Translate this into Dutch: """{TEXT}"""',
        f"Rewrite the following sentence. {TEXT}",
        f"Correct the grammar: {TEXT}",
        f'Make this sound formal: "{TEXT}"',
        f"<article>{TEXT}</article>\nSummarize it.",
    ],
)
def test_the_passage_is_found(prompt: str) -> None:
    assert split_prompt(prompt).passage.strip("\"'. ") == TEXT.strip(". ")


def test_paragraphs_that_do_not_ask_are_the_passage() -> None:
    found = split_prompt(f"What happened to the mill?\n\n{LONG}")
    assert (found.instruction, found.passage) == ("What happened to the mill?", LONG)


@pytest.mark.parametrize("prompt", ["", "Why is the sky blue?", "Write a poem.", "Complete:\n```\ndef f():\n```"])
def test_without_a_passage_all_is_instruction(prompt: str) -> None:
    assert split_prompt(prompt).passage == ""
    assert split_prompt(prompt).instruction == prompt.strip()


@pytest.mark.parametrize("first", ["", "Human: "])
def test_the_last_turn_of_a_conversation_in_one_text_asks(first: str) -> None:
    talk = f"{first}My kettle leaks.\n\nAssistant: Where does it leak?\n\nHuman: At the lid. What do I do?"
    assert split_prompt(talk).instruction == "At the lid. What do I do?"
    with_source = split_prompt(f"{talk} Correct this note.\n\nNote: {TEXT}")
    assert with_source.passage == TEXT
    assert f"{talk} Correct this note.\n\nNote: {TEXT}"[with_source.start :].strip() == TEXT


@pytest.mark.parametrize(
    "prompt",
    [
        "Continue this scene.\n\nHuman: Who is there?\n\nAssistant: It is I.\n\nHuman: Come in.",
        "My kettle leaks.\n\nAssistant: Where does it leak?",
        "What is an Assistant: a person or a program?",
    ],
)
def test_a_conversation_that_is_handed_over_is_no_turn(prompt: str) -> None:
    assert split_prompt(prompt).instruction.startswith(prompt[:10])


def test_context_and_tool_turns_are_sources() -> None:
    tool = Message(role="tool", parts=(TextPart(text="42 trains"),))
    user = Message(role="user", parts=(TextPart(text="How many?"),))
    view = TaskView(messages=(user, tool), context=(Document(text="a page"),))
    assert source_of(view) == "a page\n\n42 trains"
