"""Texts are cut as a reader would cut them, in several scripts."""

import pytest

from rubrica.tools.builtin.constraints.answer import Answer


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("One two three.", 3),
        ("हिंदी में लिखिए", 3),
        ("Это простой текст", 3),
        ("お茶です", 4),
        ("한국어 문장 입니다", 3),
        ("شاي ساخن", 2),
    ],
)
def test_words(text: str, n: int) -> None:
    assert len(Answer(text).words) == n


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ("Dr. Smith paid $3.50 to J. Doe, e.g. in cash. Right?", 2),
        ("Wait... what? No!", 3),
        ("1. Tea\n2. Milk", 1),
        ('He said "Go." Then he left.', 2),
        ("お茶です。好きです。", 2),
        ("यह चाय है। यह दूध है।", 2),
        ("¿Qué es? Es té.", 2),
        ("", 0),
        ("no mark at the end", 1),
    ],
)
def test_sentences(text: str, n: int) -> None:
    assert len(Answer(text).sentences) == n


def test_nested_bullets_are_one_item() -> None:
    assert [item.text for item in Answer("- a\n  - b\n- c").items or []] == ["a", "c"]


def test_inline_numbering_is_a_list() -> None:
    assert [item.text for item in Answer("They are 1. tea 2. milk 3. salt").items or []] == ["tea", "milk", "salt"]


def test_prose_has_no_items() -> None:
    assert Answer("In 2. we see nothing.").items is None


def test_dividers_are_no_paragraphs() -> None:
    assert len(Answer("a\n\n---\n\nb\n \n\n\nc").paragraphs) == 3


def test_pieces_know_their_place() -> None:
    text = "  One.  Two!\n\nThree"
    answer = Answer(text)
    for piece in (*answer.sentences, *answer.paragraphs, *answer.lines):
        assert text[piece.start : piece.start + len(piece.text)] == piece.text


@pytest.mark.parametrize(
    ("text", "product"),
    [
        ('I left the price out. Here it is:\n\n"A warm coat. It is blue."', "A warm coat. It is blue."),
        ("**My draft:**\n“A warm coat.”\n", "A warm coat."),
        ('She said: "A warm coat. It is blue."', None),
        ('Here it is:\n\n"A warm coat." It is blue, and "dry".', None),
        ('Here it is:\n\n"A warm coat. It is blue."\n\nShall I add the price?', None),
    ],
)
def test_the_product_is_what_stands_quoted_after_a_lead_in(text: str, product: str | None) -> None:
    assert Answer(text).product == (product or text)
