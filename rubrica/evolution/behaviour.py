"""What a change of a library does: which rankings flip on given cases, how far rewards move, and which entry did it."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rubrica.evolution.evidence import Judge, Judgements
from rubrica.evolution.run import Options, Run
from rubrica.evolution.table import Scorer, Table, Vector
from rubrica.library.diff import diff_libraries
from rubrica.library.library import Library
from rubrica.parallel import Plan
from rubrica.rewards.compare import ranks
from rubrica.types import Case, Label, Preference, Value

TOGETHER = "several entries together"


class Flip(Value):
    """A case that is ranked otherwise."""

    case: str
    before: tuple[int, ...]
    """Rank per candidate, 0 = best."""
    after: tuple[int, ...]
    causes: tuple[str, ...]
    """Entries of which each one, changed back alone, undoes the flip."""


class Behaviour(Value):
    """How two versions differ in what they say."""

    cases: int
    flips: tuple[Flip, ...]
    shift: float
    """Mean change of the reward over all candidates."""
    moved: float
    """Mean absolute change of the reward."""


def behaviour(plan: Plan, before: Library, after: Library, cases: Sequence[Case]) -> Behaviour:
    """Compare two versions on cases; each check runs once, whatever the number of versions in between."""
    blank = [Preference(case=c, label=Label.from_scores((0.0,) * len(c.candidates))) for c in cases]
    with tempfile.TemporaryDirectory() as scratch, Run.open(Path(scratch), Options(data="-")) as run:
        table = Judgements(run, Judge(plan), ()).table(blank, [before, after], step="compare")
    old, new = _raw(before, table), _raw(after, table)
    ranked = _ranked(table, old), _ranked(table, new)
    flipped = [n for n in range(len(table)) if ranked[0][n] != ranked[1][n]]
    undone = {entry: _ranked(table, _raw(library, table)) for entry, library in _without_one_change(before, after)}
    change = 1 / (1 + np.exp(-new)) - 1 / (1 + np.exp(-old))
    return Behaviour(
        cases=len(table),
        flips=tuple(
            Flip(
                case=table.ids[n],
                before=ranked[0][n],
                after=ranked[1][n],
                causes=tuple(entry for entry, told in undone.items() if told[n] == ranked[0][n]) or (TOGETHER,),
            )
            for n in flipped
        ),
        shift=round(float(change.mean()), 6) if len(change) else 0.0,
        moved=round(float(np.abs(change).mean()), 6) if len(change) else 0.0,
    )


def _raw(library: Library, table: Table) -> Vector:
    return Scorer.of(library, table).raw(library.scoring)


def _ranked(table: Table, raw: Vector) -> list[tuple[int, ...]]:
    return [ranks(raw[table.start[n] : table.start[n + 1]].tolist()) for n in range(len(table))]


def _without_one_change(before: Library, after: Library) -> Iterator[tuple[str, Library]]:
    """Yield each change by name with the newer version in which it alone is taken back."""
    for entry in diff_libraries(before, after).entries:
        library = after
        if entry.kind == "skill":
            old = before.skills.get(entry.name)
            library = after.with_skill(old) if old else after.without_skill(entry.name)
        else:
            tool = before.tools.get(entry.name)
            library = after.with_tool(tool) if tool else after.without_tool(entry.name)
        yield f"{entry.kind} {entry.name}", library
    if before.scoring != after.scoring:
        yield "scoring", after.with_scoring(before.scoring)
