"""One measure of a text as evidence: the plain vocabulary from which preferences are explained."""

from collections.abc import Iterator, Sequence

from rubrica.tools.base import Observation
from rubrica.tools.builtin.base import builtin
from rubrica.tools.measures import MEASURES, Name, squash
from rubrica.tools.measuring import measure_text
from rubrica.tools.passage import source_of
from rubrica.types import Candidate, TaskView, Value


class MeasureArguments(Value):
    """Which measure."""

    of: Name


@builtin(
    "measure", "A measure of the text on a fixed scale from 0 to 1; null when undefined.", arguments=MeasureArguments
)
def measure(task: TaskView, candidate: Candidate, arguments: MeasureArguments) -> Iterator[Observation]:
    """Take one measure; all of a text are computed together and kept."""
    raw = measure_text(candidate.text, task.prompt, source_of(task)).get(arguments.of)
    value = None if raw is None else squash(arguments.of, raw)
    detail = "not defined for this text" if raw is None else f"{raw:.4g}"
    yield Observation(f"{arguments.of} ({MEASURES[arguments.of]})", value, detail)


@builtin(
    "compare",
    "A measure against the group: the share of the other candidates that have less of it, ties counting half.",
    arguments=MeasureArguments,
    scope="group",
)
def compare(
    task: TaskView, candidates: Sequence[Candidate], arguments: MeasureArguments
) -> Iterator[tuple[Observation, ...]]:
    """Rank the candidates by one measure; a candidate without it, or alone in having it, gets null."""
    source = source_of(task)
    raws = [measure_text(candidate.text, task.prompt, source).get(arguments.of) for candidate in candidates]
    claim = f"{arguments.of} against the other candidates"
    for index, raw in enumerate(raws):
        others = [other for i, other in enumerate(raws) if i != index and other is not None]
        if raw is None or not others:
            yield (Observation(claim, None, "nothing to compare"),)
            continue
        below = sum(other < raw for other in others) + sum(other == raw for other in others) / 2
        yield (Observation(claim, below / len(others), f"{raw:.4g}"),)
