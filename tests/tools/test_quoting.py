import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.quoting import find_quote

TEXT = "It’s  a “fine”\n\tday — isn’t it?\u00a0Yes."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ('It\'s a "fine" day', "It’s  a “fine”\n\tday"),
        ("day - isn't it? Yes", "day — isn’t it?\u00a0Yes"),
        ('"fine"', "“fine”"),
        ('"... isn\'t it?"', "isn’t it?"),
        ("  Yes.  ", "Yes."),
    ],
)
def test_it_is_found_across_white_space_and_typographic_marks(quote, found):
    span = find_quote(TEXT, quote)
    assert span.text == found
    assert TEXT[span.start : span.end] == found


@pytest.mark.parametrize("quote", ["", "  ", "…", "it's a fine day", "Yes, sir"])
def test_what_is_not_there_is_not_found(quote):
    assert find_quote(TEXT, quote) is None


@given(st.text(max_size=60), st.data())
def test_every_piece_of_a_text_is_found_and_its_span_is_real(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    span = find_quote(text, text[start:end])
    if text[start:end].strip():
        assert text[span.start : span.end] == span.text == text[start:end]


@given(st.text(alphabet="ab \n\t“”’", max_size=40), st.text(alphabet="ab '\"", max_size=6))
def test_a_span_always_holds_what_it_says(text, quote):
    span = find_quote(text, quote)
    assert span is None or text[span.start : span.end] == span.text


def test_long_hostile_texts_take_no_time():
    assert find_quote(" \n" * 50_000 + "a" * 50_000, "a " * 50_000) is None
