"""One thread that has cases judged for every caller: equal questions are asked once, and what waits together is judged
together, in this thread or in worker processes.

Callers on any thread or event loop get a `concurrent.futures.Future`. Numbers are kept in memory, so a trainer's retry
is answered from there with the same number; failures that may pass (an outage, a timeout) are not kept.
"""

import asyncio
import logging
import os
import threading
from collections import OrderedDict, deque
from concurrent.futures import Future
from dataclasses import dataclass, replace

from pydantic import JsonValue

from rubrica.errors import AccessError, ConfigError
from rubrica.harness import Judged, Mode
from rubrica.parallel import Plan
from rubrica.seat import Graded, Judge, Seat
from rubrica.types import Case, Provenance, TaskView, Unscored, Usage, content_hash
from rubrica.workers import Workers

log = logging.getLogger(__name__)

KEPT = 32_768
"""Cases whose numbers are kept, about 2 kB each, the longest unused leaving first."""
LASTING = frozenset({"undecided", "unsupported", "bad_input"})
"""Reasons that asking again would not change."""
CHUNKS_AT_ONCE = 4
"""Chunks that one judge works on while others wait for a sandbox."""


@dataclass(frozen=True, slots=True)
class Load:
    """How much there is to do, and who does it."""

    cases: int
    """Cases that wait or are being judged."""
    workers: int
    """Worker processes that are there; 0 = the thread judges."""
    replaced: int
    """Worker processes that have died, and another has taken their place."""


@dataclass(frozen=True, slots=True)
class _Question:
    key: str
    case: Case
    mode: Mode
    answer: "Future[Graded]"


