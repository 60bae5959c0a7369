"""The table of one data set under one library version, from what its cases came to."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from rubrica.evals.metrics import (
    Share,
    Summary,
    auroc,
    auroc_share,
    balanced_share,
    best_threshold,
    expected_calibration_error,
    mcnemar,
    reliability,
    spearman,
    summarise,
    wilson,
)
from rubrica.evals.runner import Assessed, is_fitting_third


@dataclass(frozen=True, slots=True)
class Points:
    """One-candidate cases: how well rewards separate good from bad, on the two thirds that nothing is fitted on."""

    auroc: Share
    balanced: Share
    """Balanced accuracy at the threshold."""
    threshold: float
    """Fitted on the fitting third; 0.5 when that does not hold both good and bad."""
    n: int
    unscored: int
    """Of n; they take no part in the two shares."""
    length_auroc: float
    """The same for the answer's length in place of its reward."""
    ece: float
    """Expected calibration error of the reward as P(good)."""


@dataclass(frozen=True, slots=True)
class SetReport:
    """Everything about one data set under one library version."""

    data: str
    library: str
    sizes: tuple[int, int]
    """Smallest and largest K of the cases with K >= 2; 1 and 1 without any."""
    pairs: Summary | None
    """Cases with K >= 2; None without any."""
    rest: Share
    """Accuracy over the cases with K >= 2 outside the fitting third."""
    points: Points | None
    """Cases with K = 1; None without any."""
    swap: Share | None
    """Share of cases whose ranking did not depend on the candidates' order; None = not asked."""
    length: float
    """Spearman correlation of length with reward over all candidates; NaN without verdicts."""
    baselines: dict[str, Share]
    subsets: dict[str, Summary]


def report(data: str, library: str, assessed: Sequence[Assessed]) -> SetReport:
    """Sum up the cases of one data set."""
    told = [item.outcome for item in assessed if item.outcome is not None]
    sizes = [o.size for o in told] or [1]
    rest = [o.credit for o in told if not is_fitting_third(o.case)]
    swaps = [item.swap_consistent for item in assessed if item.swap_consistent is not None]
    scored = [item for item in assessed if item.rewards]
    single = [item for item in assessed if item.positive is not None]
    names = dict.fromkeys(name for item in assessed for name in item.baselines)
    subsets = sorted({o.subset for o in told})
    return SetReport(
        data=data,
        library=library,
        sizes=(min(sizes), max(sizes)),
        pairs=summarise(told) if told else None,
        rest=wilson(sum(rest), len(rest)),
        points=_points(single) if single else None,
        swap=wilson(sum(swaps), len(swaps)) if swaps else None,
        length=spearman([n for item in scored for n in item.lengths], [r for item in scored for r in item.rewards]),
        baselines={name: _baseline(name, assessed) for name in names},
        subsets={name: summarise([o for o in told if o.subset == name]) for name in subsets if len(subsets) > 1},
    )


def _baseline(name: str, assessed: Sequence[Assessed]) -> Share:
    earned = [item.baselines[name] for item in assessed if name in item.baselines]
    return wilson(sum(earned), len(earned))


def _points(assessed: Sequence[Assessed]) -> Points:
    fitting = [item for item in assessed if item.rewards and is_fitting_third(item.case)]
    rest = [item for item in assessed if not is_fitting_third(item.case)]
    scored = [item for item in rest if item.rewards]
    rewards, good = [item.rewards[0] for item in scored], [item.positive is True for item in scored]
    seen = [item.positive is True for item in fitting]
    both = len(set(seen)) == 2
    threshold = best_threshold([item.rewards[0] for item in fitting], seen) if both else 0.5
    return Points(
        auroc=auroc_share(rewards, good),
        balanced=balanced_share(rewards, good, threshold),
        threshold=threshold,
        n=len(rest),
        unscored=len(rest) - len(scored),
        length_auroc=auroc([item.lengths[0] for item in rest], [item.positive is True for item in rest]),
        ece=expected_calibration_error(reliability(rewards, good)),
    )


@dataclass(frozen=True, slots=True)
class Paired:
    """Two versions on the same cases (K >= 2): who is right where the other is not."""

    before: str
    after: str
    n: int
    gained: int
    """Right after, not before; right = a winner of the label leads alone, or ties as the label ties."""
    lost: int
    p: float
    """Exact two-sided McNemar test."""


def paired(versions: Mapping[str, Sequence[Assessed]]) -> list[Paired]:
    """Compare every two versions; their cases are the same, in the same order."""
    right = {name: [_is_right(item) for item in items if item.outcome] for name, items in versions.items()}
    return [
        Paired(
            before=a,
            after=b,
            n=len(right[a]),
            gained=sum(y and not x for x, y in zip(right[a], right[b], strict=True)),
            lost=sum(x and not y for x, y in zip(right[a], right[b], strict=True)),
            p=mcnemar(right[a], right[b]),
        )
        for a, b in combinations(right, 2)
    ]


def _is_right(item: Assessed) -> bool:
    return item.outcome is not None and math.isclose(item.outcome.credit, 1.0)
