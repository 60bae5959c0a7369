"""Whether a policy learns what the prompt asks for from our reward: real TRL GRPO, a tiny model, several seeds.

    .venv-rl/trl/bin/python bench/learning.py [--seeds 5] [--steps 160] [--svg docs/learning.svg]

One untrained model of a few thousand weights is asked for fruits under three constraints, and is rewarded by the
embedded judge with the seed library, each completion alone. Whether a completion keeps its constraint is counted by a
rule of this file, not by the judge. Two controls train in the same way: `shuffled` is given the same numbers in random
order, and in `unsaid` the judge is shown the prompt without its constraint.
"""

import argparse
import contextlib
import io
import os
import random
import re
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_VERBOSITY="error")
warnings.simplefilter("ignore")

import torch
from curves import Curve, chart
from datasets import Dataset
from tiny_policy import policy, words
from trl import GRPOConfig, GRPOTrainer

from rubrica import RewardFunction
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan

ASK = "Name fruits that you like."
TASKS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "no commas": (f"{ASK} Do not use any commas.", lambda text: "," not in text),
    "at most 4 words": (f"{ASK} Answer in at most 4 words.", lambda text: 1 <= len(re.findall(r"\w+", text)) <= 4),
    "plum twice": (
        f"{ASK} Include the word plum at least twice.",
        lambda text: re.findall(r"\w+", text).count("plum") > 1,
    ),
}
FRUITS = ("apple", "pear", "plum", "fig", "kiwi", "lemon", "grape", "melon")
VOCABULARY = [*FRUITS, *(f"{fruit}," for fruit in FRUITS), "I like and"]
ARMS = {"rewarded": "#0b6e4f", "shuffled": "#c1440e", "unsaid": "#5b5f97"}
GROUP, EDGE = 8, 10
"""Completions of a prompt, and the steps at each end of a run that the table compares."""


@dataclass
class Seen:
    """A reward of one arm, and what it saw of the run."""

    arm: str
    judge: RewardFunction
    rng: random.Random
    rewards: list[list[float]] = field(default_factory=list)
    kept: list[dict[str, list[bool]]] = field(default_factory=list)
    __name__ = "rubrica"

    def __call__(self, prompts: Sequence[Any], completions: Sequence[Any], **columns: Any) -> list[float | None]:
        asked = [prompt[-1]["content"] for prompt in prompts]
        said = [completion[-1]["content"] for completion in completions]
        kept: dict[str, list[bool]] = {name: [] for name in TASKS}
        for prompt, text in zip(asked, said, strict=True):
            name = next(name for name, (wanted, _) in TASKS.items() if wanted == prompt)
            kept[name].append(TASKS[name][1](text))
        told = self.judge([ASK] * len(asked) if self.arm == "unsaid" else asked, said, **columns)
        if self.arm == "shuffled":
            self.rng.shuffle(told)
        self.kept.append(kept)
        self.rewards.append([value for value in told if value is not None])
        return told


def train(arm: str, seed: int, steps: int, judge: RewardFunction) -> Seen:
    """Train one policy and return what its reward saw."""
    tokenizer = words([*VOCABULARY, *(prompt for prompt, _ in TASKS.values())])
    seen = Seen(arm, judge, random.Random(seed))
    rows = [{"prompt": [{"role": "user", "content": prompt}]} for prompt, _ in TASKS.values()]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        GRPOTrainer(
            model=policy(tokenizer, seed=seed),
            processing_class=tokenizer,
            reward_funcs=[seen],
            train_dataset=Dataset.from_list(rows),
            args=GRPOConfig(
                output_dir=folder,
                max_steps=steps,
                per_device_train_batch_size=GROUP * len(rows),
                num_generations=GROUP,
                max_completion_length=10,
                learning_rate=5e-3,
                lr_scheduler_type="constant",
                seed=seed,
                use_cpu=True,
                bf16=False,
                gradient_checkpointing=False,
                report_to="none",
                save_strategy="no",
                disable_tqdm=True,
            ),
        ).train()
    return seen


def share(step: dict[str, list[bool]]) -> float:
    """Return the share of a step's completions that keep their constraint."""
    every = [each for kept in step.values() for each in kept]
    return sum(every) / len(every)


def smooth(series: Sequence[float]) -> list[float]:
    """Return the running mean over the last `EDGE` steps."""
    return [statistics.fmean(series[max(0, i - EDGE + 1) : i + 1]) for i in range(len(series))]


def ends(series: Sequence[float]) -> tuple[float, float]:
    """Return the means of the first and the last `EDGE` steps."""
    return statistics.fmean(series[:EDGE]), statistics.fmean(series[-EDGE:])


def told(pairs: Sequence[tuple[float, float]]) -> str:
    """Write the mean over seeds at both ends, with the range of the last, and in how many seeds it rose."""
    first, last = (statistics.fmean(pair[i] for pair in pairs) for i in (0, 1))
    least, most = min(pair[1] for pair in pairs), max(pair[1] for pair in pairs)
    rose = sum(after > before for before, after in pairs)
    return f"{first:.2f} to {last:.2f} ({least:.2f} to {most:.2f}; up in {rose}/{len(pairs)})"


def table(runs: dict[str, list[Seen]]) -> str:
    """Write the first and last steps of every arm as Markdown."""
    lines = ["| | " + " | ".join(runs) + " |", "| --- |" + " --- |" * len(runs)]
    cells = [told([ends([statistics.fmean(step) for step in run.rewards]) for run in arm]) for arm in runs.values()]
    lines.append("| mean reward | " + " | ".join(cells) + " |")
    for name in TASKS:
        kept = [
            told([ends([statistics.fmean(step[name]) for step in run.kept]) for run in arm]) for arm in runs.values()
        ]
        lines.append(f"| {name} | " + " | ".join(kept) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Train tiny policies on our reward and on two controls.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=160)
    parser.add_argument("--svg", type=Path, default=Path(__file__).parent.parent / "docs" / "learning.svg")
    options = parser.parse_args()
    torch.set_num_threads(1)
    began = time.monotonic()
    with RewardFunction(Plan(library=seed_library(), sandbox="none"), mode="pointwise") as judge:
        runs = {arm: [train(arm, seed, options.steps, judge) for seed in range(options.seeds)] for arm in ARMS}
    print(table(runs))
    print(f"\n{options.seeds} seeds, {options.steps} steps, {time.monotonic() - began:.0f} s")
    rewards = [
        Curve(arm, ARMS[arm], [smooth([statistics.fmean(step) for step in run.rewards]) for run in each])
        for arm, each in runs.items()
    ]
    kept = [
        Curve(arm, ARMS[arm], [smooth([share(step) for step in run.kept]) for run in each])
        for arm, each in runs.items()
    ]
    options.svg.write_text(
        chart([("mean reward", rewards), ("completions that keep their constraint", kept)], steps=options.steps)
    )
    print(f"wrote {options.svg}")


if __name__ == "__main__":
    main()
