"""Prompts end between turns: shared first words of two answers stay in the answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.data.dialogue import answer, part_ways, prompt_turns, turns
from rubrica.data.read import read_row
from rubrica.data.record import Unreadable
from rubrica.data.rows import Row
from rubrica.types import Message, TextPart

WORDS = st.text(alphabet="abc :\n.", min_size=1, max_size=30).map(lambda text: f"w{text}w".replace("\n\n", "\n"))


def says(role: str, text: str) -> Message:
    return Message.model_validate({"role": role, "parts": (TextPart(text=text),)})


def hh(asked: str, reply: str) -> str:
    return f"\n\nHuman: {asked}\n\nAssistant: {reply}"


def test_transcript_splits_at_markers() -> None:
    found = turns("\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Bye\n\nAssistant:")
    assert found is not None
    assert [(m.role, m.text) for m in found] == [
        ("user", "Hi"),
        ("assistant", "Hello"),
        ("user", "Bye"),
        ("assistant", ""),
    ]


def test_chatml_splits_at_markers() -> None:
    found = turns("<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n")
    assert found is not None
    assert [(m.role, m.text) for m in found] == [("system", "Be brief."), ("user", "Hi")]


@pytest.mark.parametrize("text", ["", "plain", "He said:\n\nHuman: hi", "Assistant notes"])
def test_text_that_does_not_begin_with_a_marker_is_no_transcript(text: str) -> None:
    assert turns(text) is None


def test_an_empty_last_assistant_turn_is_where_the_answer_goes() -> None:
    found = prompt_turns("\n\nHuman: Hi\n\nAssistant:")
    assert found == (says("user", "Hi"),)


def test_equal_conversations_keep_their_last_answer() -> None:
    both = (says("user", "q"), says("assistant", "a"))
    assert part_ways(both, both) == (both[:1], both[1:], both[1:])


def test_one_conversation_that_goes_on_keeps_the_common_answer_out_of_the_prompt() -> None:
    short = (says("user", "q"), says("assistant", "a"))
    long = (*short, says("user", "more"), says("assistant", "b"))
    assert part_ways(short, long) == (short[:1], short[1:], long[1:])


def test_different_prompts_are_refused() -> None:
    with pytest.raises(Unreadable, match="part at turn 1"):
        part_ways((says("user", "q"), says("assistant", "a")), (says("user", "r"), says("assistant", "a")))


def test_an_answer_of_several_turns_is_a_transcript() -> None:
    parts = answer((says("assistant", "a"), says("tool", "t"), says("assistant", "b")))
    assert "\n".join(part.text for part in parts if part.type == "text") == "assistant:\na\ntool:\nt\nassistant:\nb"


@given(WORDS, WORDS, WORDS, WORDS)
def test_shared_words_of_two_transcripts_never_leak_into_the_prompt(asked: str, same: str, one: str, two: str) -> None:
    row = read_row({"chosen": hh(asked, same + one), "rejected": hh(asked, same + two)})
    assert isinstance(row, Row)
    assert [m.text for m in row.case.task.messages] == [asked]
    assert [c.text for c in row.case.candidates] == [same + one, same + two]


@given(st.lists(WORDS, min_size=1, max_size=3), WORDS, WORDS, WORDS)
def test_shared_words_of_two_chats_never_leak_into_the_prompt(asked: list[str], same: str, one: str, two: str) -> None:
    prompt = [{"role": "user", "content": text} for text in asked]
    sides = {
        name: [*prompt, {"role": "assistant", "content": same + text}]
        for name, text in (("chosen", one), ("rejected", two))
    }
    row = read_row(sides)
    assert isinstance(row, Row)
    assert [m.text for m in row.case.task.messages] == asked
    assert [c.text for c in row.case.candidates] == [same + one, same + two]


def test_markers_are_found_in_linear_time_on_hostile_text() -> None:
    for text in ("\n\n" * 50_000, "\n\nHuman" * 20_000, "<|im_start|>" * 10_000, "\n\nHuman: " * 10_000):
        turns(text)
