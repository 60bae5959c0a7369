"""Answers what the reward function gives in the judge's own environment: a line of samples in, a line of numbers or
reasons out. In mode `win` the samples are two completions of a prompt: P(second beats first) - P(first beats second).
"""

import asyncio
import json
import sys

from rubrica.data.read import read_row
from rubrica.data.rows import BadRow
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reward import RewardFunction
from rubrica.samples import Sample
from rubrica.types import Unscored


def scored(reward: RewardFunction, mode: str, samples: list[dict[str, object]]) -> list[float | str]:
    if mode == "win":
        return [won(reward, samples)]
    results = reward.using(mode=mode).score_batch([Sample(**sample) for sample in samples])
    return [result.reason if isinstance(result, Unscored) else result.shaped for result in results]


def won(reward: RewardFunction, samples: list[dict[str, object]]) -> float | str:
    row = read_row({"prompt": samples[0]["prompt"], "candidates": [sample["completion"] for sample in samples]})
    assert not isinstance(row, BadRow)
    verdict = asyncio.run(reward.judge(row.case))
    return verdict.reason if isinstance(verdict, Unscored) else verdict.win[1][0] - verdict.win[0][1]


def main() -> None:
    with RewardFunction(Plan(library=seed_library(), sandbox="none")) as reward:
        for line in sys.stdin:
            print(json.dumps(scored(reward, *json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
