"""Answers what the reward function gives in the judge's own environment: a line of samples in, a line of numbers or
reasons out.
"""

import json
import sys

from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reward import RewardFunction
from rubrica.samples import Sample
from rubrica.types import Unscored


def main() -> None:
    with RewardFunction(Plan(library=seed_library(), sandbox="none")) as reward:
        for line in sys.stdin:
            mode, samples = json.loads(line)
            results = reward.using(mode=mode).score_batch([Sample(**sample) for sample in samples])
            told = [result.reason if isinstance(result, Unscored) else result.shaped for result in results]
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
