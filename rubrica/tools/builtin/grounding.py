"""Whether the numbers, names and dates of the answer come from the source that the task hands over."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Literal

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.builtin.language import identify
from rubrica.tools.facts import Particular, dates, measured, names, numbers, spelled
from rubrica.tools.passage import source_of
from rubrica.tools.text import read, stem
from rubrica.types import Candidate, TaskView, Value

_LIST_MARK = re.compile(r"^[ \t#*_>(]*\d{1,3}[.):](?=[ \t*_])", re.MULTILINE)


def _blank(mark: re.Match[str]) -> str:
    return " " * len(mark[0])


_FINDERS: dict[str, Callable[[str], tuple[Particular, ...]]] = {
    "numbers": lambda text: numbers(_LIST_MARK.sub(_blank, text)) + measured(text),
    "names": names,
    "dates": dates,
}
_HEDGE = re.compile(
    r"\b(?:(more than|over|at least|above|upwards of|in excess of)|(less than|fewer than|under|below|up to|at most)"
    r"|(?:about|around|roughly|approximately|nearly|almost|some|close to|just over|just under))"
    r"\s{1,3}(?:an?\s)?[$€£¥]?\s?$",
    re.IGNORECASE,
)
_APART = re.compile(r"(?<=\d)([.,]) (?=\d)")
"""A number that a tokeniser took apart: "12, 500", "3. 4 million"."""
_SHOWN = 40
"""Characters of the source that are shown."""


class GroundingArguments(Value):
    """Which particulars to look up."""

    of: Literal["all", "numbers", "names", "dates"] = "all"


@builtin(
    "grounding",
    "Share of the answer's numbers, names and dates that occur in the source; null without a source or particulars.",
    arguments=GroundingArguments,
)
def grounding(task: TaskView, candidate: Candidate, arguments: GroundingArguments) -> Iterator[Observation]:
    """Look up every particular; the first one that is missing is the span, all of them are in the data."""
    claim = f"{'particulars' if arguments.of == 'all' else arguments.of} of the answer occur in the source"
    source = source_of(task)
    if not source:
        yield Observation(claim, None, "the task has no source")
        return
    if read_task(task.prompt).writes:
        yield Observation(claim, None, "the answer is code, which has numbers of its own")
        return
    known = f"{source}\n{task.prompt}"
    kinds = _FINDERS if arguments.of == "all" else {arguments.of: _FINDERS[arguments.of]}
    if _translated(source, candidate.text):
        kinds = {kind: find for kind, find in kinds.items() if kind == "numbers"}
    found = {kind: find(candidate.text) for kind, find in kinds.items()}
    within = [(part.start, part.end) for part in found.get("dates", ())]
    if arguments.of == "all":  # the day, month and year of a date are not looked up again
        found = {kind: parts if kind == "dates" else _outside(parts, within) for kind, parts in found.items()}
    missing = [
        (kind, part)
        for kind, parts in found.items()
        for part in parts
        if not _known(kind, part, known) and not (kind == "numbers" and _rounds(candidate.text, part, known))
    ]
    derived = _derived(found.get("numbers", ()), {id(part) for _, part in missing})
    missing = [(kind, part) for kind, part in missing if part.key not in derived]
    total = sum(map(len, found.values()))
    if not total:
        yield Observation(claim, None, "the answer holds none")
        return
    missing.sort(key=lambda item: item[1].start)
    lost = [candidate.text[part.start : part.end] for _, part in missing[:20]]
    where = read(candidate.text).span(missing[0][1].start, missing[0][1].end) if missing else None
    detail = f"{len(missing)} of {total} not in the source" + (f": {', '.join(lost[:5])}" if lost else "")
    yield Observation(claim, 1 - len(missing) / total, detail, where, {"missing": list(lost)})


def _translated(source: str, answer: str) -> bool:
    """Whether the answer is in another language, in which names and months have other words."""
    theirs, ours = (identify(text[:2000])[0] for text in (source, answer))
    return "und" not in (ours, theirs) and ours != theirs


def _outside(parts: Iterable[Particular], spans: Sequence[tuple[int, int]]) -> tuple[Particular, ...]:
    return tuple(part for part in parts if not any(start <= part.start and part.end <= end for start, end in spans))


def _derived(found: Iterable[Particular], missing: set[int]) -> frozenset[str]:
    """Sums and differences of two numbers that the answer takes from the source: 17 found, 12 fixed, 5 open."""
    taken = [float(part.key) for part in found if id(part) not in missing][:12]
    pairs = [(a, b) for i, a in enumerate(taken) for b in taken[i + 1 :]]
    return frozenset(f"{value:.10g}" for a, b in pairs for value in (a + b, abs(a - b)))


def _known(kind: str, part: Particular, source: str) -> bool:
    if kind == "numbers":
        return part.key in _keys(source)
    if kind == "dates":
        wanted = set(part.key.split())
        return any(wanted <= set(other.key.split()) for other in dates(source)) or wanted <= read(source).vocabulary
    held = read(source)
    known = all(word in held.vocabulary or stem(word) in held.content for word in part.key.split())
    return known or _begins_a_word(part.key, source)


def _counts(text: str) -> tuple[Particular, ...]:
    """Find the numbers that count something: the day and year of a date do not, whatever word comes next.

    A bare "1800" may be a year or a count, and is kept.
    """
    return _outside(numbers(text), [(part.start, part.end) for part in dates(text) if " " in part.key])


@lru_cache(maxsize=64)
def _keys(source: str) -> frozenset[str]:
    """Collect the numbers of a source, those that a tokeniser took apart put together again."""
    found = {part.key for part in numbers(source)} | spelled(source)
    return frozenset(found | {part.key for part in numbers(_APART.sub(r"\1", source))})


def _rounds(text: str, part: Particular, source: str) -> bool:
    """Whether the words before a number say that it is rounded ("more than 100"), and the source has one that fits."""
    hedge = _HEDGE.search(text[max(0, part.start - 24) : part.start])
    if hedge is None:
        return False
    value = float(part.key)
    low, high = (value, 1.5 * value) if hedge[1] else (value / 1.5, value) if hedge[2] else (0.9 * value, 1.1 * value)
    return any(low <= float(key) <= high for key in _keys(source))


def _begins_a_word(name: str, source: str) -> bool:
    """Whether the name stands in the source with something grown onto its end: "Vela'14", or a space that was lost."""
    return len(name) > 2 and re.search(rf"(?<!\w){re.escape(name)}", read(source).lower) is not None


@builtin(
    "number-contradiction",
    "1 when no number of the answer stands where the source has another number of the same thing; 0 when one does.",
)
def number_contradiction(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Hold numbers of the same unit against each other, where the words around them agree."""
    claim = "no number contradicts the source"
    source = source_of(task)
    if not source:
        yield Observation(claim, None, "the task has no source")
        return
    if read_task(task.prompt).writes:
        yield Observation(claim, None, "the answer is code, which has numbers of its own")
        return
    theirs = [part for part in _counts(source) if part.unit]
    said = _LIST_MARK.sub(_blank, candidate.text)
    ours = [part for part in _counts(said) if part.unit and part.unit in {other.unit for other in theirs}]
    if not ours:
        yield Observation(claim, None, "no number of a unit that the source has")
        return
    known = _keys(source)
    for part in ours:
        rivals = [other for other in theirs if other.unit == part.unit]
        if part.key in known or _rounds(said, part, source) or part.unit in {"$", "€", "£", "¥", "%"}:
            continue
        near = _around(candidate.text, part)
        rival = max(rivals, key=lambda other: len(near & _around(source, other)))
        if len(near & _around(source, rival)) >= 2 or len(rivals) == 1:
            words = " ".join(source[rival.start :].split(maxsplit=2)[:2])[:_SHOWN]
            detail = f"the source says {words!r}"
            yield Observation(claim, 0.0, detail, read(candidate.text).span(part.start, part.end))
            return
    yield Observation(claim, 1.0, f"{len(ours)} numbers compared")


def _around(text: str, part: Particular) -> frozenset[str]:
    window = text[max(0, part.start - 60) : part.end + 60]
    return frozenset(stem for stem in read(window).content if not stem.isdigit())
