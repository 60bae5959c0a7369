"""Interrupts that are not lost: Python drops the exception when it is raised while C code frees or checks an object.

with noted():
for row in rows:
raise_if_noted()
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_come: list[int] = []


@contextmanager
def noted() -> Iterator[None]:
    """Note each interrupt beside raising it, where one would be raised in this thread."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(number: int, frame: FrameType | None) -> None:
        _come.append(number)
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        _come.clear()


def raise_if_noted() -> None:
    """Raise the interrupt that has come, if it was dropped.

    Raises:
        KeyboardInterrupt: one has come.
    """
    if _come:
        raise KeyboardInterrupt
