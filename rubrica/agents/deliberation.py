"""Deliberation: a contested case is looked at again, a bounded number of times, and then left as it is."""

from rubrica.agents.work import Crew, Work
from rubrica.types import Unscored, Verdict

CLEAR_MARGIN = 0.65
"""P(best beats second best) from which a verdict is clear."""
MAX_SAMPLES = {"low": 1, "medium": 2, "high": 4}
"""How often the judge may be asked about one case, by effort."""


def is_contested(work: Work, crew: Crew) -> bool:
    """Whether another look could settle what the last one left open: only graded opinions can change."""
    verdict = work.result
    if not isinstance(verdict, Verdict) or len(verdict.scores) < 2:
        return False
    if work.samples >= MAX_SAMPLES[crew.provenance.effort]:
        return False
    if not any(finding.by == crew.reasoner.id for finding in work.findings):
        return False
    best, second = sorted((score.raw for score in verdict.scores), reverse=True)[:2]
    order = [score.raw for score in verdict.scores]
    return verdict.win[order.index(best)][_other(order, best, second)] < CLEAR_MARGIN


def _other(order: list[float], best: float, second: float) -> int:
    first = order.index(best)
    return next(i for i, raw in enumerate(order) if raw == second and i != first)


async def deliberate(work: Work, crew: Crew) -> None:
    """Make room for another sample: the judge is asked again under a new sample number."""
    del crew
    if isinstance(work.result, Unscored):
        work.contested = False
