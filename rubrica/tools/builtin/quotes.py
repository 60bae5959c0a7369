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
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_MIN_WORDS = 3
_PROPOSES = re.compile(
    r"(?:\b(?:should|must|ought to|needs to|has to|could|would|can|might|may|better)(?: (?:be|read|say|write|have|been|"
    r"said|written|rather|instead|actually|probably|simply|just|more|like))+|\binstead,?|[\"”] (?:with|to|by|into|as)"
    r"|\b(?:try|writing|becomes?|changed? (?:it |this |that )?(?:to|into)|replaced? (?:it |this |that )?(?:with|by)"
    r"|(?:correct(?:ed|ion|ly)?|revised|rewritten|rephrased|reworded|improved|better|alternative(?:ly)?|translat\w+)"
    r"(?: (?:version|form|sentence|would|be|is|as|to|into))*|for example|e\.g\.|such as|titled?|called|named|means?"
    r"|meaning|something like)\b[^\w\n]{0,4}|(?:→|->|=>|⇒))\W{0,4}$",
    re.IGNORECASE,
)
"""Words before a quotation that the answer proposes rather than cites: "it should be", "change it to", "->"."""
_CITES = re.compile(
    r"\b(?:you|text|article|author|passage|source|it|he|she|they|report|document|letter|original|sentence|line)\b"
    r"[^.!?\n\"“”«»]{0,20}\b(?:wrote|writes?|says?|said|states?|stated|reads?|claims?|quoted?|mentions?)\b\W{0,4}$",
    re.IGNORECASE,
)
_LOOKED_AT = 60
"""Characters before a quotation that say what it is for."""


def quotations(text: str) -> list[Span]:
    """Find quoted passages of at least three words, block quotes too, but none in code or proposed."""
    found = []
    for match in _QUOTED.finditer(_CODE.sub(lambda code: " " * len(code[0]), text) if "`" in text else text):
        start, end = match.span(match.lastindex or 0)
        if len(read(text[start:end]).words) >= _MIN_WORDS and not _is_proposed(text, start - 1):
            found.append(read(text).span(start, end))
    return found


def _is_proposed(text: str, opening: int) -> bool:
    """Whether the words before a quotation offer it as the answer's own: "you wrote X, it should be Y"."""
    before = text[max(0, opening - _LOOKED_AT) : opening]
    return _PROPOSES.search(before) is not None and _CITES.search(before) is None


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
