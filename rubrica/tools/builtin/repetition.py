"""How much of the answer says the same again: repeated lines and sentences, word loops, and what compresses away."""

import re
import zlib
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.blocks import prose
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.text import Text, read
from rubrica.types import Candidate, Span, TaskView

_NGRAM = 6
_MIN_WORDS = 12
_LOOP = 4
_MIN_ITEMS = 4
_MARK = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•+])\s+")
_TAG = re.compile(r"</?[A-Za-z][\w-]{0,20}(?:\s[^<>\n]{0,300})?/?>")
_TYPICAL_RATIO = 0.25
"""Deflated share of its bytes below which prose of some length is degenerate; ordinary English lies near 0.4 to 0.6."""
_CODE_RATIO = 0.12
"""The same for an answer with code in it, whose lines are alike by nature."""


def repeated_share(reading: Text) -> float:
    """Share of the text's 6-word runs that occurred before in it, in [0, 1]; 0 when it is shorter than two runs.

    Where characters are the words, runs are twice as long: six of them are one term that a text may well repeat.
    """
    words = reading.words
    size = 2 * _NGRAM if reading.by_character else _NGRAM
    runs = len(words) - size + 1
    if runs < 2:
        return 0.0
    distinct = len(set(zip(*(words[i:] for i in range(size)), strict=False)))
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
def repetition(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Grade how little is said twice; of code, only a loop without end counts."""
    claim = "the answer does not repeat itself"
    told = _TAG.sub(lambda tag: " " * len(tag[0]), prose(candidate.text, bare=read_task(task.prompt).writes))
    has_code = told != candidate.text
    whole = deflated_share(candidate.text)
    endless = has_code and len(candidate.text) > 600 and whole < _CODE_RATIO
    reading = read(told)
    if endless:
        yield Observation(claim, 0.25, f"deflates to {whole:.0%}", None, {"deflated": round(whole, 4)})
        return
    if len(reading.words) < _MIN_WORDS:
        short = "the text beside the code is short" if has_code else "too short to tell"
        yield Observation(claim, 1.0 if has_code else None, short)
        return
    circle = loop(reading)
    share = repeated_share(reading)
    again = repeated_sentence(reading)
    lines = Counter(line for line in reading.lines if len(line) > 20)
    double = max(sum(count - 1 for count in lines.values()) / max(1, len(reading.lines)), repeated_items(reading))
    said = "\n".join(reading.lines) if has_code else told
    deflated = deflated_share(said)
    degenerate = len(said) > 600 and deflated < _TYPICAL_RATIO
    value = 0.0 if circle else max(0.0, 1 - 2 * max(share, double))
    if degenerate:
        value = min(value, 0.25)
    elif again is not None:
        value = min(value, 0.75)
    detail = f"{share:.0%} of 6-word runs occur again, deflates to {deflated:.0%}"
    found = circle or again
    where = read(candidate.text).span(found.start, found.end) if found else None
    yield Observation(claim, value, detail, where, {"repeated": round(share, 4), "deflated": round(deflated, 4)})
