"""Hashes see what matters of a case, and the registry knows benchmarks by them."""

from pathlib import Path

import pytest

from rubrica.data.hashes import Registry, answer_hashes, case_hash, prompt_hash
from rubrica.data.read import read_row
from rubrica.data.rows import Row
from rubrica.errors import InputError
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


def test_registry_finds_a_pair_drawn_from_a_list() -> None:
    registry = Registry().with_benchmark("bench", [case("Q", "a", "b", "c", "d")])
    assert registry.matches(case("q", "C", "A")) == ("bench",)
    assert registry.matches(case("Q", "a", "other")) == ()
    assert registry.matches(case("Q2", "a", "b")) == ()


def test_registry_finds_a_single_answer() -> None:
    registry = Registry().with_benchmark("bench", [case("Q", "a", "b")])
    assert registry.matches(case("Q", "a")) == ("bench",)


def test_registry_survives_its_file_and_keeps_no_text(tmp_path: Path) -> None:
    registry = Registry().with_benchmark("b", [case("secret words", "x")]).with_benchmark("a", [case("Q", "y", "z")])
    registry.save(tmp_path / "r.jsonl")
    assert Registry.load(tmp_path / "r.jsonl") == registry
    text = (tmp_path / "r.jsonl").read_text()
    assert "secret" not in text
    assert len(answer_hashes(case("Q", "y", "z"))[0]) == 16


@pytest.mark.parametrize(
    "line", ["x", "[]", '{"name": "a"}', '{"name": "a", "hashes": ["xyz"]}', '{"name": 1, "hashes": []}']
)
def test_a_broken_registry_names_the_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "r.jsonl").write_text('{"name": "a", "hashes": []}\n' + line)
    with pytest.raises(InputError, match=r"r\.jsonl:2: not a benchmark"):
        Registry.load(tmp_path / "r.jsonl")


def test_a_missing_registry_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Registry.load(tmp_path / "none")
