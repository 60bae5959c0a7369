"""The one retry layer: what may pass is tried again, later and later, until it worked or the time is over."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_before_delay, wait_random_exponential

from rubrica.errors import DeadlineError, OutageError
from rubrica.reasoners.transport import CallError

T = TypeVar("T")

JITTER = 0.25
"""Share of a requested wait that is added at random, so that callers do not come back all at once."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how long one call is tried.

    A 429 asks to wait and is no failure: it counts against the deadline, not against `failures`. Refused keys and
    rejected calls are never tried again.
    """

    failures: int = 6
    deadline_s: float = 600.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Return the first result.

        Raises:
            CallError: the call was rejected or the key refused; it was tried once.
            OutageError: it kept failing.
            DeadlineError: the deadline passed, or every attempt was too slow.
        """
        failed: list[CallError] = []

        async def once() -> T:  # tenacity awaits what it can see to be a coroutine function
            return await attempt()

        retrying = AsyncRetrying(
            retry=retry_if_exception(lambda error: isinstance(error, CallError) and error.passes),
            stop=lambda state: self._is_worn_out(state, failed),
            wait=self._wait,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            async with asyncio.timeout(self.deadline_s):
                return await retrying(once)
        except TimeoutError:
            raise DeadlineError(f"no answer within {self.deadline_s:g} s{_last(failed)}") from None
        except CallError as error:
            if not error.passes:
                raise
            if error.kind == "timeout":
                raise DeadlineError(f"{len(failed)} attempts were too slow; the last: {error}") from None
            raise OutageError(f"{len(failed)} attempts failed; the last: {error}{_asked(error)}") from None

    def _is_worn_out(self, state: RetryCallState, failed: list[CallError]) -> bool:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, CallError):
            failed.append(error)
        counted = sum(failure.kind != "rate" for failure in failed)
        return counted >= self.failures or stop_before_delay(self.deadline_s)(state)

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
