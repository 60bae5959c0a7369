"""The solver: answers the task blind, before any candidate is read, when the task can be verified."""

from rubrica.agents.ask import ask
from rubrica.agents.effort import DRAFT_CALLS
from rubrica.agents.observe import observe, renumbered, settling_cards
from rubrica.agents.own import SOLUTION
from rubrica.agents.work import Crew, Work
from rubrica.requests.solve import SolveRequest
from rubrica.rewards.aggregate import criterion_key
from rubrica.types import Candidate, Evidence, Finding, TaskView, TextPart

COMPARE = "final-answer"
"""The tool that holds a candidate's final answer against a known one."""

COMPUTE = "solve"
"""The tool that solves what is plain computation."""


def is_verifiable(work: Work) -> bool:
    """Whether there is one right answer that a solver can be held to."""
    features = work.features
    return features.asks_math or features.asks_choice or features.asks_code or features.computable


async def solve_blind(work: Work, crew: Crew) -> None:
    """Ask for a solution where one can be right, with tools that check its drafts; low effort does without.

    What a tool computes exactly needs no second solution.
    """
    computed = crew.reads and work.features.computable and COMPUTE in crew.toolbox
    if not crew.effort.prepares or not is_verifiable(work) or computed:
        return
    blind = work.view.model_copy(update={"reference": None, "tests": ()})  # no tool may tell the draft what is known
    tools = settling_cards(crew, work.features, without={COMPARE}) if crew.reads else ()
    request = SolveRequest(task=blind, features=work.features, tools=tools, calls_left=DRAFT_CALLS if tools else 0)
    solution = await ask(work, crew, request)
    while solution.calls and request.calls_left:
        calls = solution.calls[: request.calls_left]
        draft = Candidate(id="draft", parts=(TextPart(text=solution.draft),))
        found = [item for call in calls for item in await observe(crew, blind, draft, call)]
        left = request.calls_left - len(calls)
        request = request.model_copy(
            update={"draft": solution.draft, "evidence": renumbered(found, draft.id), "calls_left": left}
        )
        confirmed = await ask(work, crew, request)
        solution = confirmed if confirmed.working else confirmed.model_copy(update={"working": solution.working})
    work.solution = solution.model_copy(update={"calls": (), "sure": solution.sure and solution.answer is not None})


async def compare_with_solution(work: Work, crew: Crew) -> list[Finding]:
    """Hold every final answer against a solution that its author is sure of; what cannot be compared has no finding."""
    if work.solution is None or not work.solution.sure or COMPARE not in crew.toolbox:
        return []
    view = TaskView(messages=work.view.messages, reference=work.solution.answer)
    told = await crew.toolbox.check(view, work.candidates, COMPARE, {})
    found = work.add_evidence("blind solution", [_attributed(item) for item in told if item.value is not None])
    return [
        Finding(
            criterion=criterion_key(SOLUTION),
            candidate=item.candidate,
            grade=item.value,
            rationale=item.detail,
            evidence=(item.id,),
            by=crew.reasoner.id,
        )
        for item in found
    ]


def _attributed(item: Evidence) -> Evidence:
    return item.model_copy(
        update={
            "claim": "the final answer is the one of the blind solution",
            "detail": item.detail.replace("the reference", "the blind solution"),
        }
    )