class Dispatcher:
    """Has the cases of one plan judged; see the module. Its thread starts on first use, in every process anew."""

    _loop: asyncio.AbstractEventLoop | None
    _thread: threading.Thread | None

    def __init__(self, plan: Plan, *, kept: int = KEPT) -> None:
        self.plan, self._kept, self._closed = plan, kept, False
        self._reset()

    def ask(self, case: Case, mode: Mode) -> "Future[Graded]":
        """Return the numbers of a case, now or later; the future cannot be cancelled, for others may wait on it.

        Raises:
            ConfigError: it was closed.
        """
        self._follow_fork()
        key = case_key(case, mode)
        with self._lock:
            self._check_open()
            if (flying := self._flying.get(key)) is not None:
                return flying
            answer: Future[Graded] = Future()
            answer.set_running_or_notify_cancel()
            if (known := self._cache.get(key)) is not None:
                self._cache.move_to_end(key)
                answer.set_result(known)
                return answer
            self._flying[key] = answer
            self._waiting.append(_Question(key, case, mode, answer))
            self._started().call_soon_threadsafe(self._start_work)
        return answer

    def judge(self, case: Case, mode: Mode) -> "Future[Judged]":
        """Return the whole verdict of a case. It is not kept: only numbers are.

        Raises:
            ConfigError: it was closed.
        """
        self._follow_fork()
        with self._lock:
            self._check_open()
            return asyncio.run_coroutine_threadsafe(self._judge_one(case, mode), self._started())

    def load(self) -> Load:
        """Return how busy it is at this moment."""
        judges = self._judges
        if not isinstance(judges, Workers):
            return Load(len(self._flying), 0, 0)
        return Load(len(self._flying), judges.alive, judges.replaced)

    def close(self) -> None:
        """Stop the thread, for good; whatever is still in flight ends unscored."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    def _check_open(self) -> None:
        if self._closed:
            raise ConfigError("this reward function was closed; make a new one to score with")

    def _reset(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._cache: OrderedDict[str, Graded] = OrderedDict()
        self._flying: dict[str, Future[Graded]] = {}
        self._waiting: deque[_Question] = deque()
        self._loop, self._thread = None, None
        self._judges: Judge | None = None
        self._judging = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def _follow_fork(self) -> None:
        if self._process != os.getpid():  # threads and loops do not survive a fork
            self._reset()

    def _started(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._serve, args=(self._loop,), name="rubrica-judge", daemon=True)
            self._thread.start()
        return self._loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        if self._judges is not None:
            loop.run_until_complete(self._judges.close())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        with self._lock:
            left = list(self._flying.values())
            self._flying.clear()
            self._waiting.clear()
            self._judges, self._judging = None, 0
        for answer in left:
            answer.set_result(Unscored(case="", reason="outage", detail="the judge was closed"))

    def _start_work(self) -> None:
        while batch := self._next(self._room()):
            self._judging += len(batch)
            task = asyncio.get_running_loop().create_task(self._judge(batch))
            self._tasks.add(task)
            task.add_done_callback(self._finish)

    def _room(self) -> int:
        """Return how many cases the next chunk may have; 0 = it must wait."""
        if self.plan.reasoner is not None:  # it waits for its slowest case, so cases share one only when they must wait
            free = max(0, self.plan.in_flight - self._judging)
            return min(free, self.plan.chunk if len(self._waiting) > free else 1)
        judges = max(1, self.plan.workers)
        if len(self._tasks) >= CHUNKS_AT_ONCE * judges:
            return 0
        return min(self.plan.chunk, -(-len(self._waiting) // judges))

    def _next(self, size: int) -> list[_Question]:
        batch: list[_Question] = []
        with self._lock:
            while self._waiting and len(batch) < size and self._waiting[0].mode == (batch or self._waiting)[0].mode:
                batch.append(self._waiting.popleft())
        return batch

    def _finish(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            self._start_work()

    async def _judge(self, batch: list[_Question]) -> None:
        try:
            graded = await self._judge_of_this_loop().grade([question.case for question in batch], batch[0].mode)
        except AccessError as error:  # a service goes on: somebody may mend it
            log.error("%s", error)  # noqa: TRY400 - it is no defect, and the text says all
            graded = [Unscored(case="", reason="outage", detail=str(error))] * len(batch)
        except Exception as error:
            log.exception("a chunk of %d cases failed", len(batch))
            failed = Unscored(case="", reason="error", detail=f"{type(error).__name__}: {error}")
            graded = [failed] * len(batch)
        finally:
            self._judging -= len(batch)
        with self._lock:
            for question, answer in zip(batch, graded, strict=True):
                del self._flying[question.key]
                if not isinstance(answer, Unscored) or answer.reason in LASTING:
                    self._cache[question.key] = answer
            while len(self._cache) > self._kept:
                self._cache.popitem(last=False)
        for question, answer in zip(batch, graded, strict=True):
            question.answer.set_result(answer)

    def provenance(self, mode: Mode) -> Provenance:
        """Return everything that the numbers of a mode depend on."""
        return replace(self.plan, mode=mode, sandbox="none").harness().crew().provenance

    async def _judge_one(self, case: Case, mode: Mode) -> Judged:
        try:
            return await self._judge_of_this_loop().verdict(case, mode)
        except AccessError as error:
            outage = Unscored(case=case.id, reason="outage", detail=str(error))
            return Judged(case=case, result=outage, usage=Usage(), seconds=0.0)

    def _judge_of_this_loop(self) -> Judge:
        if self._judges is None:
            fleet = self.plan.workers and self.plan.reasoner is None  # a model is asked from one process
            self._judges = Workers(self.plan) if fleet else Seat(self.plan)
        return self._judges

    def __getstate__(self) -> dict[str, object]:
        return {"plan": self.plan, "_kept": self._kept}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._closed = False
        self._reset()


def case_key(case: Case, mode: Mode) -> str:
    """Return the content hash of what is judged: ids and notes do not count, the order of the candidates does."""
    task = TaskView.of(case.task).model_dump(mode="json")
    candidates: list[JsonValue] = [
        [part.model_dump(mode="json") for part in candidate.parts] for candidate in case.candidates
    ]
    return content_hash({"mode": mode, "task": task, "candidates": candidates})
