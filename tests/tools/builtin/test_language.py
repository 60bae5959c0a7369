"""Languages are told apart, and short or mixed text is left undecided."""

from collections.abc import Callable

import pytest

from rubrica.tools.builtin.language import identify, language_asked

Value = Callable[..., float | None]
TEXTS = {
    "en": "The library is closed on Mondays, but you can return your books at the door.",
    "de": "Die Bibliothek ist montags geschlossen, aber man kann die Bücher an der Tür abgeben.",
    "fr": "La bibliothèque est fermée le lundi, mais vous pouvez rendre les livres à la porte.",
    "es": "La biblioteca está cerrada los lunes, pero puede devolver los libros en la puerta.",
    "ru": "Библиотека закрыта по понедельникам, но книги можно вернуть у двери.",
    "zh": "图书馆星期一关门，但是你可以在门口还书。",
    "ja": "図書館は月曜日に閉まっていますが、本は入口で返すことができます。",
}


@pytest.mark.parametrize("code", TEXTS)
def test_a_sentence_shows_its_language(code: str) -> None:
    assert identify(TEXTS[code])[0] == code


@pytest.mark.parametrize("text", ["", "42", "Sophie", "x = y + 2", "```\nprint('hello world, how are you today')\n```"])
def test_little_text_shows_none(text: str) -> None:
    assert identify(text) == ("und", 0.0)


@pytest.mark.parametrize(
    ("prompt", "code"),
    [
        ("Answer in French: where is the station?", "fr"),
        ("Translate from German to Spanish: Guten Tag", "es"),
        ("Your entire reply must be in Hindi, no other language.", "hi"),
        ("Why is Italian food loved everywhere?", None),
        ("How do I learn to speak in Japanese?", None),
        ("Tell me about French and in Spanish about Spanish wine, in German.", None),
    ],
)
def test_the_language_asked_for(prompt: str, code: str | None) -> None:
    assert language_asked(prompt) == code


@pytest.mark.parametrize(
    ("prompt", "answer", "wanted"),
    [
        ("Answer in French: when is it open?", TEXTS["fr"], 1.0),
        ("Answer in French: when is it open?", TEXTS["en"], 0.0),
        ("When is the library open in this town?", TEXTS["en"], 1.0),
        ("When is the library open in this town?", TEXTS["ru"], 0.0),
        ("When is the library open in this town?", "9-17", None),
    ],
)
def test_the_answer_is_in_the_language_wanted(value: Value, prompt: str, answer: str, wanted: float | None) -> None:
    assert value("language", prompt, answer) == wanted
