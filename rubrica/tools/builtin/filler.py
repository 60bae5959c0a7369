"""Phrases without content: the model on itself, ready-made openings and closings, padding, the question again."""

from collections.abc import Iterator

from rubrica.tools import lexicon
from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.blocks import prose
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.passage import split_prompt
from rubrica.tools.phrasing import phrases_in
from rubrica.tools.text import read
from rubrica.types import Candidate, Span, TaskView

_OPENING = lexicon.patterns("filler")["opening"]
_KINDS = frozenset(("self_reference", "closing", "padding"))
_FULL = 0.15
_SHOWN = 60
"""Characters of a phrase that are named."""


@builtin("filler", "The answer is free of filler: 1 none, 0 when 15% or more of its characters are ready-made phrases.")
def filler(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Grade the share of the answer that fills."""
    claim = "the answer is free of filler"
    text = candidate.text
    if not text.strip():
        yield Observation(claim, None, "the answer is empty")
        return
    text = prose(text, bare=read_task(task.prompt).writes)
    if not text.strip():
        yield Observation(claim, 1.0, "there is nothing but code")
        return
    reading = read(text)
    found = [
        reading.span(reading.tokens[start][0], reading.tokens[end - 1][1])
        for kind, start, end in phrases_in(reading.raw)
        if kind in _KINDS
    ]
    opening = _OPENING.match(text)
    if opening is not None:
        found.append(reading.span(*opening.span()))
    again = restated(text, task.prompt)
    if again is not None:
        found.append(again)
    share = sum(part.end - part.start for part in found) / len(text)
    first = min(found, key=lambda part: part.start, default=None)
    told = f"{len(found)} phrase{'s' if len(found) != 1 else ''}, {share:.0%} of the text"
    if first is not None:
        told += f", such as {first.text[:_SHOWN]!r}"
    where = read(candidate.text).span(first.start, first.end) if first else None
    yield Observation(claim, max(0.0, 1 - share / _FULL), told, where)


def restated(text: str, prompt: str) -> Span | None:
    """Find a first sentence that only says the question again: it ends in "?" or ":" and adds no content word."""
    sentences = read(text).sentences
    asked = read(split_prompt(prompt).instruction).content
    if len(sentences) < 2 or not asked:
        return None
    start, end = sentences[0]
    said = read(text[start:end]).content
    adds_nothing = len(said) >= 3 and len(said - asked) <= len(said) * 0.2
    one_line = "\n" not in text[start:end]
    return read(text).span(start, end) if adds_nothing and one_line and text[end - 1] in "?:" else None
