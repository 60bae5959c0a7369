"""The steps of the loop. Each can be repeated after a crash: what it has done is in the run, and is not done again."""

import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import TypedDict

import numpy as np
from pydantic import JsonValue

from rubrica.data.audit import audit
from rubrica.errors import LibraryError
from rubrica.evolution.admission import Grounds, refusal
from rubrica.evolution.commits import commit_message
from rubrica.evolution.diagnose import Diagnosis, diagnose
from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.evidence import Judge, Judgements
from rubrica.evolution.examine import Examination, baselines, examine, interval
from rubrica.evolution.gate import Comparison, Ledger, decide, level
from rubrica.evolution.maintain import Prune
from rubrica.evolution.memory import Idea, Memory
from rubrica.evolution.mining import Mine
from rubrica.evolution.proposers import Fixed, Proposer, Situation, restored
from rubrica.evolution.report import Report, describe, percent, write_report
from rubrica.evolution.run import Event, Outcome, Run
from rubrica.evolution.start import start
from rubrica.evolution.table import Indices, Scorer, Table, agreement
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
class Loop:
    """One run at work."""

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
        self._began = self.clock() - float(_number(self.run.noted("elapsed")))

    # The steps

    def split(self, state: State) -> State:
        """Read and deal the cases."""
        told = start(self.run, self.memory)
        text = f"{told['train']} cases to learn from, {told['test']} kept for the test"
        for count, what in ((told.get("unused"), "not used"), (told.get("bad_rows"), "rows could not be read")):
            text += f", {count} {what}" if count else ""
        self._tell(state, "split", text, **told)
        return {"round": 1}

    def baseline(self, state: State) -> State:
        """Judge the train cases, and say where the library stands before anything is learned."""
        self.run.note("base", self.store.load().version)
        table = self.table([self.base], step="baseline")
        credit = agreement(table, Scorer.of(self.base, table).raw(self.base.scoring)).credit
        told, trivial = interval(credit.tolist()), baselines(self.train)
        self.run.note("baseline", {"accuracy": told.model_dump(), "baselines": dict(trivial)})
        others = ", ".join(f"{name} {value:.1%}" for name, value in trivial.items())
        text = f"before: {told.value:.1%} ({told.low:.1%} to {told.high:.1%}) on train" + (
            f"; {others}" if others else ""
        )
        self._tell(state, "baseline", text, accuracy=told.model_dump(), baselines=dict(trivial))
        return {}

    def audit(self, state: State) -> State:
        """Look at the labels before learning from them."""
        del state
        margins = _margins(self.trial(self.table([self.base], step="baseline"), ()))
        found = audit(self.train, margin=lambda preference: margins.get(preference.case.id))
        flags: list[JsonValue] = [
            {"problem": flag.problem, "cases": [*flag.cases], "reason": flag.reason} for flag in found.flags
        ]
        self.run.note("audit", {"cases": found.cases, "flags": flags})
        counts = {str(problem): count for problem, count in found.counts().items()}
        listed = ", ".join(f"{count} {problem.replace('_', ' ')}" for problem, count in sorted(counts.items()))
        self._tell({"round": 0}, "audit", f"labels: {listed or 'nothing to remark'}", **counts)
        return {}

    def judge_train(self, state: State) -> State:
        """Judge what the current library asks and nobody has asked yet."""
        self._judged(state)
        return {}

    def diagnose(self, state: State) -> State:
        """Find out where the library is wrong, on scores that no case helped to fit."""
        table, library = self._judged(state), self.before(state["round"])
        trial = self.trial(table, self.accepted(state["round"]))
        raw = trial.out_of_fold(trial.accepted, table)
        found = diagnose(library, table, raw, [preference.subset for preference in self.train])
        told = interval(agreement(table, raw).credit.tolist())
        self.run.keep(f"diagnosis {state['round']}", found.model_dump(mode="json"))
        causes = "; ".join(f"{len(cluster.cases)} {cluster.name}" for cluster in found.clusters[:3])
        text = f"{percent(told)} on train, cross-fitted; {len(found.wrong)} wrong"
        self._tell(state, "diagnose", text + (f": {causes}" if causes else ""), accuracy=told.model_dump())
        return {}

    def propose(self, state: State) -> State:
        """Ask the proposer for its next idea."""
        table, library = self._judged(state), self.before(state["round"])
        diagnosis = Diagnosis.model_validate(self.run.noted(f"diagnosis {state['round']}"))
        history = [decision for decision in self.run.decisions() if decision.key != Prune().key]
        proposal = self.proposer.propose(Situation(library, table, diagnosis, history))
        if proposal is None:
            return {"stop": "nothing left to try"}
        edit = self.trial(table, self.accepted(state["round"])).edit(proposal)
        self.run.propose(state["round"], proposal.key, edit)
        self._tell(state, "propose", edit.title if edit else f"{proposal.key}: these cases lead to no edit")
        return {"stop": ""}

    def admit(self, state: State) -> State:
        """Hold the edit to what can be checked before the gate spends anything."""
        proposal, edit = self._proposed(state)
        if edit is None:
            return self._settle(state, "refused", "these cases lead to no edit")
        library = self.before(state["round"])
        grounds = Grounds(
            library=library,
            table=lambda: self.table([library, edit.apply(library)], step=f"{state['round']} edit"),
            cases=[preference.case for preference in self.train],
            ideas=self.memory.ideas(self.data, but=self.run.folder.name),
        )
        reason = asyncio.run(self._refusal(proposal, edit, grounds))
        return self._settle(state, "refused", reason) if reason else {"outcome": "admitted"}

    def gate(self, state: State) -> State:
        """Compare before and after on cases that neither has seen, and decide."""
        _, edit = self._proposed(state)
        if edit is None:
            raise ValueError("an edit that does not exist was admitted")
        options, before = self.run.options, self.before(state["round"])
        after = edit.apply(before)
        table = self.table([before, after], step=f"{state['round']} edit")
        spent = self._spent(state["round"])
        enough = level(spent.tested, spent.accepted) if options.gate == "sequential" else 0.0
        draws = options.draws if options.gate == "sequential" else 0
        comparison, used = self._compare(state, table, draws=draws, enough=enough)
        seen = replace(
            comparison,
            unscored_before=_ungraded(before, table),
            unscored_after=_ungraded(after, table),
            cost_ratio=_opinions(after, table) / max(_opinions(before, table), 1.0),
        )
        decision = decide(seen, spent, policy=options.gate, seed=options.seed)
        changes = np.asarray(comparison.after) - np.asarray(comparison.before)
        facts: dict[str, JsonValue] = {
            **asdict(decision),
            "policy": options.gate,
            "accuracy_before": float(np.mean(comparison.before)),
            "accuracy_after": float(np.mean(comparison.after)),
            "helped": [table.ids[used[i]] for i in np.flatnonzero(changes > 0).tolist()],
            "hurt": [table.ids[used[i]] for i in np.flatnonzero(changes < 0).tolist()],
        }
        self.run.keep(f"gate {state['round']}", facts)
        if not decision.accepted:
            return self._settle(state, "rejected", decision.reason, facts)
        return {"outcome": "accepted"}

    def commit(self, state: State) -> State:
        """Make the accepted edit the newest version of the library."""
        _, edit = self._proposed(state)
        noted = self.run.noted(f"gate {state['round']}")
        if edit is None or not isinstance(noted, dict):
            raise ValueError("an edit that was not tested was accepted")
        self._commit(state["round"], edit, noted)
        return self._settle(state, "accepted", str(noted["reason"]), noted)

    def maintain(self, state: State) -> State:
        """Retire what was learned and makes no difference any more; no prediction changes, so no gate is asked."""
        if state["outcome"] != "accepted":
            return self._next(state)
        library = self.before(state["round"] + 1)
        table = self.table([library], step=f"{state['round']} judge")
        edit = Prune().on(library, table)
        if edit is None:
            return self._next(state)
        state = {**state, "round": state["round"] + 1}
        self.run.propose(state["round"], Prune().key, edit)
        self._commit(state["round"], edit, {"reason": "no prediction changes"})
        self._settle(state, "accepted", "no prediction changes", {"n": len(table)})
        return self._next(state)

    def test(self, state: State) -> State:
        """Read the test cases, once."""
        self.run.note("stop", state.get("stop") or "nothing left to try")
        if self.run.noted("examination") is None:
            plan = replace(self.judge.plan, library=self.base)
            cases = self.run.cases("test")
            found = examine(plan, self.base, self.current, cases) if cases else None
            self.run.note("examination", found.model_dump(mode="json") if found else {})
        return {}

    def report(self, state: State) -> State:
        """Write down what the run came to."""
        told = self.run.noted("examination")
        write_report(self.run, self._report(Examination.model_validate(told) if told else None))
        self._tell({"round": 0}, "report", f"{self.run.folder / 'report.md'}")
        del state
        return {}

    # What the steps share

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

    def _judged(self, state: State) -> Table:
        return self.table([self.before(state["round"])], step=f"{state['round']} judge")

    def trial(self, table: Table, accepted: Sequence[Proposal]) -> Trial:
        return Trial(base=self.base, accepted=tuple(accepted), table=table, folds=_positions(self.run.folds()))

    def _compare(self, state: State, table: Table, *, draws: int, enough: float) -> tuple[Comparison, Sequence[int]]:
        """Compare, and name the cases compared: a written edit is tested on what its author has not read."""
        proposal, _ = self._proposed(state)
        seed, read = self.run.options.seed, set(proposal.edit.sources) if isinstance(proposal, Fixed) else set()
        used = [n for n, id_ in enumerate(table.ids) if id_ not in read]
        fold_of = self.run.folds()
        trial = replace(
            self.trial(table, self.accepted(state["round"])),
            table=table.take(used),
            folds=_positions([fold_of[n] for n in used]),
        )
        written = isinstance(proposal, Fixed)
        return trial.compare(proposal, seed=seed, draws=0 if written else draws, enough=enough), used

    def _proposed(self, state: State) -> tuple[Proposal, Edit | None]:
        key, edit = self.run.proposal(state["round"])
        return restored(key, edit), edit

    async def _refusal(self, proposal: Proposal, edit: Edit, grounds: Grounds) -> str:
        sandbox = self.judge.plan.harness().sandbox
        try:
            return await refusal(proposal, edit, grounds, sandbox)
        finally:
            if sandbox is not None:
                await sandbox.close()

    def _spent(self, number: int) -> Ledger:
        """Count what this run and earlier ones on the same data have tested: the error budget is the data's."""
        tested = [d for d in self.run.decisions() if d.round < number and "p_value" in d.facts]
        earlier = [idea for idea in self.memory.ideas(self.data, but=self.run.folder.name) if idea.tested]
        best = [_number(d.facts["accuracy_after"]) for d in tested if d.outcome == "accepted"]
        told = self.run.noted("baseline")
        before = told["accuracy"] if isinstance(told, dict) else {}
        start_ = _number(before["value"]) if isinstance(before, dict) else 0.0
        return Ledger(
            tested=len(tested) + len(earlier),
            accepted=len(best) + sum(idea.outcome == "accepted" for idea in earlier),
            best_accuracy=max([start_, *best]),
        )

    def _commit(self, number: int, edit: Edit, facts: dict[str, JsonValue]) -> None:
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

    def _settle(self, state: State, outcome: Outcome, reason: str, facts: dict[str, JsonValue] | None = None) -> State:
        """Keep what became of the proposal, in the run and in the library's memory."""
        key, edit = self.run.proposal(state["round"])
        known = facts or {}
        before = self.before(state["round"]).version
        self.run.decide(state["round"], outcome, reason, known)
        if key != Prune().key:
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
            gain, low, high = (100 * _number(known[name]) for name in ("gain", "low", "high"))
            numbers = f" ({gain:+.1f} points, {low:+.1f} to {high:+.1f})"
        self._tell(state, "decide", f"{outcome}: {title}{numbers}; {reason}", outcome=outcome, **known)
        return {"outcome": outcome}

    def _next(self, state: State) -> State:
        """Go on, or say why not."""
        options, decisions = self.run.options, [d for d in self.run.decisions() if d.key != Prune().key]
        elapsed = self.clock() - self._began
        self.run.keep("elapsed", elapsed)
        spent = self.run.spent()
        recent = [decision.outcome for decision in decisions[-options.patience :]]
        stop = ""
        if len(decisions) >= options.rounds:
            stop = f"{options.rounds} rounds are over"
        elif options.max_minutes is not None and elapsed >= 60 * options.max_minutes:
            stop = f"{options.max_minutes:g} minutes are over"
        elif options.max_calls is not None and spent.calls >= max(options.max_calls, 1):
            stop = f"{spent.calls} model calls are spent"
        elif options.max_cost is not None and spent.cost_usd is not None and spent.cost_usd >= options.max_cost > 0:
            stop = f"{spent.cost_usd:.2f} dollars are spent"
        elif len(recent) == options.patience and "accepted" not in recent:
            stop = f"no progress in {options.patience} rounds"
        return {"round": state["round"] + 1, "stop": stop}

    def _report(self, examination: Examination | None) -> Report:
        return describe(
            self.run, before=self.base, after=self.current, stamps=self.memory.stamps(), examination=examination
        )

    def _tell(self, state: State, step: str, text: str, **facts: JsonValue) -> None:
        asked, judged = self.run.judgements()
        counts: dict[str, JsonValue] = {"asked": asked, "judged": judged, "reused": max(asked - judged, 0)}
        event = Event(round=state.get("round", 0), step=step, text=text, facts={**facts, "judgements": counts})
        if self.run.tell(event):
            self.listen(event)


