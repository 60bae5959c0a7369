"""The garbage collector comes less often where a process does nothing but judge.

A thousand cases in flight are many objects that live long: collecting every 700 took half of the processor's time.
"""

import gc

COLLECT_AFTER = 50_000
"""New objects between two collections."""


def collect_seldom() -> None:
    """Let the collector wait for more: for processes that are our own, never for a caller's."""
    gc.set_threshold(COLLECT_AFTER, 10, 10)


def settle() -> None:
    """Tell the collector besides that what is loaded now stays."""
    gc.collect()
    gc.freeze()
    collect_seldom()
