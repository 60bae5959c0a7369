"""RewardHarness's protocol beside ours: one file, one split, one endpoint, one table on the same test cases.

    python bench/rewardharness.py DATA --model NAME --api-base URL [--rounds 8] [--gate strict] [--keep FOLDER]

Both evolve the seed library: ours with `rubrica evolve`, theirs with `rubrica evolve --preset rewardharness`. The split
is the same for both; theirs deals its cases to learn from once more, 60/40, into train and gate. Then one `rubrica
eval` measures, on the test cases, the seed and our evolved library with our judge, and the seed and its evolved library
with its chain, each case in both orders. Every command is printed before it runs.
"""

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from rubrica.data.write import to_row
from rubrica.evolution.run import Run


def rubrica(*arguments: object, show: bool = False) -> None:
    """Run a command; its output goes to standard error unless it is to be shown."""
    words = [str(argument) for argument in arguments]
    print("$", shlex.join(["rubrica", *words]), file=sys.stderr, flush=True)
    out = None if show else sys.stderr
    subprocess.run([sys.executable, "-m", "rubrica.cli", *words], check=True, stdout=out)


def compare(given: argparse.Namespace, extra: list[str], folder: Path) -> None:
    means = ["--model", given.model, "--api-base", given.api_base, "--cache", folder / "responses.sqlite", *extra]
    ours, theirs = folder / "ours", folder / "rewardharness"
    share = ["--seed", given.seed, "--rounds", given.rounds]
    rubrica("evolve", given.data, "--library", ours, *share, *means)
    rubrica(
        "evolve", given.data, "--preset", "rewardharness", "--gate", given.gate, "--library", theirs, *share, *means
    )
    tests = []
    for library in (ours, theirs):
        with Run.open(library / ".rubrica" / "runs" / "0001") as run:
            tests.append(run.cases("test"))
    if tests[0] != tests[1]:
        raise SystemExit("the two runs were not given the same test cases")
    pairs = [preference for preference in tests[0] if len(preference.case.candidates) == 2]
    print(f"{len(pairs)} pairs of {len(tests[0])} test cases; the chain judges no others", file=sys.stderr)
    kept = folder / "test.jsonl"
    kept.write_text("".join(json.dumps(to_row(preference)) + "\n" for preference in pairs), encoding="utf-8")
    versions = ["--library", "seed", "--library", ours, "--chain", "seed", "--chain", theirs]
    rubrica("eval", kept, *versions, "--markdown", "--no-progress", *means, show=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--api-base", required=True)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--gate", default="strict", help="theirs: strict (its paper) or margin:0.075 (its code)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for libraries, runs and replies [default: none is kept]")
    given, extra = parser.parse_known_args()  # such as --effort, --sandbox, --concurrency
    if given.keep:
        compare(given, extra, given.keep)
        return
    with tempfile.TemporaryDirectory() as scratch:
        compare(given, extra, Path(scratch))


if __name__ == "__main__":
    main()
