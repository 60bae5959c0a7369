"""Lengths and languages that are demanded in other languages than English are found, and decide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin.constraints import Bound, Constraint, extract, verify

REQUESTS = {
    "de": (
        "Erkläre in {relation} {n} {unit}, was ein Vulkan ist.",
        ("höchstens", "mindestens", "genau", "weniger als"),
    ),
    "fr": (
        "Expliquez en {relation} {n} {unit} ce qu'est un volcan.",
        ("au plus", "au moins", "exactement", "moins de"),
    ),
    "es": (
        "Explica en {relation} {n} {unit} qué es un volcán.",
        ("como máximo", "al menos", "exactamente", "menos de"),
    ),
    "it": ("Spiega in {relation} {n} {unit} che cosa è.", ("al massimo", "almeno", "esattamente", "meno di")),
    "pt": ("Explique em {relation} {n} {unit} o que é.", ("no máximo", "pelo menos", "exatamente", "menos de")),
}
UNITS = {
    "de": {"words": "Wörtern", "sentences": "Sätzen"},
    "fr": {"words": "mots", "sentences": "phrases"},
    "es": {"words": "palabras", "sentences": "oraciones"},
    "it": {"words": "parole", "sentences": "frasi"},
    "pt": {"words": "palavras", "sentences": "frases"},
}
MAKE = (Bound.at_most, Bound.at_least, Bound.exactly, lambda n: Bound.at_most(n - 1))
BUILD = {"words": lambda n: " ".join(["café"] * n) + ".", "sentences": lambda n: " ".join(["Es así."] * n)}


@pytest.mark.parametrize("tongue", sorted(REQUESTS))
@given(n=st.integers(2, 12), found=st.integers(1, 14), side=st.integers(0, 3), kind=st.sampled_from(sorted(BUILD)))
def test_a_stated_length_decides(tongue: str, n: int, found: int, side: int, kind: str) -> None:
    request, relations = REQUESTS[tongue]
    prompt = request.format(relation=relations[side], n=n, unit=UNITS[tongue][kind])
    (one,) = [one for one in extract(prompt) if one.kind == kind]
    assert one.bound == MAKE[side](n)
    assert (verify(one, BUILD[kind](found)).value == 1) == (one.bound.grade(found) == 1)


@given(n=st.integers(2, 90), found=st.integers(1, 100))
def test_characters_count_as_words_in_chinese(n: int, found: int) -> None:
    (one,) = extract(f"请用不超过{n}字介绍火山。")
    assert (verify(one, "山" * found).value == 1) == (found <= n)


@pytest.mark.parametrize(
    ("prompt", "bound"),
    [
        ("Antworte in zwei Sätzen: Was ist Tee?", Bound.exactly(2)),
        ("Réponds en trois phrases.", Bound.exactly(3)),
        ("Responde en una frase.", Bound.exactly(1)),
        ("请用一句话回答：什么是茶？", Bound.exactly(1)),
        ("3文以内で説明してください。", Bound.at_most(3)),
    ],
)
def test_sentences_are_read(prompt: str, bound: Bound) -> None:
    assert [one.bound for one in extract(prompt) if one.kind == "sentences"] == [bound]


@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("Antworte auf Englisch: Was ist Tee?", "en"),
        ("Traduce al inglés: buenos días", "en"),
        ("Réponds en allemand.", "de"),
        ("用中文回答：为什么海水是咸的？", "zh"),
        ("日本語で答えてください。", "ja"),
        ("Ответь на английском.", "en"),
    ],
)
def test_languages_are_named_in_their_own_way(prompt: str, language: str) -> None:
    found = [one for one in extract(prompt) if one.kind == "language"]
    assert [one.texts for one in found] == [(language,)]


@pytest.mark.parametrize(
    "prompt",
    [
        "Mein Hund versteht zehn Wörter, unter anderem sitz. Ist das viel?",
        "Das Buch hat mehr als 300 Zeilen pro Kapitel, und ich lese nur zwei Sätze am Tag.",
        "El libro tiene menos de 200 palabras por página. ¿Es corto?",
        "Mon discours compte trois phrases. Est-ce trop court ?",
        "Il suo discorso ha due frasi. È troppo poco?",
        "Er lebt in Deutschland und liest ein Buch auf Englisch.",
        "这篇文章有一千字，很长。",
    ],
)
def test_what_is_told_is_no_demand(prompt: str) -> None:
    assert extract(prompt) == ()


def test_a_demand_in_a_quotation_is_no_demand() -> None:
    found: tuple[Constraint, ...] = extract('Übersetze ins Englische: "Antworte in höchstens zwei Sätzen."')
    assert [one.kind for one in found] == ["language"]
