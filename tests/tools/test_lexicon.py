"""The word and pattern files are read, and reading them brings in nothing heavy."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.tools import lexicon

PATTERNS = ("features", "filler", "guard", "harm", "questions", "refusal")
HEAVY = ("numpy", "py3langid", "sacrebleu", "sqlglot", "jsonschema", "markdown_it")


@pytest.mark.parametrize("name", PATTERNS)
def test_every_section_has_a_pattern_that_needs_text(name: str) -> None:
    assert lexicon.patterns(name)
    assert all(pattern.search("") is None for pattern in lexicon.patterns(name).values())


@pytest.mark.parametrize("name", PATTERNS)
@pytest.mark.parametrize("piece", [" ", "\n", "a ", "the ", "i ", "what is the ", "make his ", "[", "1. ", ": "])
def test_patterns_run_in_linear_time(name: str, piece: str) -> None:
    text = piece * (50_000 // len(piece))
    for pattern in lexicon.patterns(name).values():
        pattern.search(text)


@given(st.lists(st.sampled_from(["in", "conclusion", "the", "answer", "is", "perhaps", "not", "so"]), max_size=30))
def test_phrases_are_found_where_they_stand(text: list[str]) -> None:
    for section, start, end in lexicon.phrases("phrases").find(text):
        assert section
        assert tuple(text[start:end]) in {phrase for _, phrase in lexicon.phrases("phrases").heads[text[start]]}


def test_the_text_tools_import_nothing_heavy() -> None:
    tools = (
        "coverage echo filler grounding guard hedging language markdown measure quotes readability reference refusal "
        "relevance repetition structure truncation"
    )
    modules = [f"rubrica.tools.builtin.{name}" for name in tools.split()]
    code = (
        f"import importlib, sys\nfor name in {modules}: importlib.import_module(name)\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
