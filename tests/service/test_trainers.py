"""Cutting a response out of a decoded text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rubrica.service.trainers import overlap, response, strip

TEXT = st.text("ab <|>/s\n", max_size=40)


@given(st.permutations("abcdef<|>\n"), st.text("xyz", min_size=1, max_size=20), st.integers(0, 9))
def test_the_response_is_found_when_either_text_lost_its_head(letters: list[str], answer: str, cut: int) -> None:
    prompt = "".join(letters)
    assert response(prompt + answer, prompt) == answer
    assert response(prompt + answer, prompt[cut:]) == answer
    assert response(prompt[cut:] + answer, prompt) == answer


@given(TEXT, TEXT)
def test_overlap_is_the_longest(prompt: str, query: str) -> None:
    ends = [n for n in range(min(len(prompt), len(query)) + 1) if query.startswith(prompt[len(prompt) - n :])]
    assert overlap(prompt, query) == max(ends)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<|im_end|>\n<|endoftext|>", ""),
        ("a <s>b</s> c</s>", "a <s>b</s> c"),
        ("<|assistant|> hello<|eot_id|>\n", " hello"),
        ("a < b |> c", "a < b |> c"),
    ],
)
def test_special_tokens_go_at_the_ends_only(text: str, kept: str) -> None:
    assert strip(text) == kept


def test_hostile_text_takes_linear_time() -> None:
    for text in ("<|" * 50_000, "<s>" * 50_000 + "x", "x" + "</s>" * 30_000, "<|a|>" * 20_000, "a" * 100_000):
        strip(text)
        overlap(text, text[1:])
