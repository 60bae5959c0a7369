"""Interrupts that are not lost: Python drops the exception when it is raised while C code frees or checks an object.

Under `with noted():` a dropped interrupt is noted, and `raise_if_noted()`, called now and then, raises it again.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_dropped: list[type[BaseException]] = []


@contextmanager
def noted() -> Iterator[None]:
    """Note each interrupt that is dropped, instead of writing out that it was."""
    told = sys.unraisablehook

    def note(dropped: "sys.UnraisableHookArgs") -> None:
        if issubclass(dropped.exc_type, KeyboardInterrupt):
            _dropped.append(dropped.exc_type)
        else:
            told(dropped)

    sys.unraisablehook = note
    try:
        yield
    finally:
        sys.unraisablehook = told
        _dropped.clear()


def raise_if_noted() -> None:
    """Raise the interrupt that was dropped.

    Raises:
        KeyboardInterrupt: one was.
    """
    if _dropped:
        raise KeyboardInterrupt