def _positions(fold_of: Sequence[int]) -> tuple[Indices, ...]:
    numbers = np.asarray(fold_of)
    return tuple(np.flatnonzero(numbers == fold).astype(np.int64) for fold in sorted(set(fold_of)))


def _ungraded(library: Library, table: Table) -> int:
    """Count the cases in which the library can grade nothing."""
    graded = ~np.isnan(Scorer.of(library, table).grades).all(axis=1)
    return int(len(table) - len(set(table.case_of[graded].tolist())))


def _opinions(library: Library, table: Table) -> float:
    """Count what a model is asked to grade: the cost that depends on the library."""
    criteria = [(skill, c) for skill in library.skills.values() for c in skill.criteria if c.scored_by == "model"]
    return float(sum((table.holds(s.when or "") & table.holds(c.when or "")).sum() for s, c in criteria))


def _margins(trial: Trial) -> dict[str, float]:
    """Return per case out-of-fold log-odds that its label is right, by a library that mines the other folds."""
    told = np.clip(agreement(trial.table, trial.out_of_fold((Mine(),), trial.table)).probability, 1e-6, 1 - 1e-6)
    return dict(zip(trial.table.ids, (np.log(told) - np.log1p(-told)).tolist(), strict=True))


def _number(value: JsonValue) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
