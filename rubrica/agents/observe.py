"""How a role runs the tools that a reasoner asked for, and shows it what they found."""

from collections.abc import Collection, Iterable

from rubrica.agents.work import Crew
from rubrica.requests.verify import ToolCall, ToolCard
from rubrica.skills.when import parse
from rubrica.types import Candidate, Evidence, TaskFeatures, TaskView

DETAIL_MAX = 300
"""Characters of one observation in a prompt."""
MANNERS = frozenset({
    "answers-question", "coverage", "echo", "filler", "guard", "hedging", "markdown", "parts", "readability",
    "reference", "refusal", "refusal-fit", "relevance", "repetition", "truncation",
})  # fmt: skip
"""Built-in tools that read how something is said, or how near it is to something: they settle no claim."""
_CODE, _NUMBER = "has_code or asks_code or has_tests", "asks_math or asks_choice or computable"
SUITED = {
    "answer-backed": _NUMBER,
    "answer-stated": _NUMBER,
    "code-names": _CODE,
    "code-output": _CODE,
    "code-parse": _CODE,
    "code-properties": _CODE,
    "code-run": _CODE,
    "constraints": "has_constraints",
    "final-answer": "has_reference",
    "grounding": "has_source",
    "language": "has_constraints or asks_translation",
    "measure": "has_constraints",
    "number-contradiction": "has_source",
    "quotes": "has_source",
    "solve": "computable",
    "structure": "asks_format",
    "substitution": _NUMBER,
    "word-problem": _NUMBER,
}
"""On which tasks a built-in tool can settle a claim; tools that are not named, a library's own among them, on any."""


def settling_cards(crew: Crew, features: TaskFeatures, *, without: Collection[str] = ()) -> tuple[ToolCard, ...]:
    """Return the tools that can settle a claim about one candidate on this kind of task."""
    left_out = MANNERS.union(without)
    return tuple(
        card
        for card in crew.tool_cards
        if card.name not in left_out and parse(SUITED.get(card.name, "")).holds(features)
    )


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
