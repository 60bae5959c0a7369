"""Reading a text finds its words and sentences where a person would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.text import read, stem


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Dr. Lee paid 3.50 to Mr. Ono. He left.", 2),
        ("1. Boil it.\n2. Eat it.", 2),
        ("Is it? Yes! Good…", 3),
        ("J. S. Bach wrote it.", 1),
        ("a line\nthat goes on", 1),
        ("A title\nA sentence.", 2),
        ("图书馆关门。明天开。", 2),
        ("...", 0),
        ("", 0),
    ],
)
def test_sentences_are_counted_as_a_reader_would(text: str, count: int) -> None:
    assert len(read(text).sentences) == count


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't stop", ("don't", "stop")),
        ("well-known, so", ("well-known", "so")),
        ("你好", ("你", "好")),
        ("x_y", ("x", "y")),
    ],
)
def test_words(text: str, words: tuple[str, ...]) -> None:
    assert read(text).words == words


@pytest.mark.parametrize(
    "family", [("run", "runs", "running"), ("cities", "city"), ("copied", "copy"), ("pan", "pans")]
)
def test_forms_of_a_word_share_a_stem(family: tuple[str, ...]) -> None:
    assert len({stem(word) for word in family}) == 1


@given(st.text(max_size=200))
def test_ranges_point_at_what_they_name(text: str) -> None:
    reading = read(text)
    assert tuple(text[start:end] for start, end in reading.tokens) == reading.cased
    ends = [0, *(end for _, end in reading.sentences)]
    assert all(before <= start < end for before, (start, end) in zip(ends, reading.sentences, strict=False))
