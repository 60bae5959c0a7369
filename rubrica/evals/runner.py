"""Judge labelled cases with one library version and hold each verdict against its label."""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import TypeAdapter

from rubrica.evals.baselines import baseline_credits
from rubrica.evals.metrics import Outcome, outcome
from rubrica.parallel import Plan, judge_rows
from rubrica.types import Case, Judgement, Preference, Unscored, Verdict

R = TypeVar("R")

_JUDGEMENT: TypeAdapter[Verdict | Unscored] = TypeAdapter(Judgement)


@dataclass(frozen=True, slots=True)
class Assessed:
    """One labelled case as one library version judged it."""

    data: str
    """The data set that it comes from."""
    case: str
    subset: str
    rewards: tuple[float, ...]
    """In the order of the candidates; empty without a verdict."""
    lengths: tuple[int, ...]
    """Characters of each candidate."""
    outcome: Outcome | None = None
    """For K >= 2."""
    positive: bool | None = None
    """For K = 1: the label, good or not."""
    unscored: str | None = None
    swap_consistent: bool | None = None
    """Judged with its candidates in reverse, every candidate kept its rank; None = not asked."""
    baselines: Mapping[str, float] = field(default_factory=dict)
    """Credit of each baseline, for K >= 2."""


def is_fitting_third(case: str) -> bool:
    """Whether the case is of the third that may be looked at and fitted on; what is fitted is reported on the rest."""
    return int(hashlib.sha256(case.encode()).hexdigest(), 16) % 3 == 0


def assess(
    preferences: Iterable[tuple[str, Preference]], plan: Plan, *, workers: int = 0, swap: bool = True
) -> Iterator[Assessed]:
    """Judge (data set, labelled case) pairs in order; with `swap`, a second time with the candidates in reverse."""

    def judge(cases: Iterator[Case]) -> Iterator[Verdict | Unscored]:
        return (_JUDGEMENT.validate_json(row.json) for row in judge_rows(plan, cases, workers=workers))

    for told in both_orders(preferences, judge, swap=swap):
        yield compare(*told)


def both_orders(
    preferences: Iterable[tuple[str, Preference]], judge: Callable[[Iterator[Case]], Iterator[R]], *, swap: bool
) -> Iterator[tuple[str, Preference, R, R | None]]:
    """Yield each labelled case with its result and, with `swap`, that of the reversed case."""
    waiting: deque[tuple[str, Preference]] = deque()

    def cases() -> Iterator[Case]:
        for data, preference in preferences:
            waiting.append((data, preference))
            yield preference.case
            if swap and len(preference.case.candidates) > 1:
                yield reversed_case(preference.case)

    results = judge(cases())
    for result in results:
        data, preference = waiting.popleft()
        again = next(results) if swap and len(preference.case.candidates) > 1 else None
        yield data, preference, result, again


def reversed_case(case: Case) -> Case:
    """Return the case with its candidates in reverse."""
    return Case(task=case.task, candidates=case.candidates[::-1])


def compare(
    data: str, preference: Preference, result: Verdict | Unscored, again: Verdict | Unscored | None
) -> Assessed:
    """Hold one result, and that of the reversed case, against the label."""
    case, label = preference.case, preference.label
    several = len(case.candidates) > 1
    return Assessed(
        data=data,
        case=case.id,
        subset=preference.subset,
        rewards=result.rewards if isinstance(result, Verdict) else (),
        lengths=tuple(len(candidate.text) for candidate in case.candidates),
        outcome=outcome(case.id, label, result, preference.subset) if several else None,
        positive=None if several else label.scores is not None and label.scores[0] >= 0.5,
        unscored=result.reason if isinstance(result, Unscored) else None,
        swap_consistent=None if again is None else _ranks(result) == _ranks(again)[::-1],
        baselines=baseline_credits(preference) if several else {},
    )


def _ranks(result: Verdict | Unscored) -> tuple[int, ...]:
    return result.ranking if isinstance(result, Verdict) else ()
