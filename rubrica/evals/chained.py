"""Labelled pairs judged by RewardHarness's chain, and summed up by the same metrics as every other judge.

What it cannot judge, a group of more than two or a turn outside the protocol, is unscored with its reason. Its own code
makes a tie of that; `right` tells both.
"""

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from rubrica.agents.chain import ChainRun, judge_pair
from rubrica.agents.graph import contained
from rubrica.agents.work import Crew, Work
from rubrica.evals.baselines import baseline_credits
from rubrica.evals.metrics import Outcome, credit, outcome, ranked
from rubrica.evals.runner import Assessed, both_orders
from rubrica.harness import followed, in_order, unsupported
from rubrica.parallel import Plan
from rubrica.requests.chain import HIGHEST, LOWEST
from rubrica.types import Case, Label, Preference, TaskView, Unscored, Usage

RANKINGS = {"A": (0, 1), "B": (1, 0), "tie": (0, 0)}


@dataclass(frozen=True, slots=True)
class Chained:
    """A case as the chain judged it."""

    case: Case
    result: ChainRun | Unscored
    skills: tuple[str, ...] = ()
    """Those that were routed to it."""
    usage: Usage = Usage()

    @property
    def ranking(self) -> tuple[int, ...]:
        """0 = best, equal = tie; empty without a verdict."""
        return RANKINGS[self.result.verdict.preference] if isinstance(self.result, ChainRun) else ()

    @property
    def rewards(self) -> tuple[float, ...]:
        """The mean of an answer's two numbers, put into [0, 1]; empty without a verdict."""
        if isinstance(self.result, Unscored):
            return ()
        told = self.result.verdict
        sums = (told.following_a + told.quality_a, told.following_b + told.quality_b)
        return tuple((total / 2 - LOWEST) / (HIGHEST - LOWEST) for total in sums)


def right(judged: Chained, label: Label, *, tie_if_unscored: bool = False) -> bool:
    """Whether the preference is the label's, ties too; no verdict is never right, or a tie as in the original."""
    ranking = judged.ranking or (RANKINGS["tie"] if tie_if_unscored else ())
    return len(ranking) == len(label.ranks) and credit(label, ranking) == 1.0


def held_against(judged: Chained, preference: Preference) -> Outcome:
    """Compare one result with its label; the chain gives no probability."""
    case, label = preference.case.id, preference.label
    if isinstance(judged.result, Unscored):
        return outcome(case, label, judged.result, preference.subset)
    return ranked(case, label, judged.ranking, preference.subset)


def judge_pairs(plan: Plan, cases: Iterable[Case]) -> Generator[Chained]:
    """Judge cases of two candidates in order, as they are listed."""
    harness = plan.harness()
    try:
        yield from followed(_judged(cases, harness.crew(), limit=plan.in_flight))
    finally:
        if harness.sandbox is not None:
            asyncio.run(harness.sandbox.close())


def assess_pairs(preferences: Iterable[tuple[str, Preference]], plan: Plan, *, swap: bool = True) -> Iterator[Assessed]:
    """Judge (data set, labelled case) pairs in order; with `swap`, a second time with the candidates in reverse."""
    for data, preference, judged, again in both_orders(preferences, lambda cases: judge_pairs(plan, cases), swap=swap):
        several = len(preference.case.candidates) > 1
        yield Assessed(
            data=data,
            case=preference.case.id,
            subset=preference.subset,
            rewards=judged.rewards,
            lengths=tuple(len(candidate.text) for candidate in preference.case.candidates),
            outcome=held_against(judged, preference) if several else None,
            positive=None if several else preference.label.scores is not None and preference.label.scores[0] >= 0.5,
            unscored=judged.result.reason if isinstance(judged.result, Unscored) else None,
            swap_consistent=None if again is None else judged.ranking == again.ranking[::-1],
            baselines=baseline_credits(preference) if several else {},
        )


async def _judged(cases: Iterable[Case], crew: Crew, *, limit: int) -> AsyncGenerator[Chained]:
    async with aclosing(in_order((_chained(case, crew) for case in cases), limit=limit)) as results:
        async for result in results:
            yield result


async def _chained(case: Case, crew: Crew) -> Chained:
    """Judge one case; whatever fails inside it is its reason."""
    pair = len(case.candidates) == 2
    if reason := unsupported(case) or ("" if pair else f"the chain compares two answers, not {len(case.candidates)}"):
        return Chained(case, Unscored(case=case.id, reason="unsupported", detail=reason))
    work = Work(case=case, view=TaskView.of(case.task))
    done: list[ChainRun] = []

    async def chain(work: Work, crew: Crew) -> None:
        done.append(await judge_pair(work, crew))

    await contained(work, crew, chain)
    skills = tuple(skill.name for skill in work.skills)
    failed = work.result if isinstance(work.result, Unscored) else None
    return Chained(case, failed or done[0], skills, work.usage)
