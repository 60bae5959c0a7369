"""Every metric once: pure functions over outcomes. Accuracy is over all cases; an undecided one counts 1/K."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rubrica.types import Label, Unscored, Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one judged case compares with its label (K >= 2)."""

    case: str
    subset: str
    size: int
    """K, the number of candidates."""
    credit: float
    """1 = the label's winner leads alone; 1/m when it shares the lead with m candidates; 1/K when unscored."""
    decided: bool
    """A verdict with a single leader."""
    unscored: str | None = None
    pairs_right: float = 0.0
    """Comparisons of the label that the rewards agree with; ties in the rewards count one half."""
    pairs: int = 0
    probability: float | None = None
    """P(leader beats runner-up)."""

    @property
    def tied(self) -> bool:
        """A verdict in which several candidates share the lead."""
        return not self.decided and self.unscored is None


def outcome(case: str, label: Label, result: Verdict | Unscored, subset: str = "") -> Outcome:
    """Compare one result with its label.

    Where the label itself ties its winners, leading with any of them is right, and a verdict that ties exactly the same
    candidates is right too.
    """
    size = len(label.ranks)
    known = list(label.pairs())
    if isinstance(result, Unscored):
        return Outcome(case, subset, size, len(label.winners) / size, False, result.reason, len(known) / 2, len(known))
    order = sorted(range(size), key=lambda i: result.ranking[i])
    probability = result.win[order[0]][order[1]] if size > 1 else None
    return ranked(case, label, result.ranking, subset, probability=probability)


def ranked(
    case: str, label: Label, ranking: Sequence[int], subset: str = "", *, probability: float | None = None
) -> Outcome:
    """Compare a ranking (0 = best) with its label; `probability` is None where the judge gave none."""
    known = list(label.pairs())
    return Outcome(
        case=case,
        subset=subset,
        size=len(label.ranks),
        credit=credit(label, ranking),
        decided=list(ranking).count(0) == 1,
        pairs_right=sum(_agreement(ranking, i, j, wanted) for i, j, wanted in known),
        pairs=len(known),
        probability=probability,
    )


def credit(label: Label, ranking: Sequence[int]) -> float:
    """Return how far a ranking (0 = best) agrees on the winner: in [0, 1], shared leads share the credit."""
    leaders = {i for i, rank in enumerate(ranking) if rank == 0}
    if len(label.winners) == len(ranking):
        return float(len(leaders) == len(ranking))
    return len(leaders & label.winners) / len(leaders)


def _agreement(ranking: Sequence[int], i: int, j: int, wanted: float) -> float:
    told = 0.5 if ranking[i] == ranking[j] else float(ranking[i] < ranking[j])
    if wanted == 0.5:
        return float(told == 0.5)
    return 0.5 if told == 0.5 else float(told == wanted)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of n with its 95% interval."""

    value: float
    low: float
    high: float
    n: int


def wilson(successes: float, n: int, z: float = 1.959964) -> Share:
    """Return the Wilson score interval (Wilson 1927); fractional successes are allowed, n = 0 gives [0, 1]."""
    if n == 0:
        return Share(math.nan, 0.0, 1.0, 0)
    p = successes / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Share(p, max(0.0, centre - half), min(1.0, centre + half), n)


@dataclass(frozen=True, slots=True)
class Summary:
    """Accuracy over a list of outcomes, with everything that keeps it honest."""

    accuracy: Share
    """Over all cases."""
    decided: Share
    """Over the cases with a single leader."""
    coverage: float
    """Share of cases that were decided."""
    pairwise: float
    """Share of the label's comparisons that the rewards agree with."""
    unscored: int
    ece: float
    """Expected calibration error of P(leader wins) on decided cases, ten equal-width bins; NaN when none."""
    ties: int
    """Verdicts in which several candidates share the lead."""
    reasons: Mapping[str, int]
    """Why there was no verdict, and how often."""
    groups: Share
    """Accuracy over the cases with K > 2."""
    reliability: tuple["Bin", ...]
    """P(leader wins) against how often it does, on decided cases."""


