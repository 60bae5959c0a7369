"""The verifier: what a tool can check, a tool checks, before anybody has an opinion."""

import asyncio

from rubrica.agents.ask import ask
from rubrica.agents.work import Crew, Work
from rubrica.requests.verify import VerifyRequest
from rubrica.rewards.aggregate import criterion_key
from rubrica.tools.toolbox import call_key
from rubrica.types import Candidate, Criterion, Evidence, Finding, Span

MAX_CALLS = 5
"""Tool calls that a reasoner may ask for per candidate, beyond the rubric's own."""


async def verify(work: Work, crew: Crew) -> None:
    """Run the rubric's checks over all candidates, then let the reasoner follow up each candidate."""
    await run_rubric_checks(work, crew)
    work.findings = tool_findings(work)
    if crew.provenance.effort != "low":
        await asyncio.gather(*(follow_up(work, crew, candidate) for candidate in work.candidates))


async def run_rubric_checks(work: Work, crew: Crew) -> None:
    """Run each distinct call of the rubric once; group tools have no say about a candidate on its own."""
    calls = {}
    for criterion in work.rubric.criteria:
        if criterion.tool is not None:
            calls[call_key(criterion.tool, criterion.arguments)] = criterion
    alone = crew.provenance.mode == "pointwise" or len(work.candidates) == 1
    for key, criterion in calls.items():
        if criterion.tool is None or (alone and crew.toolbox.is_group(criterion.tool)):
            continue
        work.add_evidence(
            key, await crew.toolbox.check(work.view, work.candidates, criterion.tool, criterion.arguments)
        )


async def follow_up(work: Work, crew: Crew, candidate: Candidate) -> None:
    """Let the reasoner ask for further calls about one candidate until it is done or out of calls."""
    left = MAX_CALLS
    while left > 0:
        seen = tuple(item for item in work.evidence if item.candidate == candidate.id)
        request = VerifyRequest(
            task=work.view,
            candidate=candidate,
            rubric=work.rubric,
            tools=crew.toolbox.specs,
            evidence=seen,
            calls_left=left,
        )
        reply = await ask(work, crew, request)
        if not reply.calls:
            return
        for call in reply.calls[:left]:
            found = await crew.toolbox.check(work.view, (candidate,), call.tool, call.arguments)
            work.add_evidence(call_key(call.tool, call.arguments), found)
        left -= len(reply.calls)


def tool_findings(work: Work) -> list[Finding]:
    """Grade every tool-scored criterion from its evidence; no evidence, no finding."""
    findings = []
    for criterion in work.rubric.criteria:
        if criterion.tool is None:
            continue
        key = call_key(criterion.tool, criterion.arguments)
        for candidate in work.candidates:
            told = [item for item in work.by_call.get((key, candidate.id), ()) if item.value is not None]
            if told:
                findings.append(_finding(criterion, candidate, told))
    return findings


def _finding(criterion: Criterion, candidate: Candidate, told: list[Evidence]) -> Finding:
    values = [item.value for item in told if item.value is not None]
    grade = min(values) if criterion.kind == "rule" else sum(values) / len(values)
    decisive = sorted(told, key=lambda item: item.value if item.value is not None else 1.0)[:2]
    return Finding(
        criterion=criterion_key(criterion),
        candidate=candidate.id,
        grade=1.0 - grade if criterion.prefer == "low" else grade,
        rationale="; ".join(item.detail or item.claim for item in decisive),
        evidence=tuple(item.id for item in told),
        quotes=tuple(_quotable(item.span) for item in decisive if item.span is not None),
        by=criterion.tool or "",
    )


def _quotable(span: Span) -> Span:
    return span if len(span.text) <= 300 else Span(start=span.start, end=span.end, text=span.text[:299] + "…")
