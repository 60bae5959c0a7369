"""The steps of the loop. Each can be repeated after a crash: what it has done is in the run, and is not done again."""

import asyncio
from dataclasses import replace
from functools import partial

import numpy as np
from pydantic import JsonValue

from rubrica.data.audit import audit as audit_labels
from rubrica.evolution.admission import UNEXPLAINED, Grounds, refusal, worsened
from rubrica.evolution.calibrate import KEY, calibrated
from rubrica.evolution.contest import contest
from rubrica.evolution.diagnose import Diagnosis
from rubrica.evolution.diagnose import diagnose as look_at
from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.examine import Examination, baselines, examine, interval
from rubrica.evolution.maintain import UPKEEP, Prune
from rubrica.evolution.merge import Merge
from rubrica.evolution.mining import Mine
from rubrica.evolution.proposers import Situation
from rubrica.evolution.report import Report, describe, percent, write_report
from rubrica.evolution.session import Session, State
from rubrica.evolution.start import start
from rubrica.evolution.table import Scorer, agreement
from rubrica.evolution.trial import Trial


def split(session: Session, state: State) -> State:
    """Read and deal the cases."""
    told = start(session.run, session.memory)
    text = f"{told['train']} cases to learn from, {told['test']} kept for the test"
    for count, what in ((told.get("unused"), "not used"), (told.get("bad_rows"), "rows could not be read")):
        text += f", {count} {what}" if count else ""
    session.tell(state, "split", f"{text}; run {session.run.folder}", **told, run=str(session.run.folder))
    return {"round": 1}


def baseline(session: Session, state: State) -> State:
    """Judge the train cases, and say where the library stands before anything is learned."""
    session.run.note("base", session.store.load().version)
    table = session.table([session.base], step="baseline")
    credit = agreement(table, Scorer.of(session.base, table).raw(session.base.scoring)).credit
    told, trivial = interval(credit.tolist()), baselines(session.train)
    session.run.note("baseline", {"accuracy": told.model_dump(), "baselines": dict(trivial)})
    others = ", ".join(f"{name} {value:.1%}" for name, value in trivial.items())
    text = f"before: {told.value:.1%} ({told.low:.1%} to {told.high:.1%}) on train" + (f"; {others}" if others else "")
    session.tell(state, "baseline", text, accuracy=told.model_dump(), baselines=dict(trivial))
    return {}


def audit(session: Session, state: State) -> State:
    """Look at the labels before learning from them."""
    del state
    margins = _margins(session.trial(session.table([session.base], step="baseline"), ()))
    found = audit_labels(session.train, margin=lambda preference: margins.get(preference.case.id))
    flags: list[JsonValue] = [
        {"problem": flag.problem, "cases": [*flag.cases], "reason": flag.reason} for flag in found.flags
    ]
    session.run.note("audit", {"cases": found.cases, "flags": flags})
    counts = {str(problem): count for problem, count in found.counts().items()}
    session.tell({"round": 0}, "audit", f"labels: {found.told() or 'nothing to remark'}", **counts)
    return {}


def judge(session: Session, state: State) -> State:
    """Judge what the current library asks and nobody has asked yet."""
    session.judged(state)
    return {}


def diagnose(session: Session, state: State) -> State:
    """Find out where the library is wrong, on scores that no case helped to fit."""
    table, library = session.judged(state), session.before(state["round"])
    trial = session.trial(table, session.accepted(state["round"]))
    raw = trial.out_of_fold(trial.accepted, table)
    found = look_at(library, table, raw, [preference.subset for preference in session.train])
    told = interval(agreement(table, raw).credit.tolist())
    session.run.keep(f"diagnosis {state['round']}", found.model_dump(mode="json"))
    causes = "; ".join(f"{len(cluster.cases)} {cluster.name}" for cluster in found.clusters[:3])
    text = f"{percent(told)} on train, cross-fitted; {len(found.wrong)} not right"
    session.tell(state, "diagnose", text + (f": {causes}" if causes else ""), accuracy=told.model_dump())
    return {}


def propose(session: Session, state: State) -> State:
    """Ask the proposer for its next idea."""
    table, library = session.judged(state), session.before(state["round"])
    diagnosis = Diagnosis.model_validate(session.run.noted(f"diagnosis {state['round']}"))
    history = [decision for decision in session.run.decisions() if decision.key not in UPKEEP]
    situation = Situation(
        library=library,
        table=table,
        diagnosis=diagnosis,
        history=history,
        train=session.train,
        folds=session.run.folds(),
        edits=[session.run.proposal(decision.round)[1] for decision in history],
        reads=session.judge.reads,
        spend=partial(session.run.add_proposing, state["round"]),
    )
    proposal = session.proposer.propose(situation)
    if proposal is None:
        return {"stop": "nothing left to try"}
    edit = session.trial(table, session.accepted(state["round"])).edit(proposal)
    session.run.propose(state["round"], proposal.key, edit)
    session.tell(state, "propose", edit.title if edit else f"{proposal.key}: these cases lead to no edit")
    return {"stop": ""}


def admit(session: Session, state: State) -> State:
    """Hold the edit to what can be checked before the gate spends anything."""
    proposal, edit = session.proposed(state["round"])
    if edit is None:
        return session.settle(state, "refused", "these cases lead to no edit")
    library = session.before(state["round"])
    grounds = Grounds(
        library=library,
        table=lambda: session.table([library, edit.apply(library)], step=f"{state['round']} edit"),
        cases=[preference.case for preference in session.train],
        ideas=session.memory.ideas(session.data, but=session.run.folder.name),
    )
    reason = _refusal(session, proposal, edit, grounds)
    if not reason:
        return {"outcome": "admitted"}
    facts: dict[str, JsonValue] = {"hurt": [*worsened(edit, grounds)]} if reason.startswith(UNEXPLAINED) else {}
    return session.settle(state, "refused", reason, facts)


