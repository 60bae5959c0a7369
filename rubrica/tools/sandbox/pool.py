"""A pool runs jobs on worker processes: one job per worker at a time, and the parent keeps every deadline.

Tier-agnostic: a tier brings `Worker`; the pool brings the queue, the spare, the recycling and the clock. One plain
thread per worker does the blocking talk, so that `run` may be awaited from any event loop in any thread.
"""

import asyncio
import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from rubrica.errors import RubricaError, SandboxInfraError
from rubrica.tools.sandbox.base import Job, Outcome
from rubrica.tools.sandbox.door import Door, settle
from rubrica.tools.sandbox.worker import Worker, WorkerLostError

GRACE_S = 0.5
"""How long after a job's own limit the parent waits for the worker to say "timeout" before it kills it."""
TICK_S = 0.05
"""How often the parent looks at its deadlines while something runs."""


@dataclass(eq=False)
class _Ticket:
    """A job on its way through the pool."""

    job: Job
    future: "Future[Outcome]" = field(default_factory=Future)
    worker: Worker | None = None
    deadline: float = float("inf")
    late: bool = False
    crashed: bool = False
    cancelled: bool = False


class Pool:
    """Runs jobs on up to `size` workers that `make` creates, with one more warm in reserve.

    A worker is replaced after `max_runs` jobs and after any job that crashed, timed out the parent's clock or was
    cancelled. At most `queue` jobs wait inside; further callers wait their turn outside (back-pressure).
    """

    def __init__(self, make: Callable[[], Worker], *, size: int, max_runs: int = 500, queue: int = 64) -> None:
        self._make, self._size, self._max_runs = make, size, max_runs
        self._pid = os.getpid()
        self._lock = threading.Condition()
        self._queue: deque[_Ticket] = deque()
        self._running: set[_Ticket] = set()
        self._workers: set[Worker] = set()
        self._spare: Worker | None = None
        self._threads: list[threading.Thread] = []
        self._serving = self._idle = 0
        self._door = Door(size + queue)
        self._closed = False
        atexit.register(self.shutdown)

    async def run(self, job: Job) -> Outcome:
        """Run one job and return what it did; cancelling the caller kills the job.

        Raises:
            SandboxUnavailable, SandboxInfraError: as the workers raise them, or the pool is closed.
        """
        self._check_open()
        await self._door.enter()
        try:
            ticket = self._submit(job)
            try:
                return await asyncio.wrap_future(ticket.future)
            except asyncio.CancelledError:
                self._cancel(ticket)
                raise
        finally:
            self._door.leave()

    async def close(self) -> None:
        """End all workers and threads; jobs under way fail with `SandboxInfraError`."""
        await asyncio.to_thread(self.shutdown)

    def shutdown(self) -> None:
        """Do what `close` does, for callers without an event loop."""
        if self._pid != os.getpid():
            return
        with self._lock:
            self._closed = True
            waiting = list(self._queue)
            self._queue.clear()
            doomed = list(self._workers)
            self._lock.notify_all()
        for ticket in waiting:
            settle(ticket.future, error=SandboxInfraError("the sandbox was closed before this job ran"))
        self._door.close(SandboxInfraError("the sandbox was closed before this job ran"))
        for worker in doomed:
            worker.kill()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        atexit.unregister(self.shutdown)

    def _check_open(self) -> None:
        if self._pid != os.getpid():
            raise SandboxInfraError("this sandbox was opened before a fork; open one in this process")
        if self._closed:
            raise SandboxInfraError("the sandbox is closed")

    # the caller's side

    def _submit(self, job: Job) -> _Ticket:
        ticket = _Ticket(job)
        with self._lock:
            self._check_open()
            self._queue.append(ticket)
            if not self._threads:
                self._spawn(self._watch)
                self._spawn(self._stock)
            if self._idle < len(self._queue) and self._serving < self._size:
                self._serving += 1
                self._spawn(self._serve)
            self._lock.notify_all()
        return ticket

    def _spawn(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name=f"rubrica-sandbox-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _cancel(self, ticket: _Ticket) -> None:
        with self._lock:
            ticket.cancelled = True
            if ticket in self._queue:
                self._queue.remove(ticket)
            worker = ticket.worker
        if worker is not None:
            # Killing waits for the process to be reaped; the event loop of the caller must not.
            threading.Thread(target=worker.kill, daemon=True).start()

    # one thread per worker

    def _serve(self) -> None:
        worker: Worker | None = None
        runs = 0
        while (ticket := self._next()) is not None:
            for attempt in (1, 2):
                try:
                    if worker is None:
                        worker, runs = self._take(), 0
                    outcome = self._execute(worker, ticket)
                except WorkerLostError as lost:
                    self._retire(worker)
                    worker = None
                    if self._explain(ticket, lost, attempt):
                        break
                except RubricaError as error:
                    settle(ticket.future, error=error)
                    break
                except Exception as error:  # noqa: BLE001 - a defect of a tier must reach the caller, not end this thread
                    settle(ticket.future, error=SandboxInfraError(f"the sandbox failed: {error!r}"))
                    self._retire(worker)
                    worker = None
                    break
                else:
                    runs += 1
                    if outcome.status == "crashed" or ticket.late or ticket.cancelled or runs >= self._max_runs:
                        self._retire(worker)
                        worker = None
                    settle(ticket.future, value=outcome)
                    break
        self._retire(worker)

    def _next(self) -> _Ticket | None:
        with self._lock:
            self._idle += 1
            while not self._queue and not self._closed:
                self._lock.wait()
            self._idle -= 1
            return self._queue.popleft() if self._queue else None

    def _take(self) -> Worker:
        with self._lock:
            worker, self._spare = self._spare, None
            self._lock.notify_all()
        return worker if worker is not None else self._create()

    def _create(self) -> Worker:
        worker = self._make()
        with self._lock:
            self._check_open()
            self._workers.add(worker)
        try:
            worker.start()
        except BaseException:
            self._retire(worker)
            raise
        return worker

    def _execute(self, worker: Worker, ticket: _Ticket) -> Outcome:
        with self._lock:
            ticket.worker = worker
            ticket.late = False
            if ticket.cancelled:
                raise WorkerLostError("cancelled")
            ticket.deadline = time.monotonic() + ticket.job.limits.wall_s + GRACE_S
            self._running.add(ticket)
            if len(self._running) == 1:
                self._lock.notify_all()
        try:
            return worker.execute(ticket.job)
        finally:
            with self._lock:
                self._running.discard(ticket)
                ticket.worker = None

    def _explain(self, ticket: _Ticket, lost: WorkerLostError, attempt: int) -> bool:
        """Settle a ticket whose worker ended under it; False = try once more on a fresh worker.

        A loss may be ours (an out-of-memory killer, an operator). It is the code's when both workers ended of what
        they ran; a job that we cannot run is an error and has no outcome.
        """
        wall_ms = (ticket.job.limits.wall_s + GRACE_S) * 1e3
        if ticket.late:
            settle(ticket.future, value=Outcome(status="timeout", stderr="killed at the deadline", wall_ms=wall_ms))
        elif ticket.cancelled or self._closed:
            settle(ticket.future, error=SandboxInfraError("the sandbox was closed under this job"))
        elif attempt == 1:
            ticket.crashed = lost.by_job
            return False
        elif lost.by_job and ticket.crashed:
            settle(ticket.future, value=Outcome(status="crashed", stderr=f"the worker ended twice: {lost}"))
        else:
            settle(ticket.future, error=SandboxInfraError(f"the sandbox lost two workers under this job: {lost}"))
        return True

    def _retire(self, worker: Worker | None) -> None:
        if worker is not None:
            worker.kill()
            with self._lock:
                self._workers.discard(worker)

    # one thread for the clock, one for the spare

    def _watch(self) -> None:
        while True:
            with self._lock:
                if self._closed:
                    return
                now = time.monotonic()
                late = [ticket for ticket in self._running if ticket.deadline < now and not ticket.late]
                for ticket in late:
                    ticket.late = True
                doomed = [ticket.worker for ticket in late if ticket.worker is not None]
                if not doomed:
                    self._lock.wait(TICK_S if self._running else None)
            for worker in doomed:
                worker.kill()

    def _stock(self) -> None:
        """Keep one started worker in reserve; three failures in a row end that: jobs meet the failure themselves."""
        failures = 0
        while failures < 3:
            with self._lock:
                while not self._closed and (self._spare is not None or not self._running):
                    self._lock.wait()
                if self._closed:
                    return
            try:
                worker = self._create()
            except Exception:  # noqa: BLE001 - whoever needs a worker next meets the same failure and reports it
                failures += 1
                continue
            failures = 0
            with self._lock:
                self._spare, surplus = (None, worker) if self._closed else (worker, None)
            self._retire(surplus)
