"""Count how often each criterion of the seed library prefers the right answer, where it tells candidates apart.

    python bench/criteria.py FILE... [--skills sound-reasoning final-answer] [--sandbox none]

A case counts once: by the share of its pairs of a right and a wrong candidate that the criterion orders rightly, of
those that it tells apart. `looked at` are the cases with sha256(id) % 3 == 0, which may be read while tools are made.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from pydantic import TypeAdapter

from rubrica.data.read import read
from rubrica.data.rows import Row
from rubrica.evals.runner import is_fitting_third
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan, judge_rows
from rubrica.types import Judgement, Unscored, Verdict

Told = dict[str, dict[bool, list[float]]]
"""Criterion -> looked at or not -> the share of pairs ordered rightly, case by case."""

_JUDGEMENT: TypeAdapter[Verdict | Unscored] = TypeAdapter(Judgement)


def main() -> None:
    parser = argparse.ArgumentParser(description="How often each criterion is right where it tells candidates apart.")
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--skills", nargs="+", default=["sound-reasoning", "final-answer"])
    parser.add_argument("--sandbox", default="none")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    rows = [row for path in options.files for row in read(path) if isinstance(row, Row)]
    plan = Plan(library=seed_library(), sandbox=options.sandbox)
    told: Told = defaultdict(lambda: {True: [], False: []})
    for row, judged in zip(rows, judge_rows(plan, (row.case for row in rows), workers=options.workers), strict=True):
        verdict = _JUDGEMENT.validate_json(judged.json)
        if isinstance(verdict, Verdict) and row.label is not None and len(row.case.candidates) > 1:
            for criterion, share in shares(verdict, row.label.winners):
                if criterion.partition("/")[0] in options.skills:
                    told[criterion][is_fitting_third(row.case.id)].append(share)
    print("| criterion | looked at | other 2/3 |\n| --- | ---: | ---: |")
    for criterion, parts in sorted(told.items(), key=lambda item: -_mean(item[1][True] + item[1][False])):
        print(f"| {criterion.partition('/')[2]} | {_shown(parts[True])} | {_shown(parts[False])} |")


def shares(verdict: Verdict, winners: frozenset[int]) -> Iterator[tuple[str, float]]:
    """Yield each criterion that tells right from wrong candidates, with the share of such pairs it orders rightly."""
    grades = {(found.criterion, found.candidate): found.grade for found in verdict.findings if found.grade is not None}
    names = [score.candidate for score in verdict.scores]
    for criterion in sorted({criterion for criterion, _ in grades}):
        known = [grades.get((criterion, name)) for name in names]
        gaps = [
            right - wrong
            for i, right in enumerate(known)
            for j, wrong in enumerate(known)
            if i in winners and j not in winners and right is not None and wrong is not None and right != wrong
        ]
        if gaps:
            yield criterion, sum(gap > 0 for gap in gaps) / len(gaps)


def _mean(shares: list[float]) -> float:
    return sum(shares) / len(shares) if shares else 0.0


def _shown(shares: list[float]) -> str:
    return f"{100 * _mean(shares):.0f}% of {len(shares)}" if shares else ""


if __name__ == "__main__":
    main()
