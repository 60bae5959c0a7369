"""An asyncio loop for a place without sockets, threads and signals: timers and tasks, nothing to poll."""

import asyncio
import time
from asyncio import base_events, events
from collections.abc import Callable
from typing import Any

_SLICE_S = 0.01
"""A host call cannot be interrupted, so a sleep is cut into slices: between two of them the host can stop the run."""

_sleep_uncut = time.sleep


def sleep(seconds: float, /) -> None:
    """`time.sleep`, in slices."""
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        _sleep_uncut(min(left, _SLICE_S))


class _Timer:
    """Stands where a selector would: it waits and never has an event."""

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("deadlock: every task waits and no timer is set")
        sleep(timeout)
        return []

    def close(self) -> None: ...


class Loop(base_events.BaseEventLoop):
    """Tasks and timers of one thread; `run_in_executor` calls the function in place."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Timer()

    def _process_events(self, event_list: list[Any]) -> None: ...

    def _write_to_self(self) -> None: ...

    def run_in_executor(self, executor: object, func: Callable[..., Any], *args: Any) -> Any:  # type: ignore[override]  # in place
        del executor
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - an executor hands every exception to the awaiter
            future.set_exception(error)
        return future


class _Policy:
    """Makes `asyncio.run` and `asyncio.new_event_loop` use `Loop`."""

    _loop: asyncio.AbstractEventLoop | None = None

    def get_event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            raise RuntimeError("There is no current event loop in thread 'MainThread'.")
        return self._loop

    def set_event_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._loop = loop

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return Loop()


def install() -> None:
    """Make this the loop of the interpreter, and its sleep the sleep."""
    time.sleep = sleep  # type: ignore[assignment]  # stubs allow integers that are no floats
    events._event_loop_policy = _Policy()  # type: ignore[attr-defined]  # its setter wants a subclass of a private class
