"""Judging many cases: results come back in input order, and memory stays flat.

The embedded reasoner is bound by the processor and gets worker processes; a language model is bound by its endpoint and
gets one process with many cases in flight. Workers start by spawn, so nothing of the parent (descriptors, threads,
secrets in memory) is inherited.
"""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context

from rubrica import logs
from rubrica.agents.graph import compiled
from rubrica.agents.work import Crew, Recall
from rubrica.collector import settle
from rubrica.errors import UserError
from rubrica.harness import CHUNK, Effort, Harness, Judged, Mode, judge_chunk
from rubrica.library.library import Library
from rubrica.processes import Processes
from rubrica.reasoners.base import Reasoner
from rubrica.reasoners.budget import Budget
from rubrica.tools.sandbox.router import open_sandbox
from rubrica.types import Case, Unscored, Usage

LOOKAHEAD = 2
"""Chunks in flight per worker: one being judged, one waiting."""
MODEL_CHUNK = 8
"""Cases per graph run for a language model: they share the graph's cost, and wait for the slowest of so few."""


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
    workers: int = 0
    """Processes that judge for a reward function with the embedded reasoner; 0 = a thread of its own process."""
    budget: Budget | None = None
    """What the run may spend and has spent on models."""
    recall: Recall | None = None
    """Precedents for a reasoner that reads; the embedded one has no use for them, and they do not cross."""

    @property
    def chunk(self) -> int:
        """Cases per graph run."""
        return CHUNK if self.reasoner is None else max(1, min(MODEL_CHUNK, self.in_flight // 16))

    def harness(self) -> Harness:
        sandbox = None if self.sandbox == "none" else open_sandbox(self.sandbox)
        harness = Harness(library=self.library, mode=self.mode, effort=self.effort, seed=self.seed, sandbox=sandbox)
        if self.reasoner is None:
            return harness
        return replace(
            harness,
            reasoner=self.reasoner,
            recall=self.recall,
            chunk=self.chunk,
            in_flight=max(1, self.in_flight // self.chunk),
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One result as it is written: canonical JSON, what it cost, and why there is no verdict if there is none."""

    case: str
    json: str
    unscored: str | None
    usage: Usage
    seconds: float


class Worker:
    """What judges in one process: a harness and an event loop, kept between chunks."""

    def __init__(self, plan: Plan) -> None:
        self.runner = asyncio.Runner()
        self.harness = plan.harness()
        self.crew: Crew = self.harness.crew()

    def judge(self, cases: list[Case]) -> list[Row]:
        rows: list[Row] = []

        async def judging() -> None:  # asyncio writes out what a main task returns, twice: let that be short
            rows.extend(_row(judged) for judged in await judge_chunk(cases, self.crew))

        self.runner.run(judging())
        return rows

    def close(self) -> None:
        if self.harness.sandbox is not None:
            self.runner.run(self.harness.sandbox.close())
        self.runner.close()


_workers: list[Worker] = []
"""The worker of a worker process."""


def _start_process(plan: Plan, style: logs.Style) -> None:
    """Start a worker process. An interrupt goes to the parent, which lets it finish its chunk: one that dies while it
    hands over results would leave the parent waiting for the rest of them.
    """
    signal.signal(signal.SIGINT, _leave_to_parent)  # SIG_IGN would be handed on to sandboxes
    mask_interrupts(signal.SIG_UNBLOCK)
    logs.configure(style)
    _workers.append(Worker(plan))
    compiled()
    settle()


def _leave_to_parent(*_: object) -> None:
    pass


def _wait_for_start() -> None:
    """Do nothing, once the process is there."""


def _judge(cases: list[Case]) -> list[Row]:
    return _workers[0].judge(cases)


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
        worker = Worker(plan)
        try:
            for chunk in _prepend(first, chunks):
                yield from worker.judge(chunk)
        finally:
            worker.close()
        return
    fleet = _Fleet(plan, count)
    try:
        yield from fleet.judge(_prepend(first, chunks))
    finally:
        fleet.close()


class _Fleet:
    """Worker processes; one that dies takes no other case with it, and the case that killed it is found and named."""

    def __init__(self, plan: Plan, count: int) -> None:
        self._plan, self._count = plan, count
        self._pool = self._open(count)
        self._waiting: deque[tuple[list[Case], Future[list[Row]]]] = deque()

    def judge(self, chunks: Iterable[list[Case]]) -> Iterator[Row]:
        for chunk in chunks:
            self._waiting.append((chunk, self._submit(chunk)))
            if len(self._waiting) >= LOOKAHEAD * self._count:
                yield from self._next()
        while self._waiting:
            yield from self._next()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _next(self) -> list[Row]:
        chunk, future = self._waiting.popleft()
        try:
            return self._pool.result_of(future)
        except BrokenProcessPool:
            rows = self._search(chunk)
            self._pool = self._open(self._count)
            self._waiting = deque((later, self._submit(later)) for later, _ in self._waiting)
            return rows

    def _search(self, cases: list[Case]) -> list[Row]:
        """Judge in a process of its own; if that dies too, halve, until the case that kills is alone.

        Raises:
            UserError: a process that has nothing to do dies as well, so no case is at fault.
        """
        with self._open(1) as pool:
            try:
                pool.result_of(pool.submit(_wait_for_start))
            except BrokenProcessPool as error:
                detail = "worker processes end before they have judged anything"
                raise UserError(f"{detail}; try --workers 1, which shows why, or `rubrica doctor`") from error
            try:
                return pool.result_of(pool.submit(_judge, cases))
            except BrokenProcessPool:
                pass
        if len(cases) > 1:
            half = len(cases) // 2
            return self._search(cases[:half]) + self._search(cases[half:])
        return [killed(cases[0])]

    def _open(self, count: int) -> Processes:
        started = (self._plan, logs.current())
        return Processes(count, mp_context=get_context("spawn"), initializer=_start_process, initargs=started)

    def _submit(self, chunk: list[Case]) -> Future[list[Row]]:
        mask_interrupts(signal.SIG_BLOCK)  # a new process inherits it, and is not interrupted before it is set up
        try:
            return self._pool.submit(_judge, chunk)
        except BrokenProcessPool as error:
            failed: Future[list[Row]] = Future()
            failed.set_exception(error)
            return failed
        finally:
            mask_interrupts(signal.SIG_UNBLOCK)


def killed(case: Case) -> Row:
    """Return the result of a case that no process survives."""
    result = Unscored(case=case.id, reason="error", detail="the process that judged this case ended, repeatedly")
    return Row(result.case, result.model_dump_json(), result.reason, Usage(), 0.0)


def mask_interrupts(how: int) -> None:
    """Block or unblock SIGINT for this thread and what it starts."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(how, {signal.SIGINT})


def _chunks(cases: Iterable[Case]) -> Iterator[list[Case]]:
    stream = iter(cases)
    while chunk := list(islice(stream, CHUNK)):
        yield chunk


def _prepend(first: list[Case], rest: Iterator[list[Case]]) -> Iterator[list[Case]]:
    yield first
    yield from rest
