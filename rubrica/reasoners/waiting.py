"""Says what nothing comes out of: an endpoint that asks to wait, again and again, while no call gets through."""

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

SILENCE_S = 10.0
"""Seconds without an answer after which there is a line, and between two lines."""


class Waiting:
    """Counts the refusals since the last answer, whoever waits for it."""

    def __init__(self, *, every_s: float = SILENCE_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._every_s, self._clock = every_s, clock
        self._retries = 0
        self._said = 0.0

    def refused(self, *, asked_s: float | None) -> None:
        """Note a 429; a line is due when it has been silent for long, or will be."""
        now = self._clock()
        if not self._retries:
            self._said = now
        self._retries += 1
        long = asked_s is not None and asked_s >= self._every_s
        if now - self._said < self._every_s and not (long and self._retries == 1):
            return
        self._said = now
        retries = f"{self._retries} {'retry' if self._retries == 1 else 'retries'}"
        asked = f"; it asked to wait {asked_s:.0f} s" if asked_s is not None else ""
        log.warning("waiting for the endpoint: rate limited, %s%s", retries, asked)

    def answered(self) -> None:
        """Note a call that got through."""
        self._retries = 0
