"""How much of the answer says the same again: repeated lines and sentences, word loops, and what compresses away."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.text import Text, read
from rubrica.types import Candidate, Span, TaskView

_NGRAM = 6
_MIN_WORDS = 12
_LOOP = 4
_MIN_ITEMS = 4
_MARK = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•+])\s+")
_TYPICAL_RATIO = 0.25
"""Deflated share of its bytes below which prose of some length is degenerate; ordinary English lies near 0.4 to 0.6."""


def repeated_share(reading: Text) -> float:
    """Share of the text's 6-word runs that occurred before in it, in [0, 1]; 0 when it is shorter than two runs."""
    words = reading.words
    runs = len(words) - _NGRAM + 1
    if runs < 2:
        return 0.0
    distinct = len(set(zip(*(words[i:] for i in range(_NGRAM)), strict=False)))
    return (runs - distinct) / runs


def repeated_sentence(reading: Text) -> Span | None:
    """Find the first sentence of at least five words that stands in the text a second time."""
    seen: set[tuple[str, ...]] = set()
    for (start, end), words in zip(reading.sentences, reading.sentence_words, strict=True):
        if len(words) >= 5 and words in seen:
            return reading.span(start, end)
        seen.add(words)
    return None


def loop(reading: Text) -> Span | None:
    """Find a word that follows itself four times, or a line that follows itself three times."""
    run = 1
    for i, (before, after) in enumerate(pairwise(reading.words)):
        run = run + 1 if before == after and not after.isdigit() else 1
        if run > _LOOP:
            return reading.span(reading.tokens[i + 1 - _LOOP][0], reading.tokens[i + 1][1])
    same = 1
    for first, second in pairwise(reading.lines):
        same = same + 1 if _bare(first) == _bare(second) and len(second) > 3 else 1
        if same >= 3:
            at = reading.raw.find(second)
            return reading.span(at, at + len(second))
    return None


def _bare(line: str) -> str:
    """Return a line without the mark or number of a list item."""
    return _MARK.sub("", line)


def repeated_items(reading: Text) -> float:
    """Share of the list items that stand in the text already; 0 when there are fewer than four."""
    items = [_bare(line).lower() for line in reading.lines if _MARK.match(line)]
    return (len(items) - len(set(items))) / len(items) if len(items) >= _MIN_ITEMS else 0.0


def deflated_share(text: str) -> float:
    """Size after zlib compression over size before, in bytes; above 1 for very short texts."""
    raw = text.encode("utf-8", "surrogatepass")[:200_000]
    return len(zlib.compress(raw, 1)) / max(1, len(raw))


@builtin(
    "repetition", "The answer does not repeat itself: 1 no repetition, 0 a loop; counts 6-word runs, sentences, lines."
)
def repetition(_task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Grade how little is said twice."""
    claim = "the answer does not repeat itself"
    reading = read(candidate.text)
    if len(reading.words) < _MIN_WORDS:
        yield Observation(claim, None, "too short to tell")
        return
    circle = loop(reading)
    share = repeated_share(reading)
    again = repeated_sentence(reading)
    lines = Counter(line for line in reading.lines if len(line) > 20)
    double = max(sum(count - 1 for count in lines.values()) / max(1, len(reading.lines)), repeated_items(reading))
    deflated = deflated_share(candidate.text)
    degenerate = len(candidate.text) > 600 and deflated < _TYPICAL_RATIO
    value = 0.0 if circle else max(0.0, 1 - 2 * max(share, double))
    if degenerate:
        value = min(value, 0.25)
    elif again is not None:
        value = min(value, 0.75)
    detail = f"{share:.0%} of 6-word runs occur again, deflates to {deflated:.0%}"
    yield Observation(
        claim, value, detail, circle or again, {"repeated": round(share, 4), "deflated": round(deflated, 4)}
    )
