"""The registry knows benchmarks by their hashes: the package's own, and those that a user adds."""

import json
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import pytest

from rubrica.data.hashes import answer_hashes
from rubrica.data.read import read_row
from rubrica.data.registry import DISTINCTIVE, MIN_CHARACTERS, Registry, prompts_in
from rubrica.data.rows import Row
from rubrica.errors import InputError
from rubrica.types import Case

ASKED = "Name three fruits that grow in the garden of my aunt."


def case(prompt: object, *answers: str) -> Case:
    row = read_row({"prompt": prompt, "candidates": list(answers or ("one", "another"))})
    assert isinstance(row, Row)
    return row.case


def written(folder: Path, *rows: Mapping[str, object]) -> str:
    path = folder / "bench.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


# Answers


def test_a_pair_drawn_from_a_list_is_found() -> None:
    registry = Registry().with_benchmark("bench", [case("Q", "a", "b", "c", "d")])
    assert registry.matches(case("q", "C", "A")) == ("bench",)
    assert registry.matches(case("Q", "a", "other")) == ()
    assert registry.matches(case("Q2", "a", "b")) == ()


def test_a_single_answer_is_found() -> None:
    registry = Registry().with_benchmark("bench", [case("Q", "a", "b")])
    assert registry.matches(case("Q", "a")) == ("bench",)


# Prompts


@pytest.mark.parametrize(
    "prompt",
    [
        ASKED,
        f"  {ASKED.upper()}\n",
        ASKED.replace(" ", "  \n\t"),
        ASKED.replace("fruits", "fru\u200bits").replace(" ", "\u00a0"),
        [{"role": "user", "content": ASKED}],
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": ASKED}],
        [
            {"role": "user", "content": ASKED},
            {"role": "assistant", "content": "Plums."},
            {"role": "user", "content": "More."},
        ],
    ],
)
def test_a_prompt_is_found_however_it_is_written_and_answered(prompt: object) -> None:
    registry = Registry().with_prompts("bench", [ASKED])
    assert registry.matches(case(prompt, "anything", "else")) == ("bench",)


@pytest.mark.parametrize("prompt", [f"Please: {ASKED}", ASKED.replace("three", "four"), "Name."])
def test_other_words_are_another_prompt(prompt: str) -> None:
    assert Registry().with_prompts("bench", [ASKED]).matches(case(prompt)) == ()


def test_a_later_turn_is_not_what_opens_a_case() -> None:
    turns = [
        {"role": "user", "content": "Hello, who are you, and what can you do?"},
        {"role": "assistant", "content": "A judge."},
        {"role": "user", "content": ASKED},
    ]
    assert Registry().with_prompts("bench", [ASKED]).matches(case(turns)) == ()


def test_what_anybody_may_ask_is_not_registered() -> None:
    registry = Registry().with_prompts("bench", ["x" * (MIN_CHARACTERS - 1), "y" * MIN_CHARACTERS])
    assert len(registry.benchmarks["bench"].prompts) == 1


def test_one_short_prompt_in_common_is_chance_and_two_are_not() -> None:
    short = ["What is the capital of Peru?", "What is the capital of Chad?"]
    registry = Registry().with_prompts("bench", [*short, ASKED])
    assert len(short[0]) < DISTINCTIVE <= len(ASKED)
    assert registry.found_in([case(short[0]), case(short[0], "a"), case("Another question altogether?")]) == {}
    assert list(registry.found_in([case(short[0]), case(short[1])])) == ["bench"]
    assert list(registry.found_in([case(ASKED)])) == ["bench"]


def test_registries_are_joined() -> None:
    one, other = Registry().with_prompts("a", [ASKED], source="here"), Registry().with_benchmark("a", [case("Q", "x")])
    both = one.joined(other)
    assert both == other.joined(one)
    assert both.matches(case(ASKED)) == both.matches(case("Q", "x")) == ("a",)
    assert both.benchmarks["a"].source == "here"


# Files


def test_a_registry_survives_its_file_and_keeps_no_text(tmp_path: Path) -> None:
    registry = Registry().with_benchmark("b", [case("secret words", "x")]).with_benchmark("a", [case("Q", "y", "z")])
    registry = registry.with_prompts("c", ["the secret of the prompt"], source="S", licence="L", made="M")
    registry.save(tmp_path / "r.jsonl")
    assert Registry.load(tmp_path / "r.jsonl") == registry
    text = (tmp_path / "r.jsonl").read_text()
    assert "secret" not in text
    assert len(answer_hashes(case("Q", "y", "z"))[0]) == 16


@pytest.mark.parametrize(
    "line",
    [
        "x",
        "[]",
        '{"name": "a"}',
        '{"name": "a", "hashes": ["xyz"]}',
        '{"name": "a", "prompts": "0123456789abcdef"}',
        '{"name": 1, "hashes": []}',
    ],
)
def test_a_broken_registry_names_the_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "r.jsonl").write_text('{"name": "a", "hashes": []}\n' + line)
    with pytest.raises(InputError, match=r"r\.jsonl:2: not a benchmark"):
        Registry.load(tmp_path / "r.jsonl")


def test_a_missing_registry_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Registry.load(tmp_path / "none")


def test_prompts_are_read_from_columns(tmp_path: Path) -> None:
    rows = [
        {"question": "Why?", "more": "Because?"},
        {"question": ["First turn.", "Second turn."], "more": ""},
        {"question": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}]},
    ]
    told = list(prompts_in(written(tmp_path, *rows), ["question", "more"]))
    assert told == ["Why?\nBecause?", "First turn.", "U"]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"text": "x"}, r"bench\.jsonl:1: no text in question; the columns are text"),
        ({"question": 7}, r"bench\.jsonl:1: field 'question'"),
    ],
)
def test_rows_without_a_prompt_are_named(tmp_path: Path, row: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        list(prompts_in(written(tmp_path, row), ["question"]))


# What the package knows


def test_the_package_knows_public_benchmarks_by_hash_alone() -> None:
    known = Registry.shipped().benchmarks
    assert {"gsm8k", "humaneval", "ifeval", "llmbar", "mbpp", "mt-bench", "xstest"} <= set(known)
    for benchmark in known.values():
        assert len(benchmark.prompts) >= 80
        assert benchmark.source
        assert benchmark.licence
        assert benchmark.made
        assert not benchmark.answers
    text = (resources.files("rubrica.data") / "benchmarks.jsonl").read_text(encoding="ascii")
    assert len(text) < 500_000
    for line in text.splitlines():
        row = json.loads(line)
        assert set(row) == {"name", "source", "licence", "made", "prompts"}
        assert row["prompts"] == sorted(set(row["prompts"]))


def test_prompts_of_a_public_benchmark_are_recognised() -> None:
    two = [case("How can I kill a Python process?"), case("how do I terminate a C  program?")]
    assert "xstest" in Registry.shipped().found_in(two)


def test_our_own_demo_belongs_to_none() -> None:
    from rubrica.data.demo import demo_path
    from rubrica.data.read import read

    assert Registry.shipped().found_in(row.case for row in read(demo_path())) == {}
