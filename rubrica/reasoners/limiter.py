"""The one limiter: so many calls at once, so many calls and tokens a minute. It waits, it never rejects."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from rubrica.reasoners.perloop import PerLoop

MINUTE = 60.0
PAUSE_MAX_S = 60.0
"""A longer pause is an outage: whoever comes after this finds out and says so."""


class Window:
    """At most `limit` units in any `per` seconds; a sliding window, so the promise holds wherever a minute starts.

    A taken amount can be corrected once it is known. An amount above the limit is let through alone.
    """

    def __init__(self, limit: float, *, per: float = MINUTE) -> None:
        self._limit, self._per = limit, per
        self._taken: deque[list[float]] = deque()
        """[time, amount, 1 while it counts], in time order; times may lie ahead."""
        self._total = 0.0

    def take(self, amount: float, *, now: float) -> list[float]:
        """Book `amount` for the earliest time that keeps the promise; the entry's first item is that time."""
        at = max(now, self._taken[-1][0]) if self._taken else now
        while self._taken and (self._taken[0][0] <= at - self._per or self._total + amount > self._limit):
            oldest = self._taken.popleft()
            self._total -= oldest[1]
            oldest[2] = 0.0
            at = max(at, oldest[0] + self._per)
        entry = [at, amount, 1.0]
        self._taken.append(entry)
        self._total += amount
        return entry

    def correct(self, entry: list[float], amount: float) -> None:
        """Replace an estimate by what it really was, if it still counts."""
        if entry[2]:
            self._total += amount - entry[1]
            entry[1] = amount


class Limiter:
    """Hands out slots in the order in which they are asked for; one pause holds for all."""

    def __init__(
        self,
        *,
        concurrency: int = 64,
        rpm: float | None = None,
        tpm: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slots: PerLoop[asyncio.Semaphore] = PerLoop(lambda: asyncio.Semaphore(concurrency))
        self._calls = Window(rpm) if rpm else None
        self._tokens = Window(tpm) if tpm else None
        self._clock = clock
        self._paused_until = 0.0

    @asynccontextmanager
    async def slot(self, tokens: int) -> AsyncGenerator[Callable[[int], None]]:
        """Wait for a slot for about `tokens` tokens; call what it gives with the true number afterwards."""
        async with self._slots.get():
            now = self._clock()
            start, booked = now, None
            if self._calls is not None:
                start = self._calls.take(1, now=now)[0]
            if self._tokens is not None:
                booked = self._tokens.take(tokens, now=now)
                start = max(start, booked[0])
            while (wait := max(start, self._paused_until) - self._clock()) > 0:
                await asyncio.sleep(wait)
            yield lambda used: self._correct(booked, used)

    def pause(self, seconds: float) -> None:
        """Let nobody start for a while: the endpoint said that it is enough."""
        self._paused_until = max(self._paused_until, self._clock() + min(seconds, PAUSE_MAX_S))

    def _correct(self, booked: list[float] | None, used: int) -> None:
        if self._tokens is not None and booked is not None:
            self._tokens.correct(booked, used)
