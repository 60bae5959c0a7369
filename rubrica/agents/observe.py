"""How a role runs the tools that a reasoner asked for, and shows it what they found."""

from collections.abc import Collection, Iterable

from rubrica.agents.work import Crew
from rubrica.requests.verify import ToolCall, ToolCard
from rubrica.types import Candidate, Evidence, TaskView

DETAIL_MAX = 300
"""Characters of one observation in a prompt."""


def tool_cards(crew: Crew, *, without: Collection[str] = ()) -> tuple[ToolCard, ...]:
    """Return the tools that look at one candidate by itself."""
    specs = crew.toolbox.specs
    return tuple(ToolCard.of(spec) for spec in specs if spec.scope == "candidate" and spec.name not in without)


async def observe(crew: Crew, view: TaskView, candidate: Candidate, call: ToolCall) -> list[Evidence]:
    """Run one call; an unknown tool, wrong arguments and an error are observations with a null value."""
    if crew.toolbox.is_group(call.tool):
        detail = "this tool compares answers with each other and cannot look at one alone"
        return [Evidence(tool=call.tool, candidate=candidate.id, claim="the tool ran", detail=detail)]
    found = await crew.toolbox.check(view, (candidate,), call.tool, call.arguments)
    return found or [Evidence(tool=call.tool, candidate=candidate.id, claim="the tool ran", detail="it found nothing")]


def renumbered(evidence: Iterable[Evidence], label: str) -> tuple[Evidence, ...]:
    """Show evidence about one candidate under a label, numbered from 1 and without what only machines read."""
    return tuple(shown(item, f"e{number}", label) for number, item in enumerate(evidence, start=1))


def shown(item: Evidence, number: str, label: str) -> Evidence:
    """Return one piece of evidence as a prompt shows it."""
    return Evidence(
        id=number,
        tool=item.tool,
        candidate=label,
        claim=item.claim[:DETAIL_MAX],
        value=None if item.value is None else round(item.value, 2),
        detail=item.detail[:DETAIL_MAX],
    )
