"""Every checker tells a text that was built to keep a constraint from one that was built to break it."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools.builtin.constraints import FAMILIES, Bound, Constraint, Kind, Scope, verify
from rubrica.types import Span

HERE = Span(start=0, end=0)
COUNTS = st.integers(2, 12)
BOUNDS = st.sampled_from([Bound.at_least, Bound.at_most, Bound.exactly])
WORD = st.text(string.ascii_lowercase, min_size=2, max_size=8)


def value(kind: Kind, text: str, **fields: object) -> float | None:
    return verify(Constraint(kind, HERE, **fields), text).value  # type: ignore[arg-type]  # fields by name


def fits(bound: Bound, n: int) -> bool:
    return (bound.low is None or n >= bound.low) and (bound.high is None or n <= bound.high)


BUILDERS = {
    "words": lambda n: " ".join(["tea"] * n) + ".",
    "characters": lambda n: "x" * n,
    "sentences": lambda n: " ".join(["Dr. Smith paid 3.50 dollars, e.g. in cash."] * n),
    "paragraphs": lambda n: "\n\n".join(["Some words here."] * n),
    "lines": lambda n: "\n".join(["a line of text"] * n),
    "stanzas": lambda n: "\n\n".join(["one\ntwo"] * n),
    "bullets": lambda n: "Intro\n" + "\n".join(["- a point", "* a point", "• a point"][i % 3] for i in range(n)),
    "numbered": lambda n: "\n".join(f"{i}. a point" for i in range(1, n + 1)),
    "items": lambda n: "Here they are:\n" + "\n".join(f"{i}. **Point**: text\n   - detail" for i in range(1, n + 1)),
    "sections": lambda n: "\n".join(f"SECTION {i}\ntext" for i in range(1, n + 1)),
    "highlights": lambda n: " and ".join(["*a part*", "**a part**"][i % 2] for i in range(n)),
    "placeholders": lambda n: " ".join(["[name]"] * n),
    "hashtags": lambda n: " ".join(["#tea"] * n) + " C# is #1",
    "emojis": lambda n: "😀 text" * n,
    "capital_words": lambda n: "we say " + " ".join(["TEA-TIME"] * n) + " now",
    "divided_paragraphs": lambda n: "\n***\n".join(["A **bold** text."] * n),
    "two_responses": lambda n: "\n******\n".join(f"answer {i}" for i in range(n)),
    "term": lambda n: " ".join(["The tea, surely."] * n),
    "letter": lambda n: "x" + "Tt"[: n % 2] + "t" * (n - n % 2),
    "punctuation": lambda n: "a, b" * n,
}
TEXTS = {"sections": ("SECTION",), "term": ("tea",), "letter": ("t",), "punctuation": (",",)}


@pytest.mark.parametrize("kind", sorted(BUILDERS))
@given(found=COUNTS, asked=COUNTS, make=BOUNDS)
def test_counts_decide(kind: Kind, found: int, asked: int, make: type) -> None:
    bound = make(asked)
    got = value(kind, BUILDERS[kind](found), bound=bound, texts=TEXTS.get(kind, ()))
    assert got is not None
    assert (got == 1) == fits(bound, found)
    assert got == 1 or got < 0.5


@given(n=st.integers(1, 500), a=st.integers(0, 600), b=st.integers(0, 600))
def test_nearer_is_never_worth_less(n: int, a: int, b: int) -> None:
    for bound in (Bound.at_least(n), Bound.at_most(n), Bound.exactly(n), Bound.about(n)):
        near, far = sorted((a, b), key=lambda x: abs(x - n))
        same_side = (near - n) * (far - n) >= 0
        if same_side and not (fits(bound, far) and not fits(bound, near)):
            assert bound.grade(near) >= bound.grade(far)


@given(terms=st.lists(WORD, min_size=1, max_size=4, unique=True))
def test_forbidden_words_are_whole_words(terms: list[str]) -> None:
    banned = {"bound": Bound.at_most(0), "texts": tuple(terms)}
    assert value("term", f"It said {terms[0].upper()}!", **banned) == 0
    assert value("term", " ".join(f"9{term}9" for term in terms), **banned) == 1


@given(text=st.lists(WORD, min_size=1, max_size=30).map(" ".join), at=st.integers(0, 400))
def test_case_is_total(text: str, at: int) -> None:
    assert value("lowercase", text) == 1
    assert value("uppercase", text.upper() + "!") == 1
    at %= len(text.replace(" ", "x"))
    broken = text[:at] + "Q" + text[at:]
    assert (value("lowercase", broken) or 0) < 0.5
    assert (value("uppercase", text.upper() + "q") or 0) < 0.5


@given(
    phrase=st.lists(WORD, min_size=1, max_size=5).map(" ".join),
    rest=st.lists(WORD, min_size=1, max_size=5).map(" ".join),
)
def test_edges(phrase: str, rest: str) -> None:
    words = phrase.split()
    first, last = words[0], words[-1]
    starts, ends = f"**{phrase.title()}** 0 {rest}.", f'"{rest} 0 {phrase}."'
    assert value("starts_with", starts, texts=(phrase,)) == 1
    assert value("starts_with", f"0 {starts}", texts=(phrase,)) == 0
    assert value("starts_with", starts, texts=(phrase,), negated=True) == 0
    assert value("ends_with", ends, texts=(phrase,)) == 1
    assert value("ends_with", f"{ends} 0", texts=(phrase,)) == 0
    assert value("first_word", starts, texts=(first,)) == 1
    assert value("first_word", f"0 {starts}", texts=(first,)) == 0
    assert value("last_word", ends, texts=(last,)) == 1
    assert value("last_word", f"{ends} 0", texts=(last,)) == 0
    assert value("initial", starts, texts=(first[0],)) == 1
    assert value("initial", f"0 {starts}", texts=(first[0],)) == 0


@given(n=st.integers(2, 6), at=st.integers(0, 5))
def test_every_part_counts(n: int, at: int) -> None:
    lines = ["oh the sea"] * n
    scope: Scope = "line"
    assert value("starts_with", "\n".join(lines), texts=("oh",), scope=scope) == 1
    lines[at % n] = "no sea"
    assert (value("starts_with", "\n".join(lines), texts=("oh",), scope=scope) or 0) < 0.5
    assert value("starts_with", "\n".join(lines), texts=("no",), scope=scope, nth=at % n + 1) == 1
    assert value("starts_with", "\n".join(lines), texts=("no",), scope=scope, nth=n + 1) == 0


JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=3)


@given(data=st.dictionaries(st.text(max_size=5), JSON, min_size=1, max_size=4))
def test_json_is_parsed_bare_or_fenced(data: dict) -> None:
    text = json.dumps(data)
    assert value("json", text) == 1
    assert value("json", f"```json\n{text}\n```") == 1
    assert value("json", text[:-1]) == 0
    assert value("json", f"Here it is: {text}") == 0


@given(words=st.lists(WORD, min_size=3, max_size=8, unique=True))
def test_alphabetical_order(words: list[str]) -> None:
    ordered = sorted(words)
    assert value("alphabetical", "\n".join(f"- {word}" for word in ordered)) == 1
    assert value("alphabetical", ", ".join(ordered)) == 1
    assert (value("alphabetical", "\n".join(f"- {word}" for word in reversed(ordered))) or 0) < 0.5
    assert value("alphabetical", "\n".join(f"- {word}" for word in reversed(ordered)), negated=True) == 1


@given(word=st.text(string.ascii_lowercase, min_size=3, max_size=8))
def test_acrostics(word: str) -> None:
    poem = "\n".join(f"{letter.upper()} is here" for letter in word)
    assert value("acrostic", poem, texts=(word,), scope="line") == 1
    assert (value("acrostic", poem, texts=(word + "q",), scope="line") or 0) < 0.5


@given(half=st.text(string.ascii_lowercase, min_size=2, max_size=8))
def test_palindromes(half: str) -> None:
    assert value("palindrome", f"{half[::-1].title()}, {half}!") == 1
    assert value("palindrome", "Nothing of this kind here.") == 0


@pytest.mark.parametrize(
    ("kind", "texts", "good", "bad"),
    [
        ("postscript", ("P.P.S",), "Bye.\n\nP.P.S. Write soon.", "Bye.\n\nP.S. Write soon."),
        ("postscript", ("P.S.",), "Bye.\n\nP.S. Write soon.", "Bye.\n\nP.P.S Write soon."),
        ("quoted", (), '"All of it."', '"All" of it.'),
        ("title", (), "<<Tea>>\nText", "<< >>\nText"),
        ("boxed", (), "So it is \\boxed{4}.", "So it is 4."),
        ("choice", ("yes", "no"), "Yes, it does.", "It depends."),
        ("choice", ("My answer is yes.", "My answer is no."), "Well. My answer is no.", "I would say no."),
        ("bare", (), "42", "Sure! Here is the answer: 42"),
        ("comma_separated", (), "tea, milk, salt", "- tea\n- milk\n- salt"),
        ("table", (), "| a | b |\n|---|---|\n| 1 | 2 |", "a is 1 and b is 2"),
        ("repeats_prompt", ("What is tea?", "Be brief."), "What is tea? Be brief.\n\nA drink.", "A drink."),
        ("language", ("fr",), "Le thé est une boisson que les gens aiment boire.", "Tea is a drink that people love."),
        ("language", ("gu",), "ચા એક પીણું છે", "चाय एक पेय है"),
        ("language", ("ru",), "Чай — это напиток, который люди пьют по утрам каждый день.", "Tea is a drink."),
    ],
)  # fmt: skip
def test_good_and_bad_texts_differ(kind: Kind, texts: tuple[str, ...], good: str, bad: str) -> None:
    assert value(kind, good, texts=texts) == 1
    assert value(kind, bad, texts=texts) == 0


@given(n=st.integers(-5, 30))
def test_a_rating_lies_in_its_range(n: int) -> None:
    assert value("rating", f"I give it {abs(n)}.", bound=Bound.between(1, 10)) == float(1 <= abs(n) <= 10)


def test_one_alternative_is_enough() -> None:
    asked = ((Bound.at_least(1), "p"), (Bound.at_most(0), "w"))
    options = tuple(Constraint("letter", HERE, bound=bound, texts=(text,)) for bound, text in asked)
    assert [value("any_of", text, alternatives=options) for text in ("p w", "x", "w")] == [1, 1, 0]


@pytest.mark.parametrize(
    ("kind", "text", "fields"),
    [
        ("items", "Tea is a fine drink. It warms.", {"bound": Bound.exactly(5)}),
        ("words", "ชาเป็นเครื่องดื่มที่ดี", {"bound": Bound.at_most(5)}),
        ("alphabetical", "Nothing to compare here.", {}),
        ("language", "ok", {"texts": ("fr",)}),
        ("uppercase", "123", {}),
        ("starts_with", "", {"texts": ("a",), "scope": "sentence"}),
    ],
)
def test_null_when_it_cannot_be_told(kind: Kind, text: str, fields: dict[str, object]) -> None:
    assert value(kind, text, **fields) is None


def test_the_span_shows_where_it_is_broken() -> None:
    text = "all good until Here"
    span = verify(Constraint("lowercase", HERE), text).span
    assert span is not None
    assert text[span.start : span.end] == span.text == "Here"


@pytest.mark.parametrize(
    ("kind", "phrase", "text", "kept"),
    [
        ("ends_with", "Total: X minutes", "1. Boil (5)\n\nTotal: 5 minutes", True),
        ("ends_with", "Total: X minutes", "1. Boil (5)\n\nTotal: minutes", False),
        ("ends_with", "Yours, [name]", "It was lovely.\nYours, Ann", True),
        ("starts_with", "Dear [Name],", "Dear Tom, how are you?", True),
        ("starts_with", "Dear [Name],", "Hello Tom, how are you?", False),
        ("ends_with", "X", "The treasure lies at X", True),
    ],
)
def test_a_blank_in_a_phrase_is_for_the_answer_to_fill(kind: Kind, phrase: str, text: str, kept: bool) -> None:
    assert value(kind, text, texts=(phrase,)) == kept


def test_every_kind_has_one_checker() -> None:
    kinds = [kind for family in FAMILIES for kind in family.checks]
    assert len(set(kinds)) == len(kinds)
    assert {*kinds, "any_of"} == set(Kind.__args__)  # type: ignore[attr-defined]  # a Literal


@given(text=st.text(max_size=300), kind=st.sampled_from(sorted(Kind.__args__)))  # type: ignore[attr-defined]  # a Literal
def test_any_text_can_be_checked(text: str, kind: Kind) -> None:
    if kind == "any_of":
        return
    seen = verify(Constraint(kind, HERE, bound=Bound.exactly(3), texts=("en",)), text)
    assert seen.value is None or 0 <= seen.value <= 1
    if seen.span:
        assert text[seen.span.start : seen.span.end].startswith(seen.span.text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Ready? Yes.", 1),
        ('She asked, "Why now?" and left. Shall we go?', 1),
        ("Run `a ? b : c` first. Done?", 1),
        ("```\nx ? y : z\n```\nClear? Really?", 2),
        ('"Is it you?"', 1),
        ("> Who goes there?\nNobody. And you?", 1),
    ],
)
def test_question_marks_of_quotations_and_code_are_not_the_answers_own(text: str, found: int) -> None:
    assert value("punctuation", text, bound=Bound.exactly(found), texts=("?",)) == 1


def test_a_banned_mark_may_not_stand_in_a_quotation_either() -> None:
    assert value("punctuation", 'He cried "Help!" twice.', bound=Bound.at_most(0), texts=("!",)) == 0
    assert value("punctuation", "Use `a != b` here.", bound=Bound.at_most(0), texts=("!",)) == 1


def test_one_is_said_in_the_singular() -> None:
    found = verify(Constraint("words", HERE, bound=Bound.exactly(2)), "tea")
    assert found.detail == "found 1 word"
