"""One awaited result for all who ask, whichever event loop or thread they ask from."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """Runs `make` for the first caller and gives the others its result; after a failure the next caller is first."""

    def __init__(self, make: Callable[[], Awaitable[T]]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: Future[T] | None = None

    async def get(self) -> T:
        """Return the result, making it if nobody has."""
        with self._lock:
            made, first = self._made, self._made is None
            if made is None:
                made = self._made = Future()
        if not first:
            return await asyncio.shield(asyncio.wrap_future(made))
        try:
            value = await self._make()
        except BaseException as error:
            with self._lock:
                self._made = None
            made.set_exception(error if isinstance(error, Exception) else RuntimeError("the first caller was stopped"))
            raise
        made.set_result(value)
        return value
