"""Admission and scoring behind every route: so many samples at once, each answered by its deadline, none lost."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import HTTPException
from starlette.requests import Request

from rubrica.reward import Reward, RewardFunction
from rubrica.samples import Sample
from rubrica.service.buffer import REMEMBERED, GroupBuffer
from rubrica.service.metrics import Metrics
from rubrica.service.wire import Asked
from rubrica.types import Case, Unscored, Verdict

Result = Reward | Unscored

RETRY_AFTER_S = 1
PERMANENT = frozenset({"undecided", "unsupported", "bad_input", "refusal"})
"""Reasons for which asking again will not help: 422; the others are 503."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the service takes on."""

    queue: int = 4096
    """Samples in flight."""
    batch: int = 1024
    """Samples in one request."""
    body_mb: int = 32
    body_s: float = 30.0
    """Seconds that a body may take to arrive."""
    deadline: float = 120.0
    """Seconds; a request may ask for less."""
    window: float = 30.0
    """Seconds that a group waits for its last member."""


class Desk:
    """Takes samples in, and answers them in order."""

    def __init__(self, reward: RewardFunction, limits: Limits) -> None:
        self.reward, self.limits = reward, limits
        made_by = reward.provenance("pointwise")
        self.library, self.reasoner = made_by.library, made_by.reasoner
        self.metrics = Metrics(library=self.library, reasoner=self.reasoner)
        self.metrics.judge(reward.load)
        self.buffer = GroupBuffer(limits.window, deadline=limits.deadline, remembered=max(REMEMBERED, 2 * limits.queue))
        self.draining = False
        self._in_flight = 0

    def function(self, asked: Asked) -> RewardFunction:
        """Return the reward function as a request wants it.

        Raises:
            HTTPException: 409, the run is pinned to another library.
        """
        if not self.library.startswith(asked.library):
            detail = f"this service runs library {self.library}, the run is pinned to {asked.library}"
            raise HTTPException(409, detail)
        deadline = min(asked.deadline or self.limits.deadline, self.limits.deadline)
        return self.reward.using(mode=asked.mode, group_size=asked.group_size, deadline=deadline)

    async def score(
        self, samples: Sequence[Sample], asked: Asked, request: Request, *, ids: Sequence[str] = ()
    ) -> list[Result]:
        """Score the samples of one request, in order.

        Raises:
            HTTPException: 409, as above; 413, too many for one request; 429, too many in flight.
        """
        function = self.function(asked)
        with self._admitted(len(samples)):
            if asked.run and asked.group_size and function.mode != "pointwise":
                results = await self._with_others(function, samples, asked.run, ids or [""] * len(samples), request)
            else:
                results = await function.ascore_batch(samples)
        self.metrics.results(results)
        request.state.run, request.state.samples = asked.run, len(samples)
        request.state.unscored = sum(isinstance(result, Unscored) for result in results)
        return results

    def value(self, result: Result) -> float:
        """Return the number of one sample, for a trainer that cannot skip one.

        Raises:
            HTTPException: 422 or 503, there is none, and the user has not said what to give instead.
        """
        if not isinstance(result, Unscored):
            return result.shaped
        value = self.values([result])[0]
        if value is None:
            raise refusal(result)
        return value

    def values(self, results: Sequence[Result]) -> list[float | None]:
        """Return what a trainer is given; over HTTP, "raise" is a null that the client raises for."""
        if self.reward.on_unscored == "raise":
            return [None if isinstance(result, Unscored) else result.shaped for result in results]
        return self.reward.values(results)

    async def judge(self, case: Case, asked: Asked, request: Request) -> Verdict:
        """Return the whole verdict of a case.

        Raises:
            HTTPException: as for `score`; 422 or 503, it is unscored.
        """
        function = self.function(asked)
        with self._admitted(len(case.candidates)):
            result = await function.judge(case)
        request.state.samples = len(case.candidates)
        if isinstance(result, Unscored):
            request.state.unscored = len(case.candidates)
            raise refusal(result)
        return result

    def drain(self) -> None:
        """Take no more waiting upon others: what is incomplete now is answered now."""
        self.draining = True
        self.buffer.flush()

    def _busy(self) -> int:
        """Return how many samples are in flight, those included that their callers no longer wait for."""
        return max(self._in_flight, len(self.buffer) + self.reward.load().cases)

    @contextmanager
    def _admitted(self, count: int) -> Iterator[None]:
        if count > self.limits.batch:
            raise HTTPException(413, f"{count} samples; send at most {self.limits.batch} at once")
        if (busy := self._busy()) + count > self.limits.queue:
            detail = f"{busy} samples are in flight; at most {self.limits.queue} are"
            raise HTTPException(429, detail, {"Retry-After": str(RETRY_AFTER_S)})
        self._in_flight += count
        self.metrics.in_flight.set(self._in_flight)
        try:
            yield
        finally:
            self._in_flight -= count
            self.metrics.in_flight.set(self._in_flight)

    async def _with_others(
        self, function: RewardFunction, samples: Sequence[Sample], run: str, ids: Sequence[str], request: Request
    ) -> list[Result]:
        answers = self.buffer.add(function, samples, run=run, ids=ids)
        if self.draining:
            self.buffer.flush()
        everything = asyncio.ensure_future(asyncio.wait(set(answers), timeout=function.deadline))
        left = asyncio.ensure_future(_disconnected(request))
        await asyncio.wait({everything, left}, return_when=asyncio.FIRST_COMPLETED)
        everything.cancel()
        left.cancel()
        # who has gone or got no answer may ask again: under its id it is the same sample, without one a new one
        self.buffer.leave(answer for answer, id_ in zip(answers, ids, strict=True) if not id_ and not answer.done())
        detail = f"not judged within {function.deadline} s; ask again"
        late = Unscored(case="", reason="timeout", detail=detail)
        return [answer.result() if answer.done() else late for answer in answers]


def refusal(unscored: Unscored) -> HTTPException:
    """Say over HTTP that there is no verdict: 422 when asking again will not help, else 503."""
    detail = {"reason": unscored.reason, "detail": unscored.detail}
    if unscored.reason in PERMANENT:
        return HTTPException(422, detail)
    return HTTPException(503, detail, {"Retry-After": str(RETRY_AFTER_S)})


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
