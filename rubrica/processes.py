"""A process pool that notices when a worker was killed in mid-sentence.

`ProcessPoolExecutor` reads a worker's whole reply before it looks whether the worker is alive, and holds the writing
end of the pipe itself: when a worker is killed while it writes, the pool waits for the rest for ever.
"""

from collections.abc import Collection
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing import connection
from multiprocessing.process import BaseProcess
from multiprocessing.queues import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
LOOK_S = 1.0
"""How often to look after the workers while waiting for one."""


class Processes(ProcessPoolExecutor):
    """Worker processes whose results are taken with `result_of`."""

    def result_of(self, future: "Future[T]") -> T:
        """Wait for a result.

        Raises:
            BrokenProcessPool: a worker has died.
        """
        while not wait([future], timeout=LOOK_S).done:
            _end_if_severed(list((self._processes or {}).values()), self._result_queue)
        return future.result()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers; one that has died is not waited for."""
        manager: Any = self._executor_manager_thread
        results = self._result_queue
        processes = list((self._processes or {}).values())
        super().shutdown(wait=False, cancel_futures=cancel_futures)
        if not wait or manager is None:
            return
        while manager.is_alive():
            manager.join(LOOK_S)
            _end_if_severed(processes, results)
        if results is not None:
            results.close()


def _end_if_severed(processes: Collection[BaseProcess], results: "SimpleQueue[Any] | None") -> None:
    """When a worker has been killed, end the others, as the pool would, and the pipe at which it may be waiting."""
    ended = set(connection.wait([process.sentinel for process in processes], timeout=0))
    if results is not None and any(p.sentinel in ended and p.exitcode not in (0, None) for p in processes):
        for process in processes:
            process.kill()
        results._writer.close()  # type: ignore[attr-defined]  # what it waits for will not come
