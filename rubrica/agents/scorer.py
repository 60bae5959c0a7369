"""The scorer: findings become a verdict, or an honest `Unscored` when nothing could be graded."""

from rubrica.agents.feedback import feedback
from rubrica.agents.work import Crew, Work
from rubrica.rewards.aggregate import aggregate, confidence, grades_by_key, sigmoid
from rubrica.rewards.compare import ranks, win_matrix
from rubrica.types import Score, Unscored, Verdict


def score(work: Work, crew: Crew) -> None:
    """Aggregate the findings on the library's scale."""
    scoring = crew.library.scoring
    ids = [candidate.id for candidate in work.candidates]
    grades = grades_by_key(work.rubric, work.findings)
    if not grades:
        work.result = Unscored(
            case=work.case.id,
            reason="undecided",
            detail=f"none of the {len(work.rubric.criteria)} criteria could be graded; {_next_step(crew)}",
            tried=tuple(choice.name for choice in work.selection.skills),
            provenance=crew.provenance,
        )
        return
    raws = aggregate(work.rubric, grades, ids, scoring)
    order = ranks([raw.score for raw in raws])
    rationales = {(finding.criterion, finding.candidate): finding for finding in work.findings}
    work.result = Verdict(
        case=work.case.id,
        scores=tuple(
            Score(
                candidate=candidate,
                reward=sigmoid(raw.score),
                raw=raw.score,
                sigma=raw.sigma,
                rank=rank,
                feedback=feedback(candidate, raw, raws, rationales),
                capped_by=raw.capped_by,
            )
            for candidate, raw, rank in zip(ids, raws, order, strict=True)
        ),
        win=win_matrix([raw.score for raw in raws], scoring),
        confidence=confidence(work.rubric, grades, ids, scoring),
        rubric=work.rubric,
        findings=tuple(work.findings),
        evidence=tuple(work.evidence),
        provenance=crew.provenance,
    )


def _next_step(crew: Crew) -> str:
    if crew.provenance.reasoner.startswith("embedded"):
        return "a language model (--model) or a skill with a tool for this kind of task would help"
    return "a skill for this kind of task would help"
