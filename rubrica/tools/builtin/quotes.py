"""Whether the passages that the answer puts in quotation marks stand in the source."""

import re
from collections.abc import Iterator

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.passage import source_of
from rubrica.tools.text import read
from rubrica.types import Candidate, Span, TaskView

_QUOTED = re.compile(r'"([^"\n]{8,600})"|“([^“”\n]{8,600})”|«([^«»\n]{8,600})»|^>[ \t]?(.{8,600})$', re.MULTILINE)
_MIN_WORDS = 3


def quotations(text: str) -> list[Span]:
    """Find quoted passages of at least three words; block quotes count."""
    found = []
    for match in _QUOTED.finditer(text):
        start, end = match.span(match.lastindex or 0)
        if len(read(text[start:end]).words) >= _MIN_WORDS:
            found.append(read(text).span(start, end))
    return found


def stands_in(passage: str, source: str) -> bool:
    """Whether the words of the passage follow each other in the source; "..." and "[...]" join pieces that do."""
    haystack = f" {' '.join(read(source).words)} "
    pieces = [" ".join(read(piece).words) for piece in re.split(r"\[?(?:\.{3}|…)\]?|\[[^\]]{0,40}\]", passage)]
    return all(f" {piece} " in haystack for piece in pieces if piece)


@builtin(
    "quotes", "Share of the answer's quotations that stand verbatim in the source; null without source or quotations."
)
def quotes(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Look up every quotation."""
    claim = "quotations stand verbatim in the source"
    source = source_of(task)
    if source and read_task(task.prompt).writes:
        yield Observation(claim, None, "the answer is code, where quotation marks do not quote")
        return
    found = quotations(candidate.text) if source else []
    if not found:
        yield Observation(claim, None, "no quotation" if source else "the task has no source")
        return
    missing = [
        part for part in found if not stands_in(candidate.text[part.start : part.end], f"{source}\n{task.prompt}")
    ]
    value = 1 - len(missing) / len(found)
    yield Observation(
        claim, value, f"{len(missing)} of {len(found)} not in the source", missing[0] if missing else None
    )
