"""One edit against the library without it: compared on cases that neither has seen, and decided by the gate."""

from dataclasses import asdict, replace

import numpy as np
from pydantic import JsonValue

from rubrica.evolution.edits import Edit
from rubrica.evolution.gate import Comparison, Decision, decide, level
from rubrica.evolution.proposers import Fixed
from rubrica.evolution.session import Session, positions
from rubrica.evolution.table import Scorer, Table
from rubrica.evolution.trial import within_reach
from rubrica.library.library import Library


def contest(session: Session, number: int, edit: Edit) -> tuple[Decision, dict[str, JsonValue]]:
    """Decide on the edit of a round; return the decision with everything that it rests on."""
    options, before = session.run.options, session.before(number)
    after = edit.apply(before)
    table = session.table([before, after], step=f"{number} edit")
    spent = session.spent(number)
    enough = level(spent.tested, spent.accepted)
    compared, ids = _compared(session, number, table, enough)
    seen = replace(
        compared,
        unscored_before=_ungraded(before, table),
        unscored_after=_ungraded(after, table),
        cost_ratio=_cost(after, table) / _cost(before, table),
    )
    decision = decide(seen, spent, policy=options.gate, seed=options.seed)
    changes = np.asarray(compared.after) - np.asarray(compared.before)
    return decision, {
        **asdict(decision),
        "policy": options.gate,
        "accuracy_before": float(np.mean(compared.before)) if ids else 0.0,
        "accuracy_after": float(np.mean(compared.after)) if ids else 0.0,
        "helped": [ids[i] for i in np.flatnonzero(changes > 0).tolist()],
        "hurt": [ids[i] for i in np.flatnonzero(changes < 0).tolist()],
    }


def _compared(session: Session, number: int, table: Table, enough: float) -> tuple[Comparison, tuple[str, ...]]:
    """Compare, and name the cases compared: a written edit is tested on what its author has not read.

    Only a fitted edit under the sequential policy needs a null distribution.
    """
    proposal, _ = session.proposed(number)
    options, fold_of = session.run.options, session.run.folds()
    read = set(proposal.edit.sources) if isinstance(proposal, Fixed) else set()
    used = [n for n, id_ in enumerate(table.ids) if id_ not in read]
    trial = replace(
        session.trial(table, session.accepted(number)),
        table=table.take(used),
        folds=positions([fold_of[n] for n in used]),
    )
    fitted = options.gate == "sequential" and not isinstance(proposal, Fixed)
    draws = within_reach(options.draws, enough) if fitted else 0
    told = trial.compare(proposal, seed=options.seed, draws=draws, enough=enough)
    return told, trial.table.ids


def _ungraded(library: Library, table: Table) -> int:
    """Count the cases in which the library can grade nothing."""
    graded = ~np.isnan(Scorer.of(library, table).grades).all(axis=1)
    return int(len(table) - len(set(table.case_of[graded].tolist())))


def _cost(library: Library, table: Table) -> float:
    """Count what is asked of a model: something of every case, and each criterion that a model grades."""
    criteria = [(skill, c) for skill in library.skills.values() for c in skill.criteria if c.scored_by == "model"]
    return len(table) + float(sum((table.holds(s.when) & table.holds(c.when)).sum() for s, c in criteria))
