"""Whether the answer gives the prompt back instead of an answer."""

import re
from collections.abc import Iterator
from functools import lru_cache

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.builtin.code.task import read_task
from rubrica.tools.features import task_features
from rubrica.tools.text import Text, read
from rubrica.types import Candidate, Span, TaskView

_RUN = 8
_EXTRACT = 0.4
"""Share of the prompt's words below which copied words are an extract of what is given, not an echo."""
_FREE = 0.5
"""Copied share that costs nothing: who goes through options or takes up the words of a question copies some."""
_QUOTE = re.compile(
    r"\b(?:quot(?:e|es|ation|ations|ing)|verbatim|word for word|exact words?|cite|copy|repeat|extract|excerpt)\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=128)
def _runs(prompt: str, size: int) -> frozenset[tuple[str, ...]]:
    words = read(prompt).words
    return frozenset(zip(*(words[i:] for i in range(size)), strict=False))


def echoed(answer: Text, prompt: Text) -> tuple[float, Span | None]:
    """Return the share of the answer's words that lie in runs copied from the prompt, and the first run.

    A run is of 8 words, or of 16 characters where these are the words.
    """
    size = 2 * _RUN if answer.by_character else _RUN
    words = answer.words
    if len(words) < size or len(prompt.words) < size:
        same = bool(words) and words == prompt.words
        return float(same), answer.span(0, len(answer.raw)) if same else None
    known = _runs(prompt.raw, size)
    copied = bytearray(len(words))
    first: Span | None = None
    for i, run in enumerate(zip(*(words[k:] for k in range(size)), strict=False)):
        if run in known:
            copied[i : i + size] = b"\x01" * size
            first = first or answer.span(answer.tokens[i][0], answer.tokens[i + size - 1][1])
    return sum(copied) / len(words), first


@builtin(
    "echo",
    "The answer is not a copy of the prompt: 1 up to half of its words in runs of 8 copied from it, then falling.",
)
def echo(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Grade how little of the answer is the prompt; null where copying may be what is asked (code, given texts)."""
    claim = f"no more than half of the answer is copied from the prompt in runs of {_RUN} words"
    answer = read(candidate.text)
    features = task_features(task)
    share, where = echoed(answer, read(task.prompt))
    if not answer.words:
        yield Observation(claim, None, "the answer is empty")
    elif share < 1 and read_task(task.prompt).writes:
        yield Observation(claim, None, f"{share:.0%} copied: code goes on from what is given", where)
    elif (features.has_source or features.has_code or features.asks_completion) and (
        share < 0.95 or len(answer.words) < _EXTRACT * len(read(task.prompt).words)
    ):
        yield Observation(claim, None, f"{share:.0%} copied, which this task may call for", where)
    elif share and _QUOTE.search(task.prompt) and len(answer.words) < 0.6 * len(read(task.prompt).words):
        yield Observation(claim, None, f"{share:.0%} copied, where a quotation or a repetition is asked for", where)
    else:
        yield Observation(
            claim,
            min(1.0, (1 - share) / (1 - _FREE)),
            f"{share:.0%} of its words stand in runs copied from the prompt",
            where,
        )
