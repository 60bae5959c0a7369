"""How sure the answer sounds: hedges ("perhaps", "I think") against boosters ("clearly", "always")."""

from collections.abc import Iterator

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.phrasing import phrases_in
from rubrica.tools.text import read
from rubrica.types import Candidate, TaskView


@builtin(
    "hedging", "How guarded the answer is: 1 only hedges, 0 only boosters (clearly, always), null when it has neither."
)
def hedging(_task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:
    """Give hedges over hedges and boosters together."""
    reading = read(candidate.text)
    found = [phrase for phrase in phrases_in(reading.raw) if phrase[0] in {"hedge", "booster"}]
    hedges = sum(kind == "hedge" for kind, _, _ in found)
    value = hedges / len(found) if found else None
    where = reading.span(reading.tokens[found[0][1]][0], reading.tokens[found[0][2] - 1][1]) if found else None
    told = f"{_counted(hedges, 'hedge')}, {_counted(len(found) - hedges, 'booster')}"
    yield Observation("the answer is guarded", value, told, where)


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
