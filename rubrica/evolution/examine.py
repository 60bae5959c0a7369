"""The examination: libraries on test cases, through the very judge that users call. Read once, at the end of a run."""

import asyncio
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from rubrica.evals.baselines import BASELINES, baseline_credit
from rubrica.evals.metrics import Bin, Outcome, auroc, mcnemar, outcome, summarise, wilson
from rubrica.library.library import Library
from rubrica.parallel import Plan
from rubrica.types import Label, Preference, Unscored, Value, Verdict


class Interval(Value):
    """A share of n with its 95% Wilson interval."""

    value: float
    low: float
    high: float
    n: int


class Grade(Value):
    """How one library did."""

    version: str
    accuracy: Interval
    """Over all cases; an undecided one counts 1/K."""
    coverage: float
    unscored: int
    ece: float | None
    reliability: tuple[Bin, ...] = ()
    """P(leader wins) against how often it does, on decided cases."""
    auroc: float | None = None
    """For single candidates with a good or bad label."""


class Examination(Value):
    """Before and after on cases that nothing was learned from."""

    before: Grade
    after: Grade
    mcnemar: float
    """Exact two-sided p of the cases on which one of the two did better; a tie is better than wrong."""
    helped: int
    hurt: int
    subsets: dict[str, tuple[float, float, int]]
    """Subset -> accuracy before, accuracy after, n."""
    baselines: dict[str, float]


def examine(plan: Plan, before: Library, after: Library, preferences: Sequence[Preference]) -> Examination:
    """Judge the cases with both libraries."""
    old, new = (_outcomes(replace(plan, library=library), preferences) for library in (before, after))
    return contrast((before.version, old), (after.version, new), preferences)


Told = Sequence[tuple[Outcome, float]]
"""Per case its outcome and its first candidate's raw score."""


def contrast(before: tuple[str, Told], after: tuple[str, Told], preferences: Sequence[Preference]) -> Examination:
    """Set two versions, each with what the cases came to, beside each other."""
    olds, news = ([o.credit for o, _ in told] for _, told in (before, after))
    changes = list(zip(olds, news, strict=True))
    return Examination(
        before=_grade(*before, preferences),
        after=_grade(*after, preferences),
        mcnemar=mcnemar([o > n for o, n in changes], [n > o for o, n in changes]),
        helped=sum(new > old for old, new in changes),
        hurt=sum(new < old for old, new in changes),
        subsets=_subsets(preferences, olds, news),
        baselines=baselines(preferences),
    )


def baselines(preferences: Sequence[Preference]) -> dict[str, float]:
    """Return the accuracy of rankings that read nothing, over the cases with two or more candidates."""
    groups = [p for p in preferences if len(p.case.candidates) > 1]
    names = (*BASELINES, "random")
    return {n: sum(baseline_credit(n, p) for p in groups) / len(groups) for n in names} if groups else {}


def interval(credits_: Sequence[float]) -> Interval:
    """Return mean credit with its interval."""
    share = wilson(sum(credits_), len(credits_))
    return Interval(value=share.value if credits_ else 0.0, low=share.low, high=share.high, n=share.n)


def _outcomes(plan: Plan, preferences: Sequence[Preference]) -> list[tuple[Outcome, float]]:
    """Return each case's outcome and its first candidate's raw score."""
    harness = plan.harness()
    found = []
    try:
        for preference, judged in zip(preferences, harness.judge_all([p.case for p in preferences]), strict=True):
            raw = judged.result.scores[0].raw if isinstance(judged.result, Verdict) else 0.0
            found.append((_outcome(preference, judged.result), raw))
    finally:
        if harness.sandbox is not None:
            asyncio.run(harness.sandbox.close())
    return found


def _outcome(preference: Preference, result: Verdict | Unscored) -> Outcome:
    case = preference.case
    if len(case.candidates) > 1:
        return outcome(case.id, preference.label, result, preference.subset)
    raw = result.scores[0].raw if isinstance(result, Verdict) else 0.0
    decided = abs(raw) > 1e-9
    right = float((raw > 0) == _is_good(preference.label)) if decided else 0.5
    reason = result.reason if isinstance(result, Unscored) else None
    return Outcome(case.id, preference.subset, 1, right, decided, reason)


def _is_good(label: Label) -> bool:
    return label.scores is not None and label.scores[0] >= 0.5


def _grade(version: str, told: Told, preferences: Sequence[Preference]) -> Grade:
    summary = summarise([o for o, _ in told])
    singles = [
        (raw, _is_good(p.label)) for (_, raw), p in zip(told, preferences, strict=True) if len(p.label.ranks) == 1
    ]
    area = auroc([raw for raw, _ in singles], [good for _, good in singles]) if singles else float("nan")
    return Grade(
        version=version,
        accuracy=interval([o.credit for o, _ in told]),
        coverage=summary.coverage if told else 0.0,
        unscored=summary.unscored,
        ece=None if math.isnan(summary.ece) else summary.ece,
        reliability=summary.reliability,
        auroc=None if math.isnan(area) else area,
    )


def _subsets(
    preferences: Sequence[Preference], olds: Sequence[float], news: Sequence[float]
) -> dict[str, tuple[float, float, int]]:
    members: defaultdict[str, list[int]] = defaultdict(list)
    for n, preference in enumerate(preferences):
        members[preference.subset].append(n)
    return {
        subset: (sum(olds[n] for n in own) / len(own), sum(news[n] for n in own) / len(own), len(own))
        for subset, own in sorted(members.items())
    }
