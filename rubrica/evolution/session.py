"""What the steps of a run share: its rows, the library as each round finds it, and how a round is closed."""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict

import numpy as np
from pydantic import JsonValue

from rubrica.errors import LibraryError
from rubrica.evolution.commits import commit_message
from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.evidence import Judge, Judgements
from rubrica.evolution.gate import Ledger
from rubrica.evolution.maintain import UPKEEP
from rubrica.evolution.memory import Idea, Memory
from rubrica.evolution.proposers import Proposer, restored
from rubrica.evolution.run import Event, Outcome, Run
from rubrica.evolution.table import Indices, Table
from rubrica.evolution.trial import Trial
from rubrica.library.library import Library
from rubrica.library.store import LibraryStore
from rubrica.types import Criterion, Preference


class State(TypedDict, total=False):
    """What the graph carries from step to step; everything else is in the run."""

    round: int
    outcome: str
    stop: str


@dataclass
class Session:
    """One run at work. What it returns for a round is the same however often the round is begun."""

    run: Run
    store: LibraryStore
    memory: Memory
    judge: Judge
    proposer: Proposer
    vocabulary: Sequence[Criterion]
    listen: Callable[[Event], None]
    clock: Callable[[], float] = time.monotonic
    _began: float = field(init=False)

    def __post_init__(self) -> None:
        self._began = self.clock() - float(number_of(self.run.noted("elapsed")))

    def elapsed(self) -> float:
        """Return the seconds that the run has taken, those before an interruption counted."""
        return self.clock() - self._began

    @cached_property
    def train(self) -> list[Preference]:
        return self.run.cases("train")

    @cached_property
    def base(self) -> Library:
        """The library as the run found it."""
        return self.store.load(str(self.run.noted("base")))

    @property
    def data(self) -> str:
        told = self.run.noted("split")
        return str(told["data"]) if isinstance(told, dict) else ""

    def accepted(self, number: int) -> tuple[Proposal, ...]:
        """Return the proposals accepted before a round, in order."""
        return tuple(restored(*self.run.proposal(earlier)) for earlier in self._accepted_rounds(number))

    def before(self, number: int) -> Library:
        """Return the library that a round starts from, made anew from what the run has accepted before it."""
        library = self.base
        for earlier in self._accepted_rounds(number):
            if (edit := self.run.proposal(earlier)[1]) is not None:
                library = edit.apply(library)
        return library

    @property
    def current(self) -> Library:
        """The library with every accepted edit."""
        return self.before(sys.maxsize)

    def _accepted_rounds(self, number: int) -> list[int]:
        return [d.round for d in self.run.decisions() if d.outcome == "accepted" and d.round < number]

    @cached_property
    def judgements(self) -> Judgements:
        return Judgements(self.run, self.judge, self.vocabulary)

    def table(self, libraries: Sequence[Library], *, step: str) -> Table:
        """Return the train cases as a table; what is judged already comes from the run."""
        return self.judgements.table(self.train, libraries, step=step)

    def judged(self, state: State) -> Table:
        return self.table([self.before(state["round"])], step=f"{state['round']} judge")

    def trial(self, table: Table, accepted: Sequence[Proposal]) -> Trial:
        return Trial(base=self.base, accepted=tuple(accepted), table=table, folds=positions(self.run.folds()))

    def proposed(self, number: int) -> tuple[Proposal, Edit | None]:
        """Return the proposal of a round and the edit that it led to."""
        key, edit = self.run.proposal(number)
        return restored(key, edit), edit

    def spent(self, number: int) -> Ledger:
        """Count what this run and earlier ones on the same data have tested: the error budget is the data's."""
        tested = [d for d in self.run.decisions() if d.round < number and "p_value" in d.facts]
        earlier = [idea for idea in self.memory.ideas(self.data, but=self.run.folder.name) if idea.tested]
        best = [number_of(d.facts["accuracy_after"]) for d in tested if d.outcome == "accepted"]
        told = self.run.noted("baseline")
        before = told["accuracy"] if isinstance(told, dict) else {}
        start = number_of(before["value"]) if isinstance(before, dict) else 0.0
        return Ledger(
            tested=len(tested) + len(earlier),
            accepted=len(best) + sum(idea.outcome == "accepted" for idea in earlier),
            best_accuracy=max([start, *best]),
        )

    def commit(self, number: int, edit: Edit, facts: dict[str, JsonValue]) -> None:
        before = self.before(number)
        after = edit.apply(before)
        found = self.store.load()
        if found.version == after.version:
            return
        if found.version != before.version:
            raise LibraryError(
                f"the library was changed to {found.version[:12]} by another hand during the run",
                fix="roll back with `rubrica library rollback`, or start a new run",
            )
        key = self.run.proposal(number)[0]
        stamps = self.memory.stamps()
        message = commit_message(edit, facts, proposal=key, run=self.run, data=self.data, stamps=stamps)
        self.store.commit(after, message)

    def settle(self, state: State, outcome: Outcome, reason: str, facts: dict[str, JsonValue] | None = None) -> State:
        """Keep what became of the proposal, in the run and in the library's memory."""
        key, edit = self.run.proposal(state["round"])
        known = facts or {}
        before = self.before(state["round"]).version
        self.run.decide(state["round"], outcome, reason, known)
        if key not in UPKEEP:
            self.memory.remember(
                Idea(
                    run=self.run.folder.name,
                    key=key,
                    edit=edit.id if edit else "",
                    library=before,
                    data=self.data,
                    outcome=outcome,
                    reason=reason,
                    tested="p_value" in known,
                )
            )
        title = edit.title if edit else key
        numbers = ""
        if "gain" in known:
            gain, low, high = (100 * number_of(known[name]) for name in ("gain", "low", "high"))
            numbers = f" ({gain:+.1f} points, {low:+.1f} to {high:+.1f})"
        self.tell(state, "decide", f"{outcome}: {title}{numbers}; {reason}", outcome=outcome, **known)
        return {"outcome": outcome}

    def tell(self, state: State, step: str, text: str, **facts: JsonValue) -> None:
        asked, judged = self.run.judgements()
        counts: dict[str, JsonValue] = {"asked": asked, "judged": judged, "reused": max(asked - judged, 0)}
        event = Event(round=state.get("round", 0), step=step, text=text, facts={**facts, "judgements": counts})
        if self.run.tell(event):
            self.listen(event)


def positions(fold_of: Sequence[int]) -> tuple[Indices, ...]:
    """Turn the fold of each case into the cases of each fold."""
    numbers = np.asarray(fold_of)
    return tuple(np.flatnonzero(numbers == fold).astype(np.int64) for fold in sorted(set(fold_of)))


def number_of(value: JsonValue) -> float:
    """Read a number that was kept as JSON; anything else is 0."""
    return float(value) if isinstance(value, int | float) else 0.0
