"""The evaluation as Markdown: what `rubrica eval --markdown` prints and `docs/results.md` holds."""

import math
from collections.abc import Iterator, Sequence

from rubrica.evals.metrics import Bin, Share, Summary
from rubrica.evals.summary import Paired, Points, SetReport

NOTES = (
    "Accuracy is over all cases, in percent, with its 95% Wilson interval: a case without a single leader counts what "
    "a draw among the leaders would earn, a case without a verdict what a draw among all candidates would. `other 2/3` "
    "is the accuracy on the cases with sha256(id) % 3 != 0. `decided` is the accuracy on the cases with a single "
    "leader, `coverage` their share. `pairs` is the share of the label's comparisons, its ties too, that the rewards "
    "agree with. `swap` is the share of cases with the same ranking when the candidates are given in reverse. `length` "
    "is Spearman's correlation of length with reward. Baselines: the first, the longer, the shorter, a random "
    "candidate; BLEU against a reference where there is one. Bold: the interval lies above every baseline."
)
BASELINES = ("first", "longer", "shorter", "random", "bleu")


def render(reports: Sequence[SetReport], pairs: Sequence[Paired] = ()) -> str:
    """Return the tables of all data sets and versions; `reports` whose data set is "all" pool the others."""
    several = len({report.library for report in reports}) > 1
    ranked = [(report, report.pairs) for report in reports if report.pairs is not None]
    pointed = [(report, report.points) for report in reports if report.points is not None and report.data != "all"]
    parts: list[str] = []
    if ranked:
        parts += ["\n".join(_ranked_table(ranked, several=several)), NOTES]
        parts += [_not_above(ranked)] if any(not _is_above(*one) for one in ranked) else []
    if pointed:
        parts += ["One candidate a case:\n\n" + "\n".join(_point_table(pointed, several=several))]
    parts += [
        "\n".join(_reliability_table(report, told.reliability)) for report, told in ranked[-1:] if told.reliability
    ]
    if pairs:
        parts.append("\n".join(_paired_table(pairs)))
    return "\n\n".join(parts) + "\n"


def _ranked_table(ranked: Sequence[tuple[SetReport, Summary]], *, several: bool) -> Iterator[str]:
    bleu = any("bleu" in report.baselines for report, _ in ranked)
    names = [name for name in BASELINES if bleu or name != "bleu"]
    head = ["set", *(["library"] if several else []), "n", "K", "accuracy", "other 2/3", "decided", "coverage", "pairs"]
    head += ["ties", "unscored", "swap", "ECE", "length", *names]
    yield from _head(head, left=2 if several else 1)
    for report, told in ranked:
        cells = [report.data, *([report.library] if several else []), str(told.accuracy.n), _sizes(report)]
        cells += [_headline(report, told), percent(report.rest.value), percent(told.decided.value)]
        cells += [percent(told.coverage), percent(told.pairwise), str(told.ties), unscored(told)]
        cells += [percent(report.swap.value) if report.swap else "", number(told.ece), number(report.length)]
        cells += [percent(report.baselines[name].value) if name in report.baselines else "" for name in names]
        yield _row(cells)


def _headline(report: SetReport, told: Summary) -> str:
    return f"**{interval(told.accuracy)}**" if _is_above(report, told) else interval(told.accuracy)


def _is_above(report: SetReport, told: Summary) -> bool:
    return told.accuracy.low > max((share.value for share in report.baselines.values()), default=0.0)


def _not_above(ranked: Sequence[tuple[SetReport, Summary]]) -> str:
    left = dict.fromkeys(report.data for report, told in ranked if not _is_above(report, told))
    return f"Not above every baseline, or not clearly: {', '.join(left)}."


def _point_table(pointed: Sequence[tuple[SetReport, Points]], *, several: bool) -> Iterator[str]:
    head = ["set", *(["library"] if several else []), "n (2/3)", "AUROC", "balanced accuracy", "threshold"]
    yield from _head([*head, "unscored", "AUROC of length", "ECE"], left=2 if several else 1)
    for report, told in pointed:
        cells = [report.data, *([report.library] if several else []), str(told.n), interval(told.auroc)]
        cells += [interval(told.balanced), number(told.threshold), str(told.unscored)]
        yield _row([*cells, percent(told.length_auroc), number(told.ece)])


def _reliability_table(report: SetReport, bins: Sequence[Bin]) -> Iterator[str]:
    yield f"Reliability of P(leader wins) on the decided cases of {report.data}, {report.library}:\n"
    yield from _head(["P", "n", "mean P", "right"], left=1)
    for one in bins:
        yield _row([f"{one.low:.1f} to {one.high:.1f}", str(one.n), number(one.probability), number(one.share)])


def _paired_table(pairs: Sequence[Paired]) -> Iterator[str]:
    yield "Versions against each other on the same cases (exact McNemar test, two-sided):\n"
    yield from _head(["before", "after", "n", "gained", "lost", "p"], left=2)
    for one in pairs:
        yield _row([one.before, one.after, str(one.n), str(one.gained), str(one.lost), f"{one.p:.2g}"])


def _head(names: Sequence[str], *, left: int) -> Iterator[str]:
    yield _row(names)
    yield _row(["---"] * left + ["---:"] * (len(names) - left))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _sizes(report: SetReport) -> str:
    low, high = report.sizes
    return str(low) if low == high else f"{low}-{high}"


def unscored(told: Summary) -> str:
    """Return how many cases have no verdict, and why."""
    why = ", ".join(f"{reason} {count}" for reason, count in told.reasons.items())
    return f"{told.unscored} ({why})" if why else "0"


def percent(value: float) -> str:
    """Return a share in percent with one digit; nothing for NaN."""
    return "" if math.isnan(value) else f"{100 * value:.1f}"


def number(value: float) -> str:
    """Return a number with two digits; nothing for NaN."""
    return "" if math.isnan(value) else f"{value:.2f}"


def interval(share: Share) -> str:
    """Return a share in percent with its 95% interval."""
    return "" if math.isnan(share.value) else f"{percent(share.value)} ({percent(share.low)} to {percent(share.high)})"
