"""The verifier: what a tool can check, a tool checks, before anybody has an opinion."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from rubrica.agents.ask import ask
from rubrica.agents.claims import Settled, claims_finding, settle
from rubrica.agents.effort import MAX_CALLS
from rubrica.agents.observe import MANNERS, observe, renumbered, settling_cards
from rubrica.agents.own import GUARD, OWN
from rubrica.agents.solver import compare_with_solution
from rubrica.agents.work import Crew, Work
from rubrica.requests.verify import ToolCard, Verification, VerifyRequest
from rubrica.rewards.aggregate import criterion_key
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.toolbox import call_key
from rubrica.types import Candidate, Criterion, Evidence, Finding, Rubric, Span

EQUATIONS = "arithmetic"
"""The tool that recomputes equations."""
ANSWER = "answer"
"""The id under which a verifier sees its candidate: equal texts are one question."""


async def verify(work: Work, crew: Crew) -> None:
    """Run the rubric's checks over all candidates, then let the reasoner follow up each candidate."""
    if crew.reads:
        work.add_evidence(GUARD, await load_builtins()[GUARD].check(work.view, work.candidates, {}))
    await run_rubric_checks(work, crew)
    work.findings = tool_findings(work)
    if crew.reads:
        work.findings += await compare_with_solution(work, crew)
    graded = frozenset(name for finding in work.findings for name in finding.evidence)
    if not crew.effort.prepares:
        return
    cards = _cards(work, crew)
    if cards or work.features.has_source or not crew.reads:
        probes = [Probe(candidate, _seen(work, crew, candidate)) for candidate in work.candidates]
        await asyncio.gather(*(follow_up(probe, work, crew, cards) for probe in probes))
        for probe in probes:  # in the order of the candidates, whichever was done first
            work.findings += probe.file(work, graded, crew.reasoner.id)


async def run_rubric_checks(work: Work, crew: Crew) -> None:
    """Run each distinct call of the rubric once; group tools have no say about a candidate on its own."""
    calls = {}
    for criterion in work.rubric.criteria:
        if criterion.tool is not None:
            calls[call_key(criterion.tool, criterion.arguments)] = criterion
    observed = {key for key, _ in work.by_call}
    for key, criterion in calls.items():
        if criterion.tool is None or key in observed or (work.alone(crew) and crew.toolbox.is_group(criterion.tool)):
            continue
        work.add_evidence(
            key, await crew.toolbox.check(work.view, work.candidates, criterion.tool, criterion.arguments)
        )


@dataclass
class Probe:
    """What follows up one candidate: observations and claims, kept apart from the case until all are done."""

    candidate: Candidate
    seen: list[tuple[str, Evidence]]
    """(call key, evidence) observed before; new observations are added."""
    settled: list[Settled] = field(default_factory=list)
    before: int = field(init=False)

    def __post_init__(self) -> None:
        self.before = len(self.seen)

    @property
    def shown(self) -> tuple[Evidence, ...]:
        return renumbered((item for _, item in self.seen), ANSWER)

    def file(self, work: Work, graded: frozenset[str], by: str) -> list[Finding]:
        """Add the new observations to the case and return what the claims come to."""
        ids = [item.id for _, item in self.seen[: self.before]]
        for key, item in self.seen[self.before :]:
            ids += [filed.id for filed in work.add_evidence(key, [item])]
        named = {f"e{number}": filed for number, filed in enumerate(ids, start=1)}
        return claims_finding(self.settled, self.candidate.id, ids=named, graded=graded, by=by)


def _seen(work: Work, crew: Crew, candidate: Candidate) -> list[tuple[str, Evidence]]:
    """Return what was observed of a candidate; a reader is spared what settles no claim."""
    told = work.by_call.items()
    mine = [(key, item) for (key, who), found in told if who == candidate.id for item in found]
    spared = MANNERS if crew.reads else frozenset[str]()
    return [(key, item) for key, item in mine if item.value is not None and item.tool not in spared]


def _cards(work: Work, crew: Crew) -> tuple[ToolCard, ...]:
    """Return the tools that could still say something new: a built-in one that was asked has told what it can."""
    if not crew.reads:
        return ()
    asked = load_builtins().keys() & {criterion.tool for criterion in work.rubric.criteria}
    if not any("=" in candidate.text for candidate in work.candidates):
        asked |= {EQUATIONS}
    return tuple(card for card in settling_cards(crew, work.features) if card.name not in asked)


async def follow_up(probe: Probe, work: Work, crew: Crew, tools: Sequence[ToolCard]) -> None:
    """Let the reasoner ask for further calls about one candidate until it is done; its last turn answers."""
    left = MAX_CALLS
    while True:
        shown = probe.shown if crew.reads else ()
        request = VerifyRequest(
            task=work.view,
            candidate=Candidate(id=ANSWER, parts=probe.candidate.parts),
            rubric=_open(work) if crew.reads else Rubric(),
            tools=tuple(tools) if left else (),
            evidence=shown,
            calls_left=left,
        )
        reply = await ask(work, crew, request)
        probe.settled = settle(
            reply.claims, probe.candidate, {item.id: item for item in shown}, work.view, work.refused
        )
        if not reply.calls:
            return
        if not left:
            work.refused["verifier: call beyond the last"] += len(reply.calls)
            return
        await _observe_all(probe, reply, work, crew, left)
        left = max(0, left - len(reply.calls))


async def _observe_all(probe: Probe, reply: Verification, work: Work, crew: Crew, left: int) -> None:
    known = {key for key, _ in probe.seen}
    for call in reply.calls[:left]:
        key = call_key(call.tool, call.arguments)
        if key not in known:  # asking again would show the same
            known.add(key)
            probe.seen += [(key, item) for item in await observe(crew, work.view, probe.candidate, call)]


def _open(work: Work) -> Rubric:
    criteria = work.rubric.criteria
    return Rubric(criteria=tuple(c for c in criteria if c.tool is None and criterion_key(c) not in OWN))


def tool_findings(work: Work) -> list[Finding]:
    """Grade every tool-scored criterion from its evidence; no evidence, no finding, and no praise for not attacking."""
    findings = []
    for criterion in work.rubric.criteria:
        if criterion.tool is None:
            continue
        key = call_key(criterion.tool, criterion.arguments)
        for candidate in work.candidates:
            told = [item for item in work.by_call.get((key, candidate.id), ()) if item.value is not None]
            if told and not (criterion_key(criterion) in OWN and all(item.value == 1.0 for item in told)):
                findings.append(finding_of(criterion, candidate, told))
    return findings


def finding_of(criterion: Criterion, candidate: Candidate, told: Sequence[Evidence]) -> Finding:
    """Grade a criterion from evidence that has values."""
    values = [item.value for item in told if item.value is not None]
    grade = min(map(_kept, told)) if criterion.kind == "rule" else sum(values) / len(values)
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


def _kept(item: Evidence) -> float:
    """Return how far a rule is kept; of a number of tests it wants all to pass, one that fails breaks it."""
    value = 1.0 if item.value is None else item.value
    return float(value == 1.0) if "passed" in item.data else value


def _quotable(span: Span) -> Span:
    return span if len(span.text) <= 300 else Span(start=span.start, end=span.end, text=span.text[:299] + "…")
