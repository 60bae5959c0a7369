"""How often a run over coin-flip labels accepts anything, by gate policy. Ours must stay at or below 5%.

    python bench/null_gate.py [--runs 200] [--cases 60] [--policies sequential strict margin:0.075]

Each run draws synthetic preferences (two candidates, 24 checks with random grades, labels by coin), starts from a
library of two skills that weigh some of the checks, and walks the loop's own path: the embedded proposer's ideas in its
order, `Trial.compare` with its null, `gate.decide`, the budget passed on from test to test. Only the judging is left
out: the grades are what it would have found.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import time
from collections.abc import Iterator

import numpy as np

from rubrica.evals.metrics import wilson
from rubrica.evolution.edits import Proposal
from rubrica.evolution.gate import Ledger, decide, level
from rubrica.evolution.mining import Mine, Refit
from rubrica.evolution.split import Split
from rubrica.evolution.table import Scorer, Table, agreement, column_of
from rubrica.evolution.trial import Trial, within_reach
from rubrica.evolution.vocabulary import probes
from rubrica.library.library import Library
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Label, TaskFeatures

CHECKS, FOLDS = 24, 5
WEIGHED = 4
"""Checks of each skill that the library starts with: there must be something to split."""


def checks() -> list[Criterion]:
    return [probe for probe in probes() if probe.tool == "measure"][:CHECKS]


def library() -> Library:
    """Return a library of two skills that say nothing about the labels."""
    parts = {"one": checks()[:WEIGHED], "two": checks()[WEIGHED : 2 * WEIGHED]}
    return Library.of([Skill(name=name, description="Noise.", criteria=tuple(part)) for name, part in parts.items()])


def noise(cases: int, rng: np.random.Generator) -> Table:
    """Draw cases whose labels know nothing of the candidates."""
    measures = checks()
    flags = ("asks_math", "asks_list", "is_question", "has_source")
    return Table(
        ids=tuple(f"case-{n}" for n in range(cases)),
        labels=tuple(Label.best(int(rng.integers(2)), 2) for _ in range(cases)),
        features=tuple(TaskFeatures(**{flag: bool(rng.integers(2)) for flag in flags}) for _ in range(cases)),
        start=np.arange(0, 2 * cases + 1, 2),
        columns={column_of(probe): i for i, probe in enumerate(measures)},
        grades=rng.random((2 * cases, len(measures))),
    )


def ideas(outcomes: dict[str, bool]) -> Iterator[Proposal]:
    """Yield ideas in the order of the embedded proposer."""
    yield Mine()
    yield Mine(conditional=True)
    yield Split()
    if not outcomes[Mine().key]:
        yield Refit()


def accepted_any(policy: str, seed: int, options: argparse.Namespace) -> bool:
    """Walk one run; True as soon as something is accepted."""
    table = noise(options.cases, np.random.default_rng(seed))
    base, outcomes = library(), {}
    folds = tuple(np.array_split(np.arange(len(table)), FOLDS))
    before = agreement(table, Scorer.of(base, table).raw(base.scoring)).credit.mean()
    ledger = Ledger(best_accuracy=float(before))
    for idea in ideas(outcomes):
        trial = Trial(base=base, accepted=(), table=table, folds=folds)
        sequential = policy == "sequential"
        enough = level(ledger.tested, 0) if sequential else 0.0
        edit = trial.edit(idea)
        if edit is None or (not edit.put_skills and idea.key != Refit().key):
            outcomes[idea.key] = False
            continue
        draws = within_reach(options.draws, enough) if sequential else 0
        comparison = trial.compare(idea, seed=seed, draws=draws, enough=enough)
        decision = decide(comparison, ledger, policy=policy, seed=seed)
        outcomes[idea.key] = decision.accepted
        if decision.accepted:
            return True
        ledger = Ledger(tested=ledger.tested + 1, best_accuracy=ledger.best_accuracy)
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--cases", type=int, default=60)
    parser.add_argument("--draws", type=int, default=99)
    parser.add_argument("--policies", nargs="*", default=["sequential", "strict", "margin:0.075"])
    options = parser.parse_args()
    print(f"{'policy':<14} {'accepted anything':>18} {'95% interval':>16} {'seconds':>8}   ({options.runs} runs)")
    for policy in options.policies:
        started = time.monotonic()
        hits = sum(accepted_any(policy, seed, options) for seed in range(options.runs))
        share = wilson(hits, options.runs)
        interval = f"{share.low:.3f} to {share.high:.3f}"
        print(f"{policy:<14} {share.value:>18.3f} {interval:>16} {time.monotonic() - started:>8.0f}", flush=True)


if __name__ == "__main__":
    main()