def summarise(outcomes: Sequence[Outcome]) -> Summary:
    """Sum up the outcomes of one set."""
    settled = [o for o in outcomes if o.decided]
    pairs = sum(o.pairs for o in outcomes)
    large = [o.credit for o in outcomes if o.size > 2]
    bins = reliability(
        [o.probability for o in settled if o.probability is not None],
        [o.credit for o in settled if o.probability is not None],
    )
    return Summary(
        accuracy=wilson(sum(o.credit for o in outcomes), len(outcomes)),
        decided=wilson(sum(o.credit for o in settled), len(settled)),
        coverage=len(settled) / len(outcomes) if outcomes else math.nan,
        pairwise=sum(o.pairs_right for o in outcomes) / pairs if pairs else math.nan,
        unscored=sum(o.unscored is not None for o in outcomes),
        ece=expected_calibration_error(bins),
        ties=sum(o.tied for o in outcomes),
        reasons=dict(sorted(Counter(o.unscored for o in outcomes if o.unscored is not None).items())),
        groups=wilson(sum(large), len(large)),
        reliability=bins,
    )


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases whose probability lies in [low, high)."""

    low: float
    high: float
    n: int
    probability: float
    """Mean probability."""
    share: float
    """Mean outcome."""


def reliability(probabilities: Sequence[float], hits: Sequence[float], bins: int = 10) -> tuple[Bin, ...]:
    """Sort cases into equal-width bins of probability; empty bins are left out, 1.0 falls into the last."""
    p, y = np.asarray(probabilities, dtype=float), np.asarray(hits, dtype=float)
    place = np.minimum((p * bins).astype(int), bins - 1)
    return tuple(
        Bin(int(b) / bins, (int(b) + 1) / bins, int(inside.sum()), float(p[inside].mean()), float(y[inside].mean()))
        for b in np.unique(place)
        for inside in [place == b]
    )


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return sum_b n_b/n |mean outcome - mean probability| (Naeini et al. 2015); NaN when empty."""
    n = sum(b.n for b in bins)
    return sum(b.n * abs(b.share - b.probability) for b in bins) / n if n else math.nan


def auroc_share(scores: Sequence[float], labels: Sequence[bool]) -> Share:
    """Return the AUROC with the 95% interval of Hanley & McNeil (1982)."""
    area, n1 = auroc(scores, labels), sum(labels)
    n0 = len(labels) - n1
    if math.isnan(area):
        return Share(area, 0.0, 1.0, len(labels))
    over_one, over_both = area / (2 - area), 2 * area * area / (1 + area)
    spread = area * (1 - area) + (n1 - 1) * (over_one - area * area) + (n0 - 1) * (over_both - area * area)
    return _within(area, math.sqrt(max(0.0, spread) / (n1 * n0)), len(labels))


def balanced_share(scores: Sequence[float], labels: Sequence[bool], threshold: float) -> Share:
    """Return the balanced accuracy with a normal 95% interval: sensitivity and specificity are independent shares."""
    value = balanced_accuracy(scores, labels, threshold)
    if math.isnan(value):
        return Share(value, 0.0, 1.0, len(labels))
    told, truth = np.asarray(scores, dtype=float) >= threshold, np.asarray(labels, dtype=bool)
    variance = sum(float(told[side].var()) / int(side.sum()) for side in (truth, ~truth))
    return _within(value, math.sqrt(variance) / 2, len(labels))


def _within(value: float, error: float, n: int) -> Share:
    return Share(value, max(0.0, value - 1.959964 * error), min(1.0, value + 1.959964 * error), n)


def auroc(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return P(score of a positive > score of a negative), ties one half (Mann-Whitney); NaN without both classes."""
    order = _average_ranks(np.asarray(scores, dtype=float))
    positive = np.asarray(labels, dtype=bool)
    n1, n0 = int(positive.sum()), int((~positive).sum())
    if n1 == 0 or n0 == 0:
        return math.nan
    return float((order[positive].sum() - n1 * (n1 + 1) / 2) / (n1 * n0))


def balanced_accuracy(scores: Sequence[float], labels: Sequence[bool], threshold: float) -> float:
    """Return the mean of sensitivity and specificity for "score >= threshold means positive"."""
    told = np.asarray(scores, dtype=float) >= threshold
    truth = np.asarray(labels, dtype=bool)
    if truth.all() or not truth.any():
        return math.nan
    return float((told[truth].mean() + (~told[~truth]).mean()) / 2)


def best_threshold(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """Return the lowest of the thresholds with the highest balanced accuracy; fit it on data that is not reported."""
    options = [*sorted(set(scores)), math.inf]
    return max(options, key=lambda t: (round(balanced_accuracy(scores, labels, t), 12), -t))


def spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Return Spearman's rank correlation with average ranks for ties; NaN when one side is constant."""
    a, b = _average_ranks(np.asarray(x, dtype=float)), _average_ranks(np.asarray(y, dtype=float))
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Return the exact two-sided McNemar p-value (binomial over discordant pairs) for paired right/wrong lists."""
    gained = sum(b and not a for a, b in zip(before, after, strict=True))
    lost = sum(a and not b for a, b in zip(before, after, strict=True))
    n, k = gained + lost, min(gained, lost)
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, i) for i in range(k + 1)) / (1 << n)
    return min(1.0, 2 * tail)


def _average_ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    averages = last - (counts - 1) / 2.0
    ranked: NDArray[np.float64] = averages[inverse]
    return ranked
