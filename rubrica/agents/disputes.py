"""What the judge disputes of the tools: a finding that most looks hold to be false is set aside, with the reason.

A dispute counts when it quotes words of the answer or of the task. A finding set aside has no grade: it neither raises
nor lowers, and the verdict keeps what the tool said beside why it was not believed. What the guard found and what code
did when it was run or was computed cannot be disputed: nobody talks a reader out of that.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from rubrica.agents.looks import trusted
from rubrica.agents.own import GUARD
from rubrica.agents.showing import Shown
from rubrica.agents.verifier import finding_of
from rubrica.agents.work import Look, Work
from rubrica.requests.judge import Dispute
from rubrica.rewards.aggregate import criterion_key
from rubrica.tools.quoting import find_quote
from rubrica.types import Evidence, Finding

FIRM = frozenset({
    GUARD, "code-agreement", "code-output", "code-parse", "code-properties", "code-run", "consensus", "solve",
})  # fmt: skip
"""Tools whose findings stand whatever a reader says."""
REASON_MAX = 200
"""Characters of a reason that are kept."""


def founded(disputes: Iterable[Dispute], shown: Shown, refused: Counter[str]) -> dict[str, str]:
    """Return the reasons of the disputes that count, by the evidence's id in the case."""
    told = {}
    for dispute in disputes:
        item = shown.evidence.get(dispute.evidence)
        if item is None or item.tool in FIRM:
            refused["judge: dispute of what was not shown or cannot be disputed"] += 1
        elif not dispute.reason.strip() or not _quotes(dispute, item, shown):
            refused["judge: dispute without words that show it"] += 1
        else:
            told[item.id] = " ".join(dispute.reason.split()).rstrip(".")[:REASON_MAX]
    return told


def _quotes(dispute: Dispute, item: Evidence, shown: Shown) -> bool:
    answers = (candidate.text for candidate in shown.candidates.values() if candidate.id == item.candidate)
    texts = (*answers, *(message.text for message in shown.request.task.messages))
    return any(find_quote(text, quote) for quote in dispute.quotes for text in texts)


def standing(work: Work) -> list[Finding]:
    """Return what tools and the verifier settled, as far as the judge's looks let it stand."""
    looks = trusted(work.looks)
    doubted = {name for look in looks for name in look.disputes}
    return [
        _standing(finding, work, looks) if doubted & set(finding.evidence) else finding for finding in work.findings
    ]


def _standing(finding: Finding, work: Work, looks: Sequence[Look]) -> Finding:
    criterion = next((c for c in work.rubric.criteria if criterion_key(c) == finding.criterion), None)
    if criterion is None or criterion.tool is None:
        return finding  # of claims and of the blind solution the judge has its own criteria
    votes = Counter(name for look in looks for name in look.disputes if name in finding.evidence)
    aside = {name for name, count in votes.items() if count > len(looks) / 2}
    left = [item for item in work.evidence if item.id in finding.evidence and item.id not in aside]
    kept = finding_of(criterion, next(c for c in work.candidates if c.id == finding.candidate), left) if left else None
    reasons = {name: next(look.disputes[name] for look in looks if name in look.disputes) for name in votes}
    remarks = [
        f"set aside: {reason}" if name in aside else f"disputed in {votes[name]} of {len(looks)} looks: {reason}"
        for name, reason in reasons.items()
    ]
    said = (kept or finding).rationale if left else f"the tool said: {finding.rationale}"
    return (kept or finding).model_copy(
        update={
            "grade": kept.grade if kept is not None else None,
            "rationale": "; ".join((*remarks, said) if not left else (said, *remarks)),
            "evidence": finding.evidence,
        }
    )
