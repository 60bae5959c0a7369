"""The solver: answers the task blind, before any candidate is read, when the task can be verified."""

from rubrica.agents.ask import ask
from rubrica.agents.work import Crew, Work
from rubrica.requests.solve import SolveRequest


def is_verifiable(work: Work) -> bool:
    """Whether there is one right answer that a solver can be held to."""
    features = work.features
    return features.asks_math or features.asks_choice or features.asks_code or features.computable


async def solve_blind(work: Work, crew: Crew) -> None:
    """Ask for a solution where one can be right; low effort does without."""
    if crew.provenance.effort != "low" and is_verifiable(work):
        work.solution = await ask(work, crew, SolveRequest(task=work.view, features=work.features))
