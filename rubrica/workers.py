"""Worker processes that judge for one event loop, all with the same plan and so the same library version.

One that dies is replaced, and the cases it had are asked again one by one, in a process that does nothing else: a case
that ends two of those too is `Unscored`.
"""

import asyncio
import logging
from collections.abc import Sequence

from rubrica.harness import Judged, Mode
from rubrica.parallel import Plan
from rubrica.seat import Graded
from rubrica.types import Case, Unscored, Usage
from rubrica.worker import DiedError, Worker

ATTEMPTS = 2
"""How many processes of its own a case may end before it is held to be the cause."""

log = logging.getLogger(__name__)


class Workers:
    """As many worker processes as the plan says; lives in one event loop."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._fleet = [Worker(plan) for _ in range(plan.workers)]
        self._spare: Worker | None = None
        self._alone = asyncio.Lock()
        self.replaced = 0
        """How many have died, and another has taken their place."""

    async def grade(self, cases: Sequence[Case], mode: Mode) -> list[Graded]:
        return [each for each in await self._ask(tuple(cases), mode, whole=False) if not isinstance(each, Judged)]

    async def verdict(self, case: Case, mode: Mode) -> Judged:
        (found,) = await self._ask((case,), mode, whole=True)
        if isinstance(found, Judged):
            return found
        if isinstance(found, Unscored):
            return Judged(case=case, result=found, usage=Usage(), seconds=0.0)
        raise TypeError("a worker answered with numbers where a verdict was asked for")

    async def close(self) -> None:
        everybody = [*self._fleet, *([self._spare] if self._spare else [])]
        await asyncio.gather(*(worker.end() for worker in everybody))

    @property
    def alive(self) -> int:
        """How many processes there are at this moment."""
        return sum(worker.alive for worker in self._fleet)

    async def _ask(self, cases: tuple[Case, ...], mode: Mode, *, whole: bool) -> Sequence[Graded | Judged]:
        for worker in self._fleet:
            if not worker.alive:
                self._replace(worker, DiedError("while it had nothing to do"))
        worker = min(self._fleet, key=lambda worker: worker.busy)
        try:
            return await worker.ask(cases, mode, whole=whole)
        except DiedError as death:
            self._replace(worker, death)
        async with self._alone:
            return [found for case in cases for found in await self._ask_alone(case, mode, whole=whole)]

    def _replace(self, worker: Worker, death: DiedError) -> None:
        if worker in self._fleet:  # else another of its jobs has seen to it
            log.warning("a worker process ended (%s); another takes its place, and its cases are asked again", death)
            self._fleet[self._fleet.index(worker)] = Worker(self._plan)
            self.replaced += 1

    async def _ask_alone(self, case: Case, mode: Mode, *, whole: bool) -> Sequence[Graded | Judged]:
        for _ in range(ATTEMPTS):
            if self._spare is None or not self._spare.alive:
                self._spare = Worker(self._plan)
            spare = self._spare
            try:
                return await spare.ask((case,), mode, whole=whole)
            except DiedError as death:
                if not spare.ready:
                    detail = f"a process that judges did not come up ({death}); ask again"
                    return [Unscored(case=case.id, reason="error", detail=detail)]
        detail = "the process that judges this case ends, or never does"
        return [Unscored(case=case.id, reason="unsupported", detail=detail)]
