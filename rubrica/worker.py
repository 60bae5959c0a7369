"""One worker process and its pipe, from both ends: jobs go in, numbers or verdicts come out in any order.

A worker ignores interrupts and SIGTERM, which go to whole process groups: it ends when its parent lets go of the pipe,
or dies.
"""

import asyncio
import atexit
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

from rubrica import logs
from rubrica.agents.graph import compiled
from rubrica.collector import settle
from rubrica.harness import Judged, Mode
from rubrica.parallel import Plan, mask_interrupts
from rubrica.seat import Graded, Seat
from rubrica.types import Case

BEAT_S = 5.0
"""Seconds between two signs of life."""
STUCK_S = 60.0
"""Seconds without one after which a worker that has something to do is taken for stuck, and killed."""
LEAVING_S = 5.0
"""Seconds that a worker has to close its sandbox before it is killed."""

Answer = list[Graded] | list[Judged]


class DiedError(Exception):
    """The process ended before it answered."""


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is asked."""

    number: int
    cases: tuple[Case, ...]
    mode: Mode
    whole: bool
    """Whether verdicts are wanted, and not numbers alone."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What a worker answers when judging raised."""

    detail: str


class Worker:
    """The parent's end; lives in one event loop."""

    def __init__(self, plan: Plan) -> None:
        self._loop, self._owner = asyncio.get_running_loop(), os.getpid()
        self._jobs: dict[int, asyncio.Future[Answer]] = {}
        self._asked = 0
        self._heard: float | None = None
        self._ended = asyncio.Event()
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=work, args=(theirs, plan, logs.current()), name="rubrica-worker", daemon=True
        )
        mask_interrupts(signal.SIG_BLOCK)  # it inherits that, and is not interrupted before it is set up
        try:
            self._process.start()
        finally:
            mask_interrupts(signal.SIG_UNBLOCK)
        theirs.close()
        atexit.register(self._kill)  # comes before multiprocessing's own, which would wait for who ignores SIGTERM
        threading.Thread(target=self._read, name="rubrica-worker-pipe", daemon=True).start()
        self._watch = self._loop.call_later(BEAT_S, self._look)

    @property
    def alive(self) -> bool:
        return not self._ended.is_set()

    @property
    def ready(self) -> bool:
        """Whether it has come up: until then, what happens to it is no fault of a case."""
        return self._heard is not None

    @property
    def busy(self) -> int:
        """How many jobs it has not answered."""
        return len(self._jobs)

    async def ask(self, cases: tuple[Case, ...], mode: Mode, *, whole: bool) -> Answer:
        """Return what the process answers.

        Raises:
            DiedError: there will be no answer.
        """
        if not self.alive:
            raise DiedError("ended before it was asked")
        if not self._jobs and self.ready:
            self._heard = self._loop.time()
        self._asked += 1
        number = self._asked
        answer = self._jobs[number] = self._loop.create_future()
        try:
            with suppress(OSError):  # it has just died, and the reading thread is about to say so
                self._pipe.send(Job(number, cases, mode, whole))
            told: Answer = await answer
            return told
        finally:
            self._jobs.pop(number, None)

    async def end(self) -> None:
        """Let it close what it holds and go; it is killed if it stays."""
        with suppress(OSError):
            self._pipe.send(None)
        try:
            await asyncio.wait_for(self._ended.wait(), LEAVING_S)
        except TimeoutError:
            self._kill()
            await self._ended.wait()

    def _kill(self) -> None:
        if os.getpid() == self._owner:  # a forked child has a copy of this, and no say
            self._process.kill()

    def _read(self) -> None:
        with suppress(EOFError, OSError):
            while True:
                self._tell(self._answered, *self._pipe.recv())
        self._process.join()
        atexit.unregister(self._kill)
        self._tell(self._died)

    def _tell(self, what: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            self._loop.call_soon_threadsafe(what, *arguments)

    def _look(self) -> None:
        if self._jobs and self._heard is not None and self._loop.time() - self._heard > STUCK_S:
            self._kill()
        else:
            self._watch = self._loop.call_later(BEAT_S, self._look)

    def _answered(self, number: int, answer: Answer | Failed) -> None:
        self._heard = self._loop.time()
        future = self._jobs.get(number)
        if future is None or future.done():
            return
        if isinstance(answer, Failed):
            future.set_exception(RuntimeError(answer.detail))
        else:
            future.set_result(answer)

    def _died(self) -> None:
        self._pipe.close()
        self._ended.set()
        self._watch.cancel()
        for future in self._jobs.values():
            if not future.done():
                future.set_exception(DiedError(f"exit code {self._process.exitcode}"))


def work(pipe: Connection, plan: Plan, style: logs.Style) -> None:
    """Be a worker process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _nothing)  # SIG_IGN would be handed on to sandboxes
    mask_interrupts(signal.SIG_UNBLOCK)
    logs.configure(style)
    seat = Seat(plan)
    seat.crew("group")
    seat.crew("pointwise")
    compiled()
    settle()
    asyncio.run(_serve(pipe, seat))


def _nothing(*_: object) -> None:
    pass


async def _serve(pipe: Connection, seat: Seat) -> None:
    jobs: asyncio.Queue[Job | None] = asyncio.Queue()
    receiving = (pipe, asyncio.get_running_loop(), jobs)
    threading.Thread(target=_receive, args=receiving, name="rubrica-jobs", daemon=True).start()
    beating = asyncio.ensure_future(_beat(pipe))
    tasks: set[asyncio.Task[None]] = set()
    while (job := await jobs.get()) is not None:
        task = asyncio.ensure_future(_answer(pipe, seat, job))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    for task in (beating, *tasks):
        task.cancel()
    await asyncio.gather(beating, *tasks, return_exceptions=True)
    await seat.close()


def _receive(pipe: Connection, loop: asyncio.AbstractEventLoop, jobs: "asyncio.Queue[Job | None]") -> None:
    job: Job | None = None
    with suppress(EOFError, OSError):
        while (job := pipe.recv()) is not None:
            loop.call_soon_threadsafe(jobs.put_nowait, job)
    loop.call_soon_threadsafe(jobs.put_nowait, None)
    time.sleep(LEAVING_S)
    os._exit(1)  # it hangs, and nobody may be there to kill it


async def _beat(pipe: Connection) -> None:
    """Say that the loop runs: what waits for a sandbox is alive, what computes without a pause is not."""
    with suppress(OSError):
        while True:
            pipe.send((0, Failed("alive")))
            await asyncio.sleep(BEAT_S)


async def _answer(pipe: Connection, seat: Seat, job: Job) -> None:
    answer: Answer | Failed
    try:
        answer = [await seat.verdict(job.cases[0], job.mode)] if job.whole else await seat.grade(job.cases, job.mode)
    except Exception as error:  # noqa: BLE001 - the parent hears of it and says so for each case
        answer = Failed(f"{type(error).__name__}: {error}")
    with suppress(OSError):
        pipe.send((job.number, answer))
