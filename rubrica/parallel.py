"""Judging many cases: results come back in input order, and memory stays flat.

The embedded reasoner is bound by the processor and gets worker processes; a language model is bound by its endpoint and
gets one process with many cases in flight. Workers start by spawn, so nothing of the parent (descriptors, threads,
secrets in memory) is inherited.
"""

import asyncio
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context

from rubrica.agents.work import Crew
from rubrica.harness import CHUNK, Effort, Harness, Judged, Mode, judge_chunk
from rubrica.library.library import Library
from rubrica.reasoners.base import Reasoner
from rubrica.reasoners.budget import Budget
from rubrica.tools.sandbox.router import open_sandbox
from rubrica.types import Case, Usage

LOOKAHEAD = 2
"""Chunks in flight per worker: one being judged, one waiting."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A harness as a value that crosses to another process. The sandbox is opened there."""

    library: Library
    mode: Mode = "group"
    effort: Effort = "medium"
    seed: int = 0
    sandbox: str = "auto"
    reasoner: Reasoner | None = None
    """None = the embedded reasoner. Any other does not cross: it is asked from this process."""
    in_flight: int = 1
    """Cases in flight, for a reasoner that is not the embedded one."""
    budget: Budget | None = None
    """What the run may spend and has spent on models."""

    def harness(self) -> Harness:
        sandbox = None if self.sandbox == "none" else open_sandbox(self.sandbox)
        harness = Harness(library=self.library, mode=self.mode, effort=self.effort, seed=self.seed, sandbox=sandbox)
        if self.reasoner is None:
            return harness
        return replace(harness, reasoner=self.reasoner, chunk=1, in_flight=self.in_flight)


@dataclass(frozen=True, slots=True)
class Row:
    """One result as it is written: canonical JSON, what it cost, and why there is no verdict if there is none."""

    case: str
    json: str
    unscored: str | None
    usage: Usage
    seconds: float


class _Worker:
    """What a worker process keeps between chunks."""

    runner: asyncio.Runner
    crew: Crew


def _start(plan: Plan) -> None:
    _Worker.runner = asyncio.Runner()
    _Worker.crew = plan.harness().crew()


def _judge(cases: list[Case]) -> list[Row]:
    return [_row(judged) for judged in _Worker.runner.run(judge_chunk(cases, _Worker.crew))]


def _row(judged: Judged) -> Row:
    return Row(
        case=judged.case.id,
        json=judged.result.model_dump_json(),
        unscored=judged.result.reason if judged.result.kind == "unscored" else None,
        usage=judged.usage,
        seconds=judged.seconds,
    )


def judge_rows(plan: Plan, cases: Iterable[Case], *, workers: int = 0) -> Iterator[Row]:
    """Yield one row per case, in input order. `workers` 0 = one per core, 1 = this process."""
    if plan.reasoner is not None:
        yield from map(_row, plan.harness().judge_all(cases))
        return
    count = workers or os.cpu_count() or 1
    chunks = _chunks(cases)
    first = next(chunks, None)
    if first is None:
        return
    if count == 1 or len(first) < CHUNK:  # a second process costs more than it saves on a short input
        _start(plan)
        for chunk in _prepend(first, chunks):
            yield from _judge(chunk)
        return
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_start, initargs=(plan,)) as pool:
        waiting: deque[Future[list[Row]]] = deque()
        for chunk in _prepend(first, chunks):
            waiting.append(pool.submit(_judge, chunk))
            if len(waiting) >= LOOKAHEAD * count:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()


def _chunks(cases: Iterable[Case]) -> Iterator[list[Case]]:
    stream = iter(cases)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk


def _prepend(first: list[Case], rest: Iterator[list[Case]]) -> Iterator[list[Case]]:
    yield first
    yield from rest
