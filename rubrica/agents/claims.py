"""Claims of a candidate, held against what was really observed: evidence that was shown, or the words of the task."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rubrica.agents.own import CLAIMS
from rubrica.requests.verify import Claim
from rubrica.rewards.aggregate import criterion_key
from rubrica.tools.quoting import find_quote
from rubrica.types import Candidate, Evidence, Finding, Span, TaskView

SOURCE_SHOWN = 120
"""Characters of a quotation in a finding."""
LEAST_QUOTED = 8
"""Characters of a quotation that can settle a claim."""
HOLDS = 0.5
"""Evidence from this value on can show that a claim holds; only evidence below 1 can show that it does not."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A claim that the candidate makes and that evidence or the task's own words settle."""

    text: str
    holds: bool
    span: Span | None
    evidence: tuple[str, ...]
    """Ids as the verifier was shown them."""
    source: str = ""
    """Words of the task or of a source."""


def settle(
    claims: Collection[Claim],
    candidate: Candidate,
    shown: Mapping[str, Evidence],
    view: TaskView,
    refused: Counter[str],
) -> list[Settled]:
    """Keep the claims that stand; what is invented is counted in `refused`."""
    settled = []
    for claim in claims:
        span = find_quote(candidate.text, claim.quote) if claim.quote else None
        if claim.quote and span is None:
            refused["verifier: claim that the candidate does not make"] += 1
            continue
        if invented := [name for name in claim.evidence if name not in shown]:
            refused["verifier: evidence that was never observed"] += len(invented)
        known = tuple(name for name in claim.evidence if name in shown)
        source = _standing(claim.source_quote, view)
        if claim.source_quote and not source:
            refused["verifier: quotation that stands neither in the task nor in a source"] += 1
        if claim.holds is None or invented or not (known or source):
            continue
        if not source and not _shows(claim.holds, [shown[name].value for name in known]):
            refused["verifier: claim that its evidence does not settle"] += 1
            continue
        settled.append(Settled(claim.text, claim.holds, span, known, source))
    return settled


def _standing(quote: str, view: TaskView) -> str:
    """Return a quotation as it stands in the task or in a source, or "" without; a mere word settles nothing."""
    if len(quote.strip()) < LEAST_QUOTED:
        return ""
    texts = (*(message.text for message in view.messages), *(document.text for document in view.context))
    return next((span.text for text in texts if (span := find_quote(text, quote))), "")


def _shows(holds: bool, values: list[float | None]) -> bool:
    told = [value for value in values if value is not None]
    return any(value >= HOLDS for value in told) if holds else any(value < 1.0 for value in told)


def claims_finding(
    settled: list[Settled], candidate: str, *, ids: Mapping[str, str], graded: Collection[str], by: str
) -> list[Finding]:
    """Grade a candidate by the share of its settled claims that hold.

    Args:
        settled: what evidence says of its claims.
        candidate: its id.
        ids: shown evidence id -> id in the verdict.
        graded: evidence ids (in the verdict) that a criterion of the rubric has graded; a claim that only such evidence
            refutes has had its effect already.
        by: who read the claims.
    """
    counted = [
        claim
        for claim in settled
        if claim.holds or claim.source or any(ids[name] not in graded for name in claim.evidence)
    ]
    if not counted:
        return []
    false = [claim for claim in counted if not claim.holds]
    named = false or counted
    return [
        Finding(
            criterion=criterion_key(CLAIMS),
            candidate=candidate,
            grade=1.0 - len(false) / len(counted),
            rationale="; ".join(_told(claim) for claim in named[:3]),
            evidence=tuple(dict.fromkeys(ids[name] for claim in named for name in claim.evidence)),
            quotes=tuple(claim.span for claim in named[:3] if claim.span is not None),
            by=by,
        )
    ]


def _told(claim: Settled) -> str:
    words = f"{claim.text}: {'true' if claim.holds else 'false'}"
    return f'{words} ("{claim.source[:SOURCE_SHOWN]}")' if claim.source else words
