"""What evolving is worth: test accuracy before and after, set by set, over seeds; offline, with the embedded reasoner.

    python bench/evolve_sets.py $RUBRICA_DATA/*.jsonl [--seeds 5] [--train 100] [--mixture 30]

Each file is judged once with everything that built-in tools can answer; then, for each seed, its cases are split by
prompt, 60% to 40%, 100 of the larger part are learned from (or all of a smaller one), the proposals of the embedded
proposer go through the gate as in `rubrica evolve`, and the other part is read once. Beside it stands a plain judge on
the same split: logistic regression on the differences of all checks, its shrinkage chosen by cross-validation, with no
library and no gate. With --mixture N, one library (and one plain judge) learns from N cases of every file.
"""

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from rubrica.agents.selector import read_task
from rubrica.agents.work import Work
from rubrica.data.read import read
from rubrica.data.split import Item, split
from rubrica.data.split import folds as split_folds
from rubrica.evals.metrics import wilson
from rubrica.evolution.edits import Proposal
from rubrica.evolution.gate import Ledger, decide, level
from rubrica.evolution.mining import MAX_ROWS, Mine, Refit
from rubrica.evolution.split import Split
from rubrica.evolution.table import Rows, Scorer, Table, agreement, column_of
from rubrica.evolution.trial import Trial, within_reach
from rubrica.evolution.vocabulary import probe_library
from rubrica.harness import Harness
from rubrica.library.library import Library
from rubrica.library.seed import seed_library
from rubrica.rewards.aggregate import criterion_key
from rubrica.rewards.fit import Comparisons, expected, fit
from rubrica.tools.sandbox.router import open_sandbox
from rubrica.types import Preference, TaskView, Verdict

FOLDS = 5
SHRINKAGES = (1.0, 3.0, 10.0, 30.0, 100.0)

Judged = tuple[list[Preference], Table]


def table_of(preferences: Sequence[Preference], harness: Harness) -> Table:
    """Judge the cases once, and lay out every grade."""
    asked = [c for skill in harness.library.skills.values() for c in skill.criteria]
    columns = {name: i for i, name in enumerate(dict.fromkeys(column_of(c) for c in asked))}
    place = {criterion_key(c): columns[column_of(c)] for c in asked}
    blocks, features = [], []
    for judged in harness.judge_all(p.case for p in preferences):
        ids = {candidate.id: i for i, candidate in enumerate(judged.case.candidates)}
        block = np.full((len(ids), len(columns)), np.nan)
        if isinstance(judged.result, Verdict):
            kinds = {criterion_key(c): c for c in judged.result.rubric.criteria}
            for finding in judged.result.findings:
                low = kinds[finding.criterion].prefer == "low"
                if finding.grade is not None:
                    grade = 1.0 - finding.grade if low else finding.grade
                    block[ids[finding.candidate], place[finding.criterion]] = grade
        work = Work(case=judged.case, view=TaskView.of(judged.case.task))
        read_task(work)
        blocks.append(block)
        features.append(work.features)
    return Table(
        ids=tuple(p.case.id for p in preferences),
        labels=tuple(p.label for p in preferences),
        features=tuple(features),
        start=np.concatenate([[0], np.cumsum([len(b) for b in blocks])]).astype(np.int64),
        columns=columns,
        grades=np.concatenate(blocks),
    )


def evolved(
    base: Library, train: Table, learned: Sequence[Preference], *, seed: int, draws: int
) -> tuple[Library, list[str]]:
    """Send the embedded proposer's ideas through the gate; return the library and what was accepted."""
    place = {preference.case.id: i for i, preference in enumerate(learned)}
    dealt_folds = split_folds([Item.of(preference) for preference in learned], FOLDS, seed=seed)
    folds = tuple(np.array([place[i] for i in fold], dtype=np.int64) for fold in dealt_folds)
    accepted: list[Proposal] = []
    ideas: tuple[Proposal, ...] = (Mine(), Mine(conditional=True), Split(), Refit())
    tested = 0
    for proposal in ideas:
        if isinstance(proposal, Refit) and Mine() in accepted:
            break
        trial = Trial(base=base, accepted=tuple(accepted), table=train, folds=folds)
        if trial.edit(proposal) is None:
            continue
        spent, enough = Ledger(tested=tested, accepted=len(accepted)), level(tested, len(accepted))
        tested += 1
        comparison = trial.compare(proposal, seed=seed, draws=within_reach(draws, enough), enough=enough)
        if decide(comparison, spent, seed=seed).accepted:
            accepted.append(proposal)
    final = Trial(base=base, accepted=tuple(accepted), table=train, folds=folds)
    return final.library(accepted, train), [proposal.key for proposal in accepted]


def credit(library: Library, table: Table) -> np.ndarray:
    return agreement(table, Scorer.of(library, table).raw(library.scoring)).credit


