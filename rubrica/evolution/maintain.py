"""Maintenance: what was learned and makes no difference any more is retired."""

from dataclasses import dataclass

import numpy as np

from rubrica.evolution.edits import Edit
from rubrica.evolution.table import Scorer, Table, Vector
from rubrica.library.library import Library

LEARNED = "learned"
"""Tag of skills that evolution wrote; others are kept: they are there for tasks that this data may not hold."""
SAME = 1e-9
BEST = "best"
"""A return to an earlier version of the run, by the RewardHarness preset."""
UPKEEP = frozenset({"prune", "merge", "calibrate", BEST})
"""What is done without asking the gate, as it changes no ranking or undoes what was tried; it counts as no try."""


@dataclass(frozen=True)
class Prune:
    """Retire learned skills whose removal changes no prediction on these cases."""

    key: str = "prune"

    def on(self, library: Library, table: Table) -> Edit | None:
        idle, kept = [], library
        for name in sorted(library.skills):
            if LEARNED not in library.skills[name].tags:
                continue
            without = kept.without_skill(name)
            if np.abs(_raw(without, table) - _raw(kept, table)).max(initial=0.0) <= SAME:
                idle.append(name)
                kept = without
        if not idle:
            return None
        return Edit(
            kind="retire-skill",
            title=f"Retire {', '.join(idle)}"[:200],
            rationale=f"Without them all scores of {len(table)} cases stay as they are.",
            drop_skills=tuple(idle),
            sources=table.ids,
        )


def _raw(library: Library, table: Table) -> Vector:
    return Scorer.of(library, table).raw(library.scoring)
