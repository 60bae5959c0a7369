"""Deliberation: a contested case is looked at in another way, a bounded number of times, and then left undecided.

Two orders that disagree on the leader say nothing about the candidates when each prefers what stood at the same end.
Then every candidate is graded alone, where position cannot act, and those two no longer count. Otherwise more orders
are taken. When the looks still do not agree, the tools decide, or a majority of the looks, or nobody.
"""

from collections.abc import Mapping

from rubrica.agents.disputes import standing
from rubrica.agents.looks import any_follows_position, trusted
from rubrica.agents.work import Crew, Look, Work
from rubrica.rewards.aggregate import aggregate, criterion_key, grades_by_key
from rubrica.rewards.compare import TIE_EPSILON, win_probability
from rubrica.types import Scoring, Unscored, Verdict

CLEAR_MARGIN = 0.65
"""P(best beats second best) from which a verdict is clear."""
FURTHER_ORDERS = 2
"""An order and its reverse."""


def is_contested(work: Work, crew: Crew) -> bool:
    """Whether another look may be taken and could settle what the looks so far left open."""
    if not _comparable(work, crew) or work.rounds >= crew.effort.rounds or _exactly_settled(work):
        return False
    return (_leaders_differ(work, crew) and not _tools_decide(work, crew)) or _lead(work) < CLEAR_MARGIN


async def deliberate(work: Work, crew: Crew) -> None:
    """Plan the next looks."""
    differ = _leaders_differ(work, crew)
    looked_alone = any(look.alone for look in work.looks)
    work.planned_alone = differ and not looked_alone and any_follows_position(work.looks)
    work.planned = 0 if work.planned_alone else FURTHER_ORDERS
    work.rounds += 1
    if crew.traced:
        why = "orders disagree on the leader" if differ else f"P(leader) = {_lead(work):.2f}"
        plan = "each candidate alone" if work.planned_alone else "two further orders"
        work.trace.append({"role": "deliberation", "round": work.rounds, "why": why, "plan": plan})


def settle(work: Work, crew: Crew) -> None:
    """Turn a verdict that no majority of looks and no tool stands behind into an honest `undecided`."""
    if not _comparable(work, crew) or not _leaders_differ(work, crew) or _tools_decide(work, crew):
        return
    looks = trusted(work.looks)
    if _majority(work, crew, looks) or (len(work.candidates) > 2 and _concordance(work, crew, looks) > 0):
        return
    work.result = Unscored(
        case=work.case.id,
        reason="undecided",
        detail=f"{len(work.looks)} looks of the judge disagree on the best candidate, and no tool settles it",
        tried=tuple("each alone" if look.alone else "order " + ", ".join(look.order) for look in work.looks),
        provenance=crew.provenance,
    )


def _comparable(work: Work, crew: Crew) -> bool:
    return isinstance(work.result, Verdict) and not work.alone(crew) and bool(work.looks)


def _first_two(work: Work) -> tuple[str, str]:
    scores = work.result.scores if isinstance(work.result, Verdict) else ()
    best, second = sorted(scores, key=lambda score: -score.raw)[:2]
    return best.candidate, second.candidate


def _lead(work: Work) -> float:
    """Return P(best beats second best)."""
    if not isinstance(work.result, Verdict):
        return 0.5
    ids = [score.candidate for score in work.result.scores]
    best, second = _first_two(work)
    return work.result.win[ids.index(best)][ids.index(second)]


def _leaders_differ(work: Work, crew: Crew) -> bool:
    """Whether no candidate leads in every look."""
    leading = [_leaders(_raw_scores(work, crew.library.scoring, look)) for look in work.looks]
    return not set.intersection(*leading)


def _leaders(scores: dict[str, float]) -> set[str]:
    best = max(scores.values())
    return {candidate for candidate, score in scores.items() if best - score <= TIE_EPSILON}


def _tools_decide(work: Work, crew: Crew) -> bool:
    """Whether what tools and the solver established puts the leader clearly first, whatever the looks say."""
    scoring = crew.library.scoring
    scores = _raw_scores(work, scoring, None)
    best, second = _first_two(work)
    return win_probability(scores[best] - scores[second], scoring) >= CLEAR_MARGIN


def _exactly_settled(work: Work) -> bool:
    """Whether an exact check found the leader right and the second wrong: no look can change that."""
    best, second = _first_two(work)
    grades = grades_by_key(work.rubric, standing(work))
    exact = (criterion_key(criterion) for criterion in work.rubric.criteria if criterion.floor is not None)
    return any((grades.get((key, best)), grades.get((key, second))) == (1.0, 0.0) for key in exact)


def _raw_scores(work: Work, scoring: Scoring, look: Look | None) -> dict[str, float]:
    """Return the scores that tools and this look alone would give; without a look, tools alone."""
    grades: Mapping[tuple[str, str], float] = {
        **grades_by_key(work.rubric, standing(work)),
        **(look.grades if look is not None else {}),
    }
    ids = [candidate.id for candidate in work.candidates]
    raws = aggregate(work.rubric, grades, ids, scoring)
    return {candidate: raw.score for candidate, raw in zip(ids, raws, strict=True)}


def _majority(work: Work, crew: Crew, looks: list[Look]) -> bool:
    """Whether more than half of the looks, by weight, put the leader before the second; a tie is half a vote."""
    best, second = _first_two(work)
    votes = 0.0
    for look in looks:
        scores = _raw_scores(work, crew.library.scoring, look)
        lead = scores[best] - scores[second]
        votes += look.weight * (0.5 if abs(lead) <= TIE_EPSILON else float(lead > 0))
    total = sum(look.weight for look in looks)
    return total > 0 and votes / total > 0.5 + TIE_EPSILON


def _concordance(work: Work, crew: Crew, looks: list[Look]) -> float:
    """Return the mean agreement of two looks on the order of two candidates, from -1 to 1 (Kendall's tau-a)."""
    scored = [_raw_scores(work, crew.library.scoring, look) for look in looks]
    ids = [candidate.id for candidate in work.candidates]
    products = [
        _sign(one[a] - one[b]) * _sign(other[a] - other[b])
        for i, one in enumerate(scored)
        for other in scored[i + 1 :]
        for j, a in enumerate(ids)
        for b in ids[j + 1 :]
    ]
    return sum(products) / len(products) if products else 0.0


def _sign(difference: float) -> int:
    return 0 if abs(difference) <= TIE_EPSILON else 1 if difference > 0 else -1
