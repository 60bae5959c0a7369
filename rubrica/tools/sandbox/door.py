"""A counted door: how many may be inside at once, with the rest waiting outside in order, from any thread or loop."""

import asyncio
import contextlib
import threading
from collections import deque
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Door:
    """A semaphore that coroutines of several event loops may share; the first to wait is the first to enter."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._lock = threading.Lock()
        self._waiting: deque[Future[None]] = deque()
        self._error: Exception | None = None

    async def enter(self) -> None:
        """Wait for a place and take it; whoever enters must `leave`."""
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._free > 0:
                self._free -= 1
                return
            turn: Future[None] = Future()
            self._waiting.append(turn)
        try:
            await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave()  # the place was given in the moment of the cancellation
            raise

    def leave(self) -> None:
        """Give the place to the next in line."""
        with self._lock:
            while self._waiting:
                if settle(self._waiting.popleft(), value=None):
                    return
            self._free += 1

    def close(self, error: Exception) -> None:
        """Turn away all who wait and all who come."""
        with self._lock:
            self._error = error
            turned_away = list(self._waiting)
            self._waiting.clear()
        for turn in turned_away:
            settle(turn, error=error)


def settle(future: "Future[T]", *, value: T | None = None, error: Exception | None = None) -> bool:
    """Answer a future unless its caller is gone; True = somebody is there to read it."""
    with contextlib.suppress(Exception):
        if future.set_running_or_notify_cancel():
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(value)  # type: ignore[arg-type]  # None is a value for Future[None] only
            return True
    return False
