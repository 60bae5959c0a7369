"""The selector: what kind of task is this, and which skills of the library apply?

A skill's `when` is applied before anybody is asked. It is part of the library, passed the gate and says the same every
time; a model that could overrule it would read cards in vain and make the gate's measurement void. What is left to the
model is what no condition says.
"""

from rubrica.agents.ask import ask
from rubrica.agents.work import Crew, Work
from rubrica.requests.select import Choice, Selection, SelectRequest
from rubrica.skills.base import ALWAYS
from rubrica.skills.when import parse
from rubrica.tools.builtin.constraints import extract_task
from rubrica.tools.builtin.solve import solve
from rubrica.tools.features import task_features


def read_task(work: Work) -> None:
    """Read the task's features; demands that a system turn or an earlier order states count too."""
    work.features = task_features(
        work.view, constraints=len(extract_task(work.view)), computable=solve(work.view.prompt) is not None
    )


async def select(work: Work, crew: Crew) -> None:
    """Choose among the skills whose condition holds; unknown names are dropped and counted, none is a valid choice.

    Low effort takes them all without asking; a skill tagged `always` is taken without asking at any effort.
    """
    skills = crew.library.skills
    cards = tuple(card for card in crew.cards if parse(card.when).holds(work.features))
    asked = tuple(card for card in cards if ALWAYS not in skills[card.name].tags) if crew.effort.prepares else ()
    given = tuple(Choice(name=card.name, why=card.when or "always applies") for card in cards if card not in asked)
    told = Selection()
    if asked:
        told = await ask(work, crew, SelectRequest(task=work.view, features=work.features, skills=asked))
    offered = {card.name for card in asked}
    if unknown := len({choice.name for choice in told.skills} - offered):
        work.refused["selector: skill that was not offered"] += unknown
    work.selection = Selection(skills=(*given, *(choice for choice in told.skills if choice.name in offered)))
    chosen = {choice.name for choice in work.selection.skills}
    work.skills = tuple(skill for name, skill in skills.items() if name in chosen)
