"""One value per event loop: locks and connections belong to the loop in which they were made."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Makes the value when a loop first asks for it, and forgets it with the loop."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._values: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def get(self) -> T:
        """Return the running loop's value."""
        loop = asyncio.get_running_loop()
        value = self._values.get(loop)
        if value is None:
            for closed in [known for known in self._values if known.is_closed()]:  # its value may keep a loop alive
                del self._values[closed]
            value = self._values[loop] = self._make()
        return value
