"""Conditions: what parses means what Python would mean, and nothing else parses."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rubrica.errors import ConditionError
from rubrica.skills.when import FEATURES, MAX_DEPTH, MAX_LENGTH, AllOf, opposite, parse
from rubrica.types import TaskFeatures

BOOLEANS = sorted(name for name, kind in FEATURES.items() if kind is bool)
NUMBERS = sorted(name for name, kind in FEATURES.items() if kind is int)
OPERATORS = ["==", "!=", "<", "<=", ">", ">="]

atoms = st.one_of(
    st.sampled_from(BOOLEANS),
    st.builds("{} {} {}".format, st.sampled_from(NUMBERS), st.sampled_from(OPERATORS), st.integers(-3, 3)),
    st.builds("language {} {!r}".format, st.sampled_from(["==", "!="]), st.sampled_from(["en", "de", "und"])),
)
texts = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds("({})".format, inner),
        st.builds("not {}".format, inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=8,
)
features = st.builds(
    TaskFeatures,
    **dict.fromkeys(BOOLEANS, st.booleans()),
    **dict.fromkeys(NUMBERS, st.integers(-4, 4)),
    language=st.sampled_from(["en", "de", "fr"]),
)


@given(texts, features)
@settings(deadline=None)
def test_a_condition_means_what_the_same_text_means_in_python(text: str, given_features: TaskFeatures) -> None:
    assert parse(text).holds(given_features) == eval(text, {}, given_features.model_dump())


@given(texts)
@settings(deadline=None)
def test_canonical_text_parses_back_to_the_same_condition(text: str) -> None:
    condition = parse(text)
    assert parse(str(condition)) == condition
    assert str(parse(str(condition))) == str(condition)


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_parses_or_is_a_condition_error(text: str) -> None:
    with contextlib.suppress(ConditionError):
        assert parse(str(parse(text))) == parse(text)


@given(texts, features)
@settings(deadline=None)
def test_the_opposite_holds_exactly_where_a_condition_does_not(text: str, given_features: TaskFeatures) -> None:
    other = opposite(parse(text))
    assert other.holds(given_features) is not parse(text).holds(given_features)
    assert parse(str(other)) == other


def test_opposites_are_short() -> None:
    told = [str(opposite(parse(text))) for text in ("asks_math", "not asks_math", "words > 40", 'language == "en"')]
    assert told == ["not asks_math", "asks_math", "words <= 40", 'language != "en"']


def test_empty_always_holds() -> None:
    assert parse("  ") == AllOf()
    assert str(parse("")) == ""
    assert parse("").holds(TaskFeatures())


def test_canonical_text_keeps_only_the_parentheses_that_matter() -> None:
    text = "((asks_code) and (has_tests and (words>120 or not (has_code or  language=='en'))))"
    assert str(parse(text)) == 'asks_code and has_tests and (words > 120 or not (has_code or language == "en"))'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("asks_cod", "unknown feature 'asks_cod'; known: has_code, asks_code"),
        ("words", "'words' is a number: compare it, as in 'words > 0'"),
        ("language", "'language' is text: compare it, as in 'language == \"en\"'"),
        ("words > 'x'", "'words' is a number, but is compared with \"'x'\""),
        ("words > asks_code", "'words' is a number, but is compared with 'asks_code'"),
        ("language == 3", "'language' is text, but is compared with '3'"),
        ("language > 'en'", "only == and != compare it"),
        ("asks_code == 1", "write 'asks_code' or 'not asks_code'"),
        ("words > 1.5", "cannot read '1.5'"),
        ("words > 9999999999", "cannot read '9999999999'"),
        ("words >", "compared with the end"),
        ("0 < words", "expected a feature, found '0'"),
        ("asks_code asks_math", "expected 'and', 'or' or the end, found 'asks_math'"),
        ("asks_code AND asks_math", "expected 'and', 'or' or the end, found 'AND'"),
        ("(asks_code", "expected '\\)', found the end"),
        ("asks_code)", "found '\\)'"),
        ("and", "expected a feature, found 'and'"),
        ("not", "expected a feature, found the end"),
        ("__import__('os')", "unknown feature '__import__'"),
        ("asks_code.__class__", "cannot read '.__class__'"),
        ("words > 1 > 0", "found '>'"),
        ("words = 3", "cannot read '= 3'"),
    ],
)
def test_errors_name_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(ConditionError, match=problem):
        parse(text)


def test_length_is_bounded() -> None:
    with pytest.raises(ConditionError, match=f"at most {MAX_LENGTH}"):
        parse(" " * 100_000)


@pytest.mark.parametrize("opening", ["(", "not "])
def test_depth_is_bounded(opening: str) -> None:
    closing = ")" if opening == "(" else ""
    assert parse(opening * MAX_DEPTH + "asks_code" + closing * MAX_DEPTH)
    with pytest.raises(ConditionError, match="nested deeper"):
        parse(opening * (MAX_DEPTH + 1) + "asks_code" + closing * (MAX_DEPTH + 1))


def test_the_longest_condition_allowed_can_be_read_and_tried() -> None:
    text = " or ".join(["words > 9"] * 76)
    assert len(text) <= MAX_LENGTH
    assert not parse(text).holds(TaskFeatures())
