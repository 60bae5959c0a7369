"""The judge: grades what no tool could, for all candidates together and in more than one order."""

from collections import defaultdict

from rubrica.agents.ask import ask
from rubrica.agents.work import Crew, Work
from rubrica.requests.judge import Grade, Grades, JudgeRequest
from rubrica.rewards.aggregate import criterion_key
from rubrica.types import Candidate, Criterion, Finding, Span


async def judge(work: Work, crew: Crew) -> None:
    """Ask for grades on the criteria that are left, in both orders unless effort is low; the mean counts."""
    open_criteria = tuple(criterion for criterion in work.rubric.criteria if criterion.scored_by == "model")
    if not open_criteria:
        return
    orders = [work.candidates]
    if crew.provenance.effort != "low" and len(work.candidates) > 1:
        orders.append(work.candidates[::-1])
    replies: list[Grades] = []
    for order in orders:
        replies.append(await ask(work, crew, _request(work, open_criteria, order)))
        if not any(grade.grade is not None for grade in replies[-1].grades):
            break  # whoever cannot grade in one order cannot in another
    work.samples += 1
    work.findings += model_findings(work, open_criteria, replies, crew.reasoner.id)


def _request(work: Work, criteria: tuple[Criterion, ...], order: tuple[Candidate, ...]) -> JudgeRequest:
    return JudgeRequest(
        task=work.view,
        candidates=order,
        criteria=criteria,
        findings=tuple(work.findings),
        evidence=tuple(work.evidence),
        solution=work.solution,
        sample=work.samples,
    )


def model_findings(work: Work, criteria: tuple[Criterion, ...], replies: list[Grades], by: str) -> list[Finding]:
    """Average the grades of all replies; a grade whose quotes are not in the candidate does not count."""
    texts = {candidate.id: candidate.text for candidate in work.candidates}
    ids = {criterion.id: criterion_key(criterion) for criterion in criteria}
    told: dict[tuple[str, str], list[Grade]] = defaultdict(list)
    for reply in replies:
        for grade in reply.grades:
            if grade.grade is not None and grade.criterion in ids and _is_grounded(grade, texts):
                told[ids[grade.criterion], grade.candidate].append(grade)
    return [
        Finding(
            criterion=key,
            candidate=candidate,
            grade=sum(grade.grade for grade in grades if grade.grade is not None) / len(grades),
            rationale=grades[0].critique,
            quotes=tuple(_span(texts[candidate], quote) for quote in grades[0].quotes),
            by=by,
        )
        for (key, candidate), grades in told.items()
    ]


def _is_grounded(grade: Grade, texts: dict[str, str]) -> bool:
    return grade.candidate in texts and all(quote in texts[grade.candidate] for quote in grade.quotes)


def _span(text: str, quote: str) -> Span:
    start = text.index(quote)
    return Span(start=start, end=start + len(quote), text=quote)
