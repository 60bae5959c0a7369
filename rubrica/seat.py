"""A harness at work in one event loop: the judge of a process, with one sandbox for both modes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from rubrica.agents.work import Crew
from rubrica.harness import Harness, Judged, Mode, judge_chunk
from rubrica.parallel import Plan
from rubrica.rewards.vector import RewardVector, vectors
from rubrica.types import Case, Unscored

Graded = tuple[RewardVector, ...] | Unscored
"""One vector per candidate of the case, or why there is none."""


class Judge(Protocol):
    """Who judges for one event loop: this process, or others."""

    async def grade(self, cases: Sequence[Case], mode: Mode) -> list[Graded]:
        """Return the numbers of each case, in order."""

    async def verdict(self, case: Case, mode: Mode) -> Judged:
        """Return the whole verdict of a case."""

    async def close(self) -> None:
        """Let go of sandboxes and processes."""


class Seat:
    """Judges in the event loop that calls it."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._harness: Harness | None = None
        self._crews: dict[Mode, Crew] = {}

    async def grade(self, cases: Sequence[Case], mode: Mode) -> list[Graded]:
        return [self._graded(judged) for judged in await judge_chunk(list(cases), self.crew(mode))]

    async def verdict(self, case: Case, mode: Mode) -> Judged:
        return (await judge_chunk([case], self.crew(mode)))[0]

    async def close(self) -> None:
        if self._harness is not None and self._harness.sandbox is not None:
            await self._harness.sandbox.close()
        self._harness, self._crews = None, {}

    def crew(self, mode: Mode) -> Crew:
        """Return who works in this mode; the first call opens the sandbox."""
        if self._harness is None:
            self._harness = self._plan.harness()
        if mode not in self._crews:
            self._crews[mode] = replace(self._harness, mode=mode).crew()
        return self._crews[mode]

    def _graded(self, judged: Judged) -> Graded:
        if isinstance(judged.result, Unscored):
            return judged.result
        return vectors(judged.case, judged.result, self._plan.library.scoring)
