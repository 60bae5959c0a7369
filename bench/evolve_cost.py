"""What evolving costs in judgements, against judging everything anew for every proposal, on the same data and edits.

    python bench/evolve_cost.py [FILE] [--train 100] [--test 0.25] [--seed 0]

Ours: a case is judged again only when an edit asks it something new. RewardHarness: every round judges the train cases
with the current library, and every proposal judges the gate cases with the edited one (arXiv 2605.08703); here both are
the train cases, since ours are cross-fitted. Both sides see the same proposals. One judgement = one case judged once.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import tempfile
from pathlib import Path

from rubrica.data.demo import demo_path
from rubrica.evolution.evolve import Means, evolve
from rubrica.evolution.run import Options


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", default=str(demo_path()))
    parser.add_argument("--train", type=int, default=None)
    parser.add_argument("--test", type=float, default=0.25, help="share of the cases that is kept for the test")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sandbox", default="none")
    given = parser.parse_args()
    options = Options(data=given.file, train=given.train, test_share=given.test, seed=given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        report = evolve(Path(scratch) / "library", options, Means.offline(sandbox=given.sandbox))
    tried = sum(decision.outcome in ("accepted", "rejected") for decision in report.decisions)
    anew = report.train * (1 + len(report.decisions) + tried)  # before, each round's train, each tested proposal
    print(f"{report.train} train cases, {len(report.decisions)} proposals, {tried} tested, {report.accepted} accepted")
    for name, judged in (("judged anew every time", anew), ("judged when it matters", report.judged)):
        each = f"{judged / report.accepted:>9.1f} per accepted edit" if report.accepted else "    no edit was accepted"
        print(f"{name}  {judged:>7}  {each}")
    print(f"ratio {anew / max(report.judged, 1):.1f}")


if __name__ == "__main__":
    main()
