"""The scorer: findings become a verdict, or an honest `Unscored` when nothing could be graded."""

import math
from collections.abc import Mapping
from typing import Literal

from rubrica.agents.disputes import standing
from rubrica.agents.feedback import feedback
from rubrica.agents.looks import combine, trusted, without_unasked
from rubrica.agents.own import OWN
from rubrica.agents.showing import open_criteria
from rubrica.agents.work import Crew, Work
from rubrica.rewards.aggregate import aggregate, confidence, criterion_key, grades_by_key, sigmoid
from rubrica.rewards.compare import ranks, win_matrix
from rubrica.types import Rubric, Score, Scoring, Unscored, Verdict


def score(work: Work, crew: Crew) -> None:
    """Aggregate the findings on the library's scale."""
    scoring = crew.library.scoring
    ids = [candidate.id for candidate in work.candidates]
    said, errors = combine(trusted(work.looks))
    findings = (*standing(work), *said)
    rubric = without_unasked(work.rubric, OWN, frozenset(finding.criterion for finding in findings))
    grades = grades_by_key(rubric, findings)
    if crew.reads and open_criteria(work) and (unheard := [id_ for id_ in ids if not _heard(work, id_)]):
        detail = f"nothing that the judge said of {', '.join(unheard)} survived checking; ask again"
        work.result = _unscored(work, crew, "parse", detail)
        return
    if not grades:
        detail = f"none of the {len(work.rubric.criteria)} criteria could be graded; {_next_step(crew)}"
        work.result = _unscored(work, crew, "undecided", detail)
        return
    raws = aggregate(rubric, grades, ids, scoring)
    order = ranks([raw.score for raw in raws])
    rationales = {(finding.criterion, finding.candidate): finding for finding in findings}
    work.result = Verdict(
        case=work.case.id,
        scores=tuple(
            Score(
                candidate=candidate,
                reward=sigmoid(raw.score),
                raw=raw.score,
                sigma=math.hypot(raw.sigma, _disagreement(rubric, scoring, errors, candidate)),
                rank=rank,
                feedback=feedback(candidate, raw, raws, rationales),
                capped_by=raw.capped_by,
            )
            for candidate, raw, rank in zip(ids, raws, order, strict=True)
        ),
        win=win_matrix([raw.score for raw in raws], scoring),
        confidence=confidence(rubric, grades, ids, scoring),
        rubric=rubric,
        findings=findings,
        evidence=tuple(work.evidence),
        provenance=crew.provenance,
    )


def _unscored(work: Work, crew: Crew, reason: Literal["parse", "undecided"], detail: str) -> Unscored:
    tried = tuple(choice.name for choice in work.selection.skills)
    return Unscored(case=work.case.id, reason=reason, detail=detail, tried=tried, provenance=crew.provenance)


def _heard(work: Work, candidate: str) -> bool:
    """Whether the judge has said anything of a candidate; what tools say alone would be another judgement."""
    return any(candidate in look.heard for look in work.looks)


def _disagreement(rubric: Rubric, scoring: Scoring, errors: Mapping[tuple[str, str], float], candidate: str) -> float:
    """Return the standard error of the raw score that comes from how far the judge's looks are apart."""
    parts = [
        scoring.weights.get(key, criterion.weight) * errors.get((key, candidate), 0.0)
        for criterion in rubric.criteria
        for key in (criterion_key(criterion),)
    ]
    return math.hypot(*parts) / scoring.temperature if errors else 0.0


def _next_step(crew: Crew) -> str:
    if crew.provenance.reasoner.startswith("embedded"):
        return "a language model (--model) or a skill with a tool for this kind of task would help"
    return "a skill for this kind of task would help"
