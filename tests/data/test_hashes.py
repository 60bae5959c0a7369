"""Hashes see what matters of a case."""

from rubrica.data.hashes import case_hash, prompt_hash
from rubrica.data.read import read_row
from rubrica.data.rows import Row
from rubrica.types import Case


def case(prompt: str, *answers: str) -> Case:
    row = read_row({"prompt": prompt, "candidates": list(answers)})
    assert isinstance(row, Row)
    return row.case


def test_form_and_order_do_not_matter() -> None:
    one = case("Name  a fruit.", "Plum", "A car\n")
    assert case_hash(one) == case_hash(case("name a\u00a0FRUIT.", "a car", "plum\u200b"))
    assert prompt_hash(one) == prompt_hash(case("Name a fruit.", "x"))


def test_words_matter() -> None:
    one = case("Name a fruit.", "Plum", "Car")
    assert case_hash(one) != case_hash(case("Name a fruit.", "Plum", "Cars"))
    assert case_hash(one) != case_hash(case("Name a vegetable.", "Plum", "Car"))
