"""Vectors depend on nothing but the text."""

import os
import subprocess
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rubrica.memory.embedding import DIMENSION, LONGEST, NAME, chroma_function, embed


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_vectors_are_unit_or_zero_and_do_not_depend_on_company(texts: list[str]) -> None:
    vectors = embed(texts)
    assert vectors.shape == (len(texts), DIMENSION)
    norms = np.linalg.norm(vectors, axis=1)
    assert all(abs(norm - 1) < 1e-5 or norm == 0 for norm in norms)
    assert (embed(texts[:1])[0] == vectors[0]).all()


def test_vectors_are_the_same_in_every_process() -> None:
    program = (
        "from rubrica.memory.embedding import embed; print(embed(['Some text, twice: some text.']).tobytes().hex())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert told == {embed(["Some text, twice: some text."]).tobytes().hex().encode() + b"\n"}


def test_likeness_is_of_words_and_their_forms() -> None:
    asked, near, far = embed(["Summarise the article", "Summaries of articles", "Compute the integral of x"])
    assert asked @ near > 0.2 > asked @ far


def test_long_texts_are_cut() -> None:
    assert (embed(["word " * LONGEST]) == embed([("word " * LONGEST)[:LONGEST]])).all()


def test_chromadb_knows_the_function_by_name_and_dimension() -> None:
    function = chroma_function()
    assert function.name() == NAME
    assert str(DIMENSION) in NAME
    assert (np.asarray(function(["a b c"])) == embed(["a b c"])).all()
