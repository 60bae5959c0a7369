"""How easily English prose reads, by the classical formulas over sentence length and word length."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import builtin
from rubrica.tools.text import Text, read
from rubrica.types import Candidate, TaskView, Value

_VOWELS = re.compile(r"[aeiouy]+")
_MIN_WORDS = 20


class ReadabilityArguments(Value):
    """Which formula."""

    formula: Literal["flesch", "grade", "ari"] = "flesch"
    """`flesch`: reading ease; `grade`: Flesch-Kincaid school grade; `ari`: automated readability index, a grade too."""


@lru_cache(maxsize=16384)
def syllables(word: str) -> int:
    """Count vowel groups, without a silent final e; at least one."""
    groups = len(_VOWELS.findall(word))
    return max(1, groups - (word.endswith("e") and not word.endswith(("le", "ee"))))


def flesch(reading: Text) -> float:
    """Compute reading ease, 0 (hard) to 100 (easy): 206.835 - 1.015 words/sentence - 84.6 syllables/word (Flesch)."""
    words, sentences = len(reading.words), max(1, len(reading.sentences))
    return 206.835 - 1.015 * words / sentences - 84.6 * sum(map(syllables, reading.words)) / max(1, words)


def grade(reading: Text) -> float:
    """Compute the school grade: 0.39 words/sentence + 11.8 syllables/word - 15.59 (Kincaid et al. 1975)."""
    words, sentences = len(reading.words), max(1, len(reading.sentences))
    return 0.39 * words / sentences + 11.8 * sum(map(syllables, reading.words)) / max(1, words) - 15.59


def ari(reading: Text) -> float:
    """Compute the school grade: 4.71 characters/word + 0.5 words/sentence - 21.43 (Smith and Senter 1967)."""
    words, sentences = len(reading.words), max(1, len(reading.sentences))
    return 4.71 * sum(map(len, reading.words)) / max(1, words) + 0.5 * words / sentences - 21.43


@builtin(
    "readability",
    "How easily the answer reads: 1 very easy, 0 very hard; null below 20 words.",
    arguments=ReadabilityArguments,
)
def readability(_task: TaskView, candidate: Candidate, arguments: ReadabilityArguments) -> Iterator[Observation]:
    """Map reading ease 0..100 to 0..1, or grade 0..20 to 1..0."""
    reading = read(candidate.text)
    claim = f"the answer reads easily ({arguments.formula})"
    if len(reading.words) < _MIN_WORDS:
        yield Observation(claim, None, "fewer than 20 words")
        return
    score = {"flesch": flesch, "grade": grade, "ari": ari}[arguments.formula](reading)
    value = score / 100 if arguments.formula == "flesch" else 1 - score / 20
    yield Observation(claim, min(1.0, max(0.0, value)), f"{score:.1f}", data={"score": round(score, 2)})
