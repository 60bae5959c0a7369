"""How the answer stands to its source: what it covers, what it adds, how much it copies, what a rewrite keeps."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from math import log
from typing import Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import builtin
from rubrica.tools.facts import names, numbers
from rubrica.tools.passage import source_of
from rubrica.tools.text import Text, read
from rubrica.types import Candidate, Span, TaskView, Value

Aspect = Literal["salient", "lead", "support", "novelty", "copying", "density", "kept", "changed", "compression"]


class CoverageArguments(Value):
    """Which relation of answer and source."""

    of: Aspect = "salient"
    """`salient`: recall of the source's content words, weighted by how often and how early they occur;
    `lead`: recall of the content of its first three sentences; `support`: mean over the answer's sentences of the best
    share of their content found in one source sentence; `novelty`: share of the answer's content words not in the
    source; `copying`: share of the answer's words in runs of 8 taken from it; `density`: mean length of the copied
    runs over 20 words (Grusky et al. 2018), at most 1; `kept`: share of the source's particulars and content that a
    rewrite keeps; `changed`: share of the words that a rewrite changes; `compression`: 1 - words over source words."""


@builtin(
    "coverage",
    "How the answer stands to its source, by argument `of`; null without a source.",
    arguments=CoverageArguments,
)
def coverage(task: TaskView, candidate: Candidate, arguments: CoverageArguments) -> Iterator[Observation]:
    """Measure one relation."""
    claim = f"relation to the source: {arguments.of}"
    source, answer = read(source_of(task)), read(candidate.text)
    if len(source.words) < 4 or not answer.words:
        yield Observation(claim, None, "the answer is empty" if source.words else "the task has no source")
        return
    value, where = _measure(arguments.of, answer, source)
    yield Observation(claim, min(1.0, max(0.0, value)), f"{value:.3f}", where)


def _measure(of: Aspect, answer: Text, source: Text) -> tuple[float, Span | None]:
    if of == "support":
        return support(answer, source)
    if of in {"copying", "density"}:
        runs = copied_runs(answer, source)
        long = [run for run in runs if run >= 8]
        square = sum(run * run for run in runs) / len(answer.words)
        return (sum(long) / len(answer.words) if of == "copying" else min(1.0, square / 20)), None
    simple = {
        "salient": lambda: salient_recall(answer, source),
        "lead": lambda: _recall(answer.content, frozenset().union(*source.sentence_content[:3])),
        "novelty": lambda: 1 - _recall(source.content, answer.content),
        "kept": lambda: kept(answer, source),
        "changed": lambda: changed(answer, source),
        "compression": lambda: 1 - len(answer.words) / len(source.words),
    }
    return simple[of](), None


def _recall(found: frozenset[str], wanted: frozenset[str]) -> float:
    return len(found & wanted) / len(wanted) if wanted else 0.0


@lru_cache(maxsize=64)
def salience(source: str) -> dict[str, float]:
    """Weigh the source's content stems: (1 + log count) * (1 + 1 / (1 + sentence of first use))."""
    reading = read(source)
    counts = Counter(reading.stems)
    first: dict[str, int] = {}
    for index, content in enumerate(reading.sentence_content):
        for stem in content:
            first.setdefault(stem, index)
    return {stem: (1 + log(n)) * (1 + 1 / (1 + first.get(stem, 0))) for stem, n in counts.items()}


def salient_recall(answer: Text, source: Text) -> float:
    """Weighted share of the source's 40 heaviest content stems that the answer holds."""
    weights = salience(source.raw)
    top = sorted(weights, key=lambda stem: (-weights[stem], stem))[:40]
    total = sum(weights[stem] for stem in top)
    return sum(weights[stem] for stem in top if stem in answer.content) / total if total else 0.0


def support(answer: Text, source: Text) -> tuple[float, Span | None]:
    """Mean over answer sentences of the best content share in one source sentence, and the sentence with the least."""
    theirs = source.sentence_content[:200]
    scores = []
    for (start, end), ours in zip(answer.sentences[:60], answer.sentence_content, strict=False):
        if len(ours) >= 2:
            best = max((len(ours & other) for other in theirs), default=0) / len(ours)
            scores.append((best, start, end))
    if not scores:
        return 0.0, None
    least = min(scores)
    return sum(score for score, _, _ in scores) / len(scores), answer.span(least[1], least[2])


def copied_runs(answer: Text, source: Text) -> list[int]:
    """Lengths of the maximal runs of 3 words and more that the answer shares with the source, from the left."""
    index: dict[tuple[str, ...], list[int]] = {}
    theirs, ours = source.words, answer.words
    for position, gram in enumerate(zip(theirs, theirs[1:], theirs[2:], strict=False)):
        places = index.setdefault(gram, [])
        if len(places) < 8:
            places.append(position)
    runs = []
    i = 0
    while i < len(ours) - 2:
        best = 0
        for position in index.get((ours[i], ours[i + 1], ours[i + 2]), ()):
            length = 3
            while i + length < len(ours) and position + length < len(theirs) and length < 200:
                if ours[i + length] != theirs[position + length]:
                    break
                length += 1
            best = max(best, length)
        if best:
            runs.append(best)
        i += best or 1
    return runs


def kept(answer: Text, source: Text) -> float:
    """Share of the source's content stems in the answer; half of it, when there are any, its numbers and names."""
    content = _recall(answer.content, source.content)
    particulars = {part.key for part in (*numbers(source.raw), *names(source.raw))}
    if not particulars:
        return content
    held = {part.key for part in numbers(answer.raw)}
    there = sum(key in held or all(word in answer.vocabulary for word in key.split()) for key in particulars)
    return (content + there / len(particulars)) / 2


def changed(answer: Text, source: Text) -> float:
    """1 - twice the words in common (as bags) over the words of both: 0 = the same words."""
    ours, theirs = Counter(answer.words), Counter(source.words)
    return 1 - 2 * (ours & theirs).total() / (ours.total() + theirs.total())
