"""How sure the answer sounds: hedges ("perhaps", "I think") against boosters ("clearly", "always")."""

from collections.abc import Iterator

from rubrica.tools import lexicon
from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import NoArguments, builtin
from rubrica.tools.text import read
from rubrica.types import Candidate, TaskView

_CUES = lexicon.patterns("filler")


@builtin(
    "hedging", "How guarded the answer is: 1 only hedges, 0 only boosters (clearly, always), null when it has neither."
)
def hedging(task: TaskView, candidate: Candidate, _: NoArguments) -> Iterator[Observation]:  # noqa: ARG001 - read alone
    """Give hedges over hedges and boosters together."""
    hedges = list(_CUES["hedge"].finditer(candidate.text))
    boosters = list(_CUES["booster"].finditer(candidate.text))
    total = len(hedges) + len(boosters)
    where = read(candidate.text).span(*(hedges or boosters)[0].span()) if total else None
    value = len(hedges) / total if total else None
    yield Observation("the answer is guarded", value, f"{len(hedges)} hedges, {len(boosters)} boosters", where)
