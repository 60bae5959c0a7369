"""Judging over worker processes: results come back in input order, and memory stays flat.

Workers start by spawn, so nothing of the parent (descriptors, threads, secrets in memory) is inherited.
"""

import asyncio
import gc
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context

from rubrica.agents.graph import compiled
from rubrica.agents.work import Crew
from rubrica.harness import CHUNK, Effort, Harness, Mode, judge_chunk
from rubrica.library.library import Library
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

    def harness(self) -> Harness:
        sandbox = None if self.sandbox == "none" else open_sandbox(self.sandbox)
        return Harness(library=self.library, mode=self.mode, effort=self.effort, seed=self.seed, sandbox=sandbox)


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
    """Load everything, then take it out of garbage collection: full collections cost a tenth of a worker's time."""
    _Worker.runner = asyncio.Runner()
    _Worker.crew = plan.harness().crew()
    compiled()
    gc.collect()
    gc.freeze()


def _judge(cases: list[Case]) -> list[Row]:
    return _rows(cases, _Worker.runner, _Worker.crew)


def _rows(cases: list[Case], runner: asyncio.Runner, crew: Crew) -> list[Row]:
    loop = runner.get_loop()  # Runner.run sets a signal handler anew each time, which costs as much as a case
    return [
        Row(
            case=judged.case.id,
            json=judged.result.model_dump_json(),
            unscored=judged.result.reason if judged.result.kind == "unscored" else None,
            usage=judged.usage,
            seconds=judged.seconds,
        )
        for judged in loop.run_until_complete(judge_chunk(cases, crew))
    ]


def judge_rows(plan: Plan, cases: Iterable[Case], *, workers: int = 0) -> Iterator[Row]:
    """Yield one row per case, in input order. `workers` 0 = one per core, 1 = this process."""
    count = workers or os.cpu_count() or 1
    chunks = _chunks(cases)
    first = next(chunks, None)
    if first is None:
        return
    if count == 1 or len(first) < CHUNK:  # a second process costs more than it saves on a short input
        with asyncio.Runner() as runner:
            crew = plan.harness().crew()
            for chunk in _prepend(first, chunks):
                yield from _rows(chunk, runner, crew)
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
