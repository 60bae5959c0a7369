"""The one retry layer: what may pass is tried again, later and later, until it worked or the time is over."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from rubrica.errors import DeadlineError
from rubrica.reasoners.failure import CallError

T = TypeVar("T")

JITTER = 0.25
"""Share of a requested wait that is added at random, so that callers do not come back all at once."""


DEADLINE_S = 600.0
PATIENCE_S = 60.0
"""The longest wait that does not count when others got through meanwhile."""


class Stopwatch:
    """The time that a call has left; it runs on the wire and between attempts, not in our own queues."""

    def __init__(self, seconds: float, *, attempt_s: float = 0.0) -> None:
        self.left, self._attempt_s = seconds, attempt_s

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Count what happens inside; a TimeoutError ends it when no time is left, nor any of the attempt's own."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(max(self.left, self._attempt_s)):
                yield
        finally:
            self.left -= loop.time() - started


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how long one call is tried.

    A 429 asks to wait and is no failure: it counts against the deadline, not against `failures`, and not even that
    while other calls get through, which is how a low rate limit looks. What does not pass is never tried again.
    """

    failures: int = 6
    deadline_s: float = DEADLINE_S
    attempt_s: float = 0.0
    """What an attempt may take that was begun in time: the deadline decides whether there is another."""
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self, attempt: Callable[[Stopwatch], Awaitable[T]], *, answered: Callable[[], int] = int) -> T:
        """Return the first result.

        Args:
            attempt: makes the call once, on the time that is left.
            answered: how many calls the endpoint has answered so far, to whomever.

        Raises:
            CallError: it kept failing, or failed in a way that does not pass; then it was tried once.
            DeadlineError: the deadline passed, or every attempt was too slow.
        """
        failed: list[CallError] = []
        watch, seen = Stopwatch(self.deadline_s, attempt_s=self.attempt_s), answered()

        def is_worn_out(state: RetryCallState) -> bool:
            nonlocal seen
            before, seen = seen, answered()
            return self._is_worn_out(state, failed, watch, moved=seen != before)

        async def once() -> T:  # tenacity awaits what it can see to be a coroutine function
            if first:
                raise first.pop()
            return await attempt(watch)

        first: list[CallError] = []
        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, CallError) and error.passes),
            stop=is_worn_out,
            wait=self._wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            try:
                return await attempt(watch)  # nearly always the last: tenacity's part begins with a failure
            except CallError as error:
                first.append(error)
            return await retrying(once)
        except TimeoutError:
            raise DeadlineError(f"no answer within {self.deadline_s:g} s{_last(failed)}") from None
        except CallError as error:
            if not error.passes:
                raise
            if error.kind == "timeout":
                raise DeadlineError(f"{len(failed)} attempts were too slow; the last: {error}") from None
            told = f"{len(failed)} attempts failed; the last: {error}{_asked(error)}"
            raise CallError(told, kind=error.kind, retry_after=error.retry_after) from None

    def _is_worn_out(self, state: RetryCallState, failed: list[CallError], watch: Stopwatch, *, moved: bool) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, CallError):
            failed.append(error)
        counted = sum(failure.kind != "rate" for failure in failed)
        queued = moved and bool(failed) and failed[-1].kind == "rate" and state.upcoming_sleep <= PATIENCE_S
        watch.left -= 0.0 if queued else state.upcoming_sleep
        return counted >= self.failures or watch.left <= 0

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        spread = wait_random_exponential(multiplier=self.first_wait_s, max=self.longest_wait_s)(state)
        if isinstance(error, CallError) and error.retry_after is not None:
            return error.retry_after + min(spread, JITTER * error.retry_after)
        return spread


def _last(failed: list[CallError]) -> str:
    return f"; the last of {len(failed)} attempts: {failed[-1]}" if failed else ""


def _asked(error: CallError) -> str:
    return f" (it asked to wait {error.retry_after:g} s)" if error.retry_after is not None else ""