def gate(session: Session, state: State) -> State:
    """Compare before and after on cases that neither has seen, and decide."""
    edit = session.proposed(state["round"])[1]
    if edit is None:
        raise ValueError("an edit that does not exist was admitted")
    decision, facts = contest(session, state["round"], edit)
    session.run.keep(f"gate {state['round']}", facts)
    if not decision.accepted:
        return session.settle(state, "rejected", decision.reason, facts)
    return {"outcome": "accepted"}


def commit(session: Session, state: State) -> State:
    """Make the accepted edit the newest version of the library."""
    _, edit = session.proposed(state["round"])
    noted = session.run.noted(f"gate {state['round']}")
    if edit is None or not isinstance(noted, dict):
        raise ValueError("an edit that was not tested was accepted")
    session.commit(state["round"], edit, noted)
    return session.settle(state, "accepted", str(noted["reason"]), noted)


def maintain(session: Session, state: State) -> State:
    """Retire what was learned and makes no difference, merge what applies to the same tasks.

    No prediction changes, so no gate is asked.
    """
    if state["outcome"] != "accepted":
        return _next(session, state)
    decided = {decision.round for decision in session.run.decisions()}
    for upkeep in (Prune(), Merge()):
        number = state["round"] + 1
        library = session.before(number)
        table = session.table([library], step=f"{state['round']} judge")
        if (edit := upkeep.on(library, table)) is None:
            continue
        state = {**state, "round": number}
        if number not in decided:
            session.run.propose(number, upkeep.key, edit)
            session.commit(number, edit, {"reason": "no prediction changes"})
            session.settle(state, "accepted", "no prediction changes", {"n": len(table)})
    return _next(session, state)


def calibrate(session: Session, state: State) -> State:
    """Fit what the probabilities of a changed library are worth; no ranking changes, so no gate is asked."""
    accepted = {decision.key for decision in session.run.decisions() if decision.outcome == "accepted"}
    if KEY in accepted or not accepted:
        return {}
    table, library = session.judged(state), session.current
    trial = session.trial(table, session.accepted(state["round"]))
    edit = calibrated(library, table, trial.out_of_fold(trial.accepted, table))
    if edit is None:
        return {}
    session.run.propose(state["round"], KEY, edit)
    session.commit(state["round"], edit, {"reason": "no ranking changes"})
    session.settle(state, "accepted", "no ranking changes", {"n": len(table)})
    return {}


def test(session: Session, state: State) -> State:
    """Read the test cases, once."""
    session.run.note("stop", state.get("stop") or "nothing left to try")
    if session.run.noted("examination") is None:
        plan = replace(session.judge.plan, library=session.base)
        cases = session.run.cases("test")
        found = examine(plan, session.base, session.current, cases) if cases else None
        session.run.note("examination", found.model_dump(mode="json") if found else {})
    return {}


def report(session: Session, state: State) -> State:
    """Write down what the run came to."""
    told = session.run.noted("examination")
    write_report(session.run, _report(session, Examination.model_validate(told) if told else None))
    session.tell({"round": 0}, "report", f"{session.run.folder / 'report.md'}")
    del state
    return {}


def _next(session: Session, state: State) -> State:
    """Go on, or say why not."""
    options, decisions = session.run.options, [d for d in session.run.decisions() if d.key not in UPKEEP]
    tried = [decision for decision in decisions if session.proposed(decision.round)[1] is not None]
    recent = [decision.outcome for decision in tried[-options.patience :]]
    stop = limit_reached(session)
    if len(decisions) >= options.rounds:
        stop = f"{options.rounds} {'round is' if options.rounds == 1 else 'rounds are'} over"
    elif not stop and len(recent) == options.patience and "accepted" not in recent:
        stop = f"no progress in {options.patience} rounds"
    return {"round": state["round"] + 1, "stop": stop}


def limit_reached(session: Session) -> str:
    """Say which limit of time, calls or money the run has come to, or "" when none; keep the time that it took."""
    options, elapsed, spent = session.run.options, session.elapsed(), session.run.spent()
    session.run.keep("elapsed", elapsed)
    if options.max_minutes is not None and elapsed >= 60 * options.max_minutes:
        return f"{options.max_minutes:g} min are over"
    if options.max_calls is not None and spent.calls >= max(options.max_calls, 1):
        return f"{spent.calls} model calls are spent"
    if options.max_cost is not None and spent.cost_usd is not None and spent.cost_usd >= options.max_cost > 0:
        return f"{spent.cost_usd:.2f} dollars are spent"
    return ""


def _refusal(session: Session, proposal: Proposal, edit: Edit, grounds: Grounds) -> str:
    sandbox = session.judge.plan.harness().sandbox
    try:
        return refusal(proposal, edit, grounds, sandbox)
    finally:
        if sandbox is not None:
            asyncio.run(sandbox.close())


def _report(session: Session, examination: Examination | None) -> Report:
    return describe(
        session.run, before=session.base, after=session.current, stamps=session.memory.stamps(), examination=examination
    )


def _margins(trial: Trial) -> dict[str, float]:
    """Return per case out-of-fold log-odds that its label is right, by a library that mines the other folds."""
    told = np.clip(agreement(trial.table, trial.out_of_fold((Mine(),), trial.table)).probability, 1e-6, 1 - 1e-6)
    return dict(zip(trial.table.ids, (np.log(told) - np.log1p(-told)).tolist(), strict=True))
