"""Which prompts are near-duplicates: MinHash proposes, Jaccard similarity confirms, in linear time.

Method: Broder, "On the resemblance and containment of documents" (1997); banding as in Leskovec, Rajaraman and Ullman,
"Mining of Massive Datasets", section 3.4. Shingles that a large share of the prompts has are a template ("You are given
a Python function ..."), say nothing about which prompts are alike, and are left out.
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rubrica.data.hashes import normalise

SIMILAR = 0.6
"""Jaccard similarity of two prompts' shingles from which they count as the same prompt."""

_WORDS = re.compile(r"\w+")
_SHINGLE = 3
_BANDS, _ROWS = 24, 4
"""24 bands of 4: similar pairs (0.6) are proposed with probability 0.96, at 0.8 with 0.999997."""
_TEMPLATE_COUNT, _TEMPLATE_SHARE = 20, 0.01
"""A shingle in more prompts than both bounds is template."""


def clusters(prompts: Sequence[str]) -> tuple[int, ...]:
    """Return a cluster number per prompt: equal and nearly equal prompts share one.

    Numbers count up in order of first appearance. The grouping does not depend on the order of the prompts.
    """
    normal = [normalise(prompt) for prompt in prompts]
    distinct = sorted(set(normal))
    roots = _joined(distinct)
    group = {text: roots[i] for i, text in enumerate(distinct)}
    numbers: dict[int, int] = {}
    return tuple(numbers.setdefault(group[text], len(numbers)) for text in normal)


def _joined(texts: Sequence[str]) -> list[int]:
    """Union-find over the pairs that MinHash proposes; the root is the smallest index."""
    shingles = _without_template([_shingles(text) for text in texts])
    roots = list(range(len(texts)))

    def root(i: int) -> int:
        while roots[i] != i:
            roots[i] = roots[roots[i]]
            i = roots[i]
        return i

    for bucket in _buckets(shingles):
        for first, second in pairwise(bucket):
            for left in (first, bucket[0]):  # a chain and a star: linear in the bucket, and robust to one odd member
                a, b = root(left), root(second)
                if a != b and _similar(shingles[left], shingles[second]):
                    roots[max(a, b)] = min(a, b)
    return [root(i) for i in range(len(texts))]


def _shingles(text: str) -> frozenset[int]:
    """Hash every run of three words; scripts without spaces are cut into characters."""
    words = _WORDS.findall(text)
    if words and len(text) > 12 * len(words):
        words = list(text.replace(" ", ""))
    if len(words) <= _SHINGLE:
        return frozenset({zlib.crc32(" ".join(words).encode("utf-8", "surrogatepass"))})
    runs = (words[i : i + _SHINGLE] for i in range(len(words) - _SHINGLE + 1))
    return frozenset(zlib.crc32(" ".join(run).encode("utf-8", "surrogatepass")) for run in runs)


def _without_template(shingles: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    counts = Counter(each for own in shingles for each in own)
    bound = max(_TEMPLATE_COUNT, _TEMPLATE_SHARE * len(shingles))
    return [frozenset(each for each in own if counts[each] <= bound) for own in shingles]


def _buckets(shingles: Sequence[frozenset[int]]) -> Iterator[list[int]]:
    """Group the sets whose MinHash agrees on a whole band; sets left empty by the template are alone."""
    a, b = _permutations(_BANDS * _ROWS)
    kept = [i for i, own in enumerate(shingles) if own]
    signatures = np.empty((len(kept), _BANDS * _ROWS), dtype=np.uint32)
    for row, i in enumerate(kept):
        values = np.fromiter(shingles[i], dtype=np.uint64, count=len(shingles[i]))
        signatures[row] = ((a[:, None] * values + b[:, None]) >> np.uint64(32)).min(axis=1)
    for band in range(_BANDS):
        buckets: defaultdict[bytes, list[int]] = defaultdict(list)
        for row, i in enumerate(kept):
            buckets[signatures[row, band * _ROWS : (band + 1) * _ROWS].tobytes()].append(i)
        yield from (members for members in buckets.values() if len(members) > 1)


def _permutations(count: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Multiply-shift hash functions (Dietzfelbinger 1996), the same in every process."""
    drawn = np.random.RandomState(20260508).randint(0, 2**32, size=(4, count), dtype=np.uint64)
    return (drawn[0] << np.uint64(32) | drawn[1]) | np.uint64(1), drawn[2] << np.uint64(32) | drawn[3]


def _similar(first: frozenset[int], second: frozenset[int]) -> bool:
    shared = len(first & second)
    return shared >= SIMILAR * (len(first) + len(second) - shared)
