"""The selector: what kind of task is this, and which skills of the library apply?"""

from rubrica.agents.ask import ask
from rubrica.agents.work import Crew, Work
from rubrica.requests.select import SelectRequest
from rubrica.tools.builtin.constraints import extract
from rubrica.tools.builtin.solve import solve
from rubrica.tools.features import task_features


def read_task(work: Work) -> None:
    """Read the task's features from its prompt."""
    prompt = work.view.prompt
    work.features = task_features(work.view, constraints=len(extract(prompt)), computable=solve(prompt) is not None)


async def select(work: Work, crew: Crew) -> None:
    """Choose skills by name and description; unknown names are dropped, none at all is a valid choice."""
    skills = crew.library.skills
    work.selection = await ask(work, crew, SelectRequest(task=work.view, features=work.features, skills=crew.cards))
    chosen = dict.fromkeys(choice.name for choice in work.selection.skills)
    work.skills = tuple(skills[name] for name in chosen if name in skills)
