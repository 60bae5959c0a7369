"""The rubricist: what should a good answer satisfy? Frozen before any candidate is read."""

from rubrica.agents.ask import ask
from rubrica.agents.work import Crew, Work
from rubrica.requests.rubric import RubricRequest


async def write_rubric(work: Work, crew: Crew) -> None:
    """Turn the selected skills into the criteria of this case."""
    work.rubric = await ask(
        work,
        crew,
        RubricRequest(task=work.view, features=work.features, skills=work.skills, precedents=work.precedents),
    )
