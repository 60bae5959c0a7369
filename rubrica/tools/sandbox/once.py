"""One awaited result for all who ask, whichever event loop or thread they ask from."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from rubrica.tools.sandbox.door import settle

T = TypeVar("T")


class Once(Generic[T]):
    """Runs `make` for the first caller and gives the others its result; after a failure the next caller is first."""

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Future[T] | None = None

    async def get(self) -> T:
        """Return the result, making it if nobody has; a caller that is cancelled leaves the making to the next."""
        while True:
            with self._lock:
                made = self._made
                if made is None:
                    self._made = mine = Future[T]()
            if made is None:
                return await self._make_for_all(mine)
            try:
                return await _wait(made)
            except _StoppedError:
                continue

    async def _make_for_all(self, made: "Future[T]") -> T:
        try:
            value = await self._make()
        except BaseException as error:
            with self._lock:
                self._made = None
            made.set_exception(error if isinstance(error, Exception) else _StoppedError())
            raise
        made.set_result(value)
        return value


class _StoppedError(Exception):
    """Whoever was making it was cancelled: no failure, but no result."""


async def _wait(made: "Future[T]") -> T:
    """Wait for a shared future on one of our own: a caller's end, or its loop's, does not touch the shared one."""
    turn: Future[T] = Future()

    def pass_on(done: "Future[T]") -> None:
        error = done.exception()
        settle(turn, value=None if error else done.result(), error=error if isinstance(error, Exception) else None)

    made.add_done_callback(pass_on)
    return await asyncio.wrap_future(turn)
