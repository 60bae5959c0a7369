"""Texts as vectors, with no model and no network: hashed word and character n-grams, as deterministic as a checksum."""

import math
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rubrica.tools.text import read

DIMENSION = 512
NAME = f"rubrica-hashed-ngrams-v1-{DIMENSION}"
"""Everything that decides a vector; another embedding has another name, and a collection of its own."""
LONGEST = 20_000
"""Characters of a text that are read."""
CHARACTERS = 4
"""Length of the character n-grams, which let "summarise" meet "summary"."""
_WEIGHTS = {"w": 1.0, "p": 0.5, "c": 0.35}
"""Content words, pairs of words, character n-grams."""


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Return one unit vector per text, shape (n, DIMENSION); a text without words is the zero vector.

    Each distinct n-gram adds weight * (1 + ln tf) to one signed place (Weinberger et al. 2009, feature hashing).
    """
    vectors = np.zeros((len(texts), DIMENSION), dtype=np.float64)
    for row, text in zip(vectors, texts, strict=True):
        for gram, count in Counter(_grams(text[:LONGEST])).items():
            place = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
            value = _WEIGHTS[gram[0]] * (1.0 + math.log(count))
            row[place % DIMENSION] += value if place & 0x8000_0000 else -value
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    np.divide(vectors, norms, out=vectors, where=norms > 0)
    return vectors.astype(np.float32)


def _grams(text: str) -> Iterator[str]:
    reading = read(text)
    words = reading.words
    for stem in reading.stems:
        yield f"w{stem}"
    for before, after in pairwise(words):
        yield f"p{before} {after}"
    for word in words:
        edged = f" {word} "
        for start in range(max(1, len(edged) - CHARACTERS + 1)):
            yield f"c{edged[start : start + CHARACTERS]}"


@cache
def chroma_function() -> Any:
    """Return `embed` as chromadb knows embedding functions, registered under NAME."""
    from chromadb.utils.embedding_functions import EmbeddingFunction, register_embedding_function

    @register_embedding_function
    class HashedNgrams(EmbeddingFunction[Any]):  # type: ignore[misc]  # chromadb is untyped here
        def __init__(self) -> None:
            """Take no settings: NAME holds them."""

        def __call__(self, input: Any) -> Any:  # noqa: A002 - chromadb calls it by this name
            return list(embed(input))

        @staticmethod
        def name() -> str:
            return NAME

        def get_config(self) -> dict[str, Any]:
            return {}

        @staticmethod
        def build_from_config(config: dict[str, Any]) -> "HashedNgrams":
            del config
            return HashedNgrams()

        def default_space(self) -> str:
            return "cosine"

        def supported_spaces(self) -> list[str]:
            return ["cosine"]

        @staticmethod
        def validate_config(config: dict[str, Any]) -> None:
            """Accept anything: there is nothing to configure."""

        def validate_config_update(self, old_config: dict[str, Any], new_config: dict[str, Any]) -> None:
            """Accept anything: there is nothing to configure."""

    return HashedNgrams()
