"""Who proposes: asked once a round, answers with the next idea or with none.

The embedded proposer tries its ideas in a fixed order, so that what it tries does not depend on the labels and the
gate's error budget means what it says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rubrica.evolution.diagnose import Diagnosis
from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.maintain import Prune
from rubrica.evolution.merge import Merge
from rubrica.evolution.mining import Mine, Refit
from rubrica.evolution.run import Decision
from rubrica.evolution.split import Split
from rubrica.evolution.table import Table
from rubrica.library.library import Library
from rubrica.types import Preference, Usage


@dataclass(frozen=True)
class Fixed:
    """An edit written once, by a model or a person who has read its sources; it is tested on the other cases."""

    edit: Edit

    @property
    def key(self) -> str:
        return f"edit {self.edit.id[:16]}"

    def on(self, library: Library, table: Table) -> Edit | None:
        del library, table
        return self.edit


def uncounted(usage: Usage) -> None:
    """Take no note of what a proposal costs."""
    del usage


@dataclass(frozen=True)
class Situation:
    """What a proposer may know. It never sees a test case."""

    library: Library
    table: Table
    diagnosis: Diagnosis
    history: Sequence[Decision]
    train: Sequence[Preference] = ()
    """The cases of the table as text, for a proposer that reads."""
    folds: Sequence[int] = ()
    """The fold of each case."""
    edits: Sequence[Edit | None] = ()
    """The edit of each decision of the history; None where cases led to none."""
    reads: bool = True
    """Whether the judge has a reader; without one, nobody grades what no tool can."""
    spend: Callable[[Usage], None] = uncounted
    """Is told what the proposal has cost."""


class Proposer(Protocol):
    """Has ideas."""

    def propose(self, situation: Situation) -> Proposal | None:
        """Return the next idea, or None when there is none left."""
        ...


class Embedded:
    """Mines evidence that holds everywhere, then under conditions; splits what a condition divides; refits weights."""

    def propose(self, situation: Situation) -> Proposal | None:
        tried = {decision.key: decision.outcome for decision in situation.history}
        for proposal in (Mine(), Mine(conditional=True), Split()):
            if proposal.key not in tried:
                return proposal
        if tried[Mine().key] != "accepted" and Refit().key not in tried:
            return Refit()
        return None


_NAMED: dict[str, Proposal] = {p.key: p for p in (Mine(), Mine(conditional=True), Split(), Refit(), Prune(), Merge())}


def restored(key: str, edit: Edit | None) -> Proposal:
    """Return a proposal that the run has stored: a way to an edit by its name, or the edit itself."""
    if key in _NAMED:
        return _NAMED[key]
    if edit is None:
        raise ValueError(f"proposal {key!r} has neither a procedure nor an edit")
    return Fixed(edit)