def plain(train: Table, test: Table) -> np.ndarray:
    """Return the credit, per test case, of ridge-penalised logistic regression on every check."""
    kept, other = (np.nan_to_num(t.grades - means(train)) for t in (train, test))
    rows = Rows.of(train, per_case=max(3, MAX_ROWS // max(1, len(train))))
    told = Comparisons(rows.difference(kept), rows.y, rows.weight, rows.absolute, rows.case)
    free = np.full(kept.shape[1], -np.inf)

    def loss(shrinkage: float) -> float:
        total = 0.0
        for cases in np.array_split(np.random.default_rng(0).permutation(len(train)), FOLDS):
            held = np.isin(told.case, cases)
            weights = fit(told.of_cases(told.case[~held]), shrinkage=shrinkage, floor=free).weights
            p = expected(told.x[held] @ weights, 0.0)[0]
            hits = told.y[held] * np.log(p) + (1 - told.y[held]) * np.log(1 - p)
            total -= float((told.weight[held] * hits).sum())
        return total

    weights = fit(told, shrinkage=min(SHRINKAGES, key=loss), floor=free).weights
    return agreement(test, other @ weights).credit


def means(table: Table) -> np.ndarray:
    known = ~np.isnan(table.grades)
    return np.where(known.any(0), np.nansum(table.grades, 0) / np.maximum(known.sum(0), 1), 0.5)


def dealt(preferences: Sequence[Preference], train: int, seed: int) -> tuple[list[int], list[int]]:
    """Split by prompt, 60 to 40, and draw from the larger part; return positions to learn from and to test on."""
    told = split([Item.of(p) for p in preferences], test=0.4, seed=seed)
    place = {p.case.id: i for i, p in enumerate(preferences)}
    learned = random.Random(seed).sample([place[i] for i in told.train], min(train, len(told.train)))
    return sorted(learned), [place[i] for i in told.test]


def joined(tables: Sequence[Table]) -> Table:
    sizes = np.concatenate([np.diff(t.start) for t in tables])
    return Table(
        ids=tuple(i for t in tables for i in t.ids),
        labels=tuple(label for t in tables for label in t.labels),
        features=tuple(f for t in tables for f in t.features),
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        columns=tables[0].columns,
        grades=np.concatenate([t.grades for t in tables]),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--train", type=int, default=100)
    parser.add_argument("--draws", type=int, default=99)
    parser.add_argument("--mixture", type=int, default=0)
    options = parser.parse_args()
    base = seed_library()
    asking = probe_library()
    harness = Harness(
        library=Library(skills={**asking.skills, **base.skills}, tools={**asking.tools, **base.tools}),
        sandbox=open_sandbox("auto"),
        effort="low",
    )
    sets = judged(options.files, harness)
    if options.mixture:
        mixture(base, dict(sets), options)
    else:
        apart(base, sets, options)


def judged(files: Sequence[Path], harness: Harness) -> Iterator[tuple[str, Judged]]:
    """Yield each file's labelled cases with their grades; files of single candidates are passed over."""
    for file in files:
        known = [row.preference for row in read(file, on_bad=lambda _: None)]
        preferences = [p for p in known if p is not None and len(p.case.candidates) > 1]
        if preferences:
            yield file.name.split(".")[0], (preferences, table_of(preferences, harness))


def apart(base: Library, sets: Iterator[tuple[str, Judged]], options: argparse.Namespace) -> None:
    print(
        "| set | train | test | before | after | after, 95% interval (seed 0) | plain judge | accepted |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    totals = []
    for name, (preferences, table) in sets:
        told, kept, first = [], [], None
        for seed in range(options.seeds):
            train, test = dealt(preferences, options.train, seed)
            learned = [preferences[i] for i in train]
            library, accepted = evolved(base, table.take(train), learned, seed=seed, draws=options.draws)
            after = credit(library, table.take(test))
            peer = plain(table.take(train), table.take(test)).mean()
            told.append((credit(base, table.take(test)).mean(), after.mean(), peer))
            kept.append("+".join(accepted) or "none")
            first = first or wilson(float(after.sum()), len(after))
        before, after_mean, peer = np.mean(told, 0)
        spread = np.std([a for _, a, _ in told])
        totals.append((before, after_mean, peer))
        counts = ", ".join(f"{kept.count(k)}x {k}" for k in dict.fromkeys(kept))
        interval = f"{100 * first.low:.1f} to {100 * first.high:.1f}" if first else ""
        print(
            f"| {name} | {len(train)} | {len(test)} | {100 * before:.1f} | {100 * after_mean:.1f} ± {100 * spread:.1f} "
            f"| {interval} | {100 * peer:.1f} | {counts} |",
            flush=True,
        )
    before, after_mean, peer = np.mean(totals, 0)
    print(f"| mean of {len(totals)} | | | {100 * before:.1f} | {100 * after_mean:.1f} | | {100 * peer:.1f} | |")


def mixture(base: Library, sets: dict[str, Judged], options: argparse.Namespace) -> None:
    rows: dict[str, list[tuple[float, float, float]]] = {name: [] for name in sets}
    for seed in range(options.seeds):
        parts: list[Table] = []
        learned: list[Preference] = []
        tests = {}
        for name, (preferences, table) in sets.items():
            train, test = dealt(preferences, options.mixture, seed)
            parts.append(table.take(train))
            learned += [preferences[i] for i in train]
            tests[name] = table.take(test)
        library, accepted = evolved(base, joined(parts), learned, seed=seed, draws=options.draws)
        print(f"seed {seed}: accepted {accepted or 'nothing'}", file=sys.stderr, flush=True)
        for name, test_table in tests.items():
            peer = plain(joined(parts), test_table).mean()
            rows[name].append((credit(base, test_table).mean(), credit(library, test_table).mean(), peer))
    print("| set | before | after, one library for all | one plain judge |\n|---|---|---|---|")
    for name, told in rows.items():
        print(f"| {name} | " + " | ".join(f"{100 * value:.1f}" for value in np.mean(told, 0)) + " |")
    means_of_all = np.mean([np.mean(told, 0) for told in rows.values()], 0)
    print(f"| mean of {len(rows)} | " + " | ".join(f"{100 * value:.1f}" for value in means_of_all) + " |")


if __name__ == "__main__":
    main()
