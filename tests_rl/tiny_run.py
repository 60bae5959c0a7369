"""Three optimiser steps of a real TRL trainer on a model that is built on the spot, and what came of them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from tiny_policy import policy, words
from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

PROMPTS = [
    "Name fruits. Answer in at most 4 words.",
    "Name fruits. Do not use any commas.",
    "Is water wet? Answer yes or no.",
    "What is 2 + 3 ?",
]
SAID = "yes no 5 It is apple pear, plum, fig kiwi, lemon grape and I like"
GROUP, STEPS = 4, 3
TRAINERS: dict[str, tuple[Any, Any]] = {"grpo": (GRPOTrainer, GRPOConfig), "rloo": (RLOOTrainer, RLOOConfig)}


@dataclass
class Told:
    """What the trainer logged, what the completions were, and whether the policy moved."""

    log: list[dict[str, float]]
    said: list[list[tuple[str, str]]]
    """Prompt and completion of every sample, call by call."""
    moved: bool
    finite: bool


@dataclass
class Watcher:
    """A second reward that only looks: it never has a number, so that what the first one leaves out is left out."""

    said: list[list[tuple[str, str]]] = field(default_factory=list)
    __name__ = "watcher"

    def __call__(self, prompts: Sequence[Any], completions: Sequence[Any], **_: object) -> list[None]:
        self.said.append([(text(prompt), text(said)) for prompt, said in zip(prompts, completions, strict=True)])
        return [None] * len(prompts)


def text(turns: Any) -> str:
    return turns if isinstance(turns, str) else turns[-1]["content"]


def rows(kind: str, **columns: Sequence[object]) -> Dataset:
    """Return a data set of the prompts, as text or as chats, with further columns."""
    prompts = [[{"role": "user", "content": each}] if kind == "chat" else each for each in PROMPTS]
    return Dataset.from_list(
        [
            {"prompt": prompt, **{name: column[i] for name, column in columns.items()}}
            for i, prompt in enumerate(prompts)
        ]
    )


def run(
    trainer: str,
    reward: Callable[..., Any],
    data: Dataset,
    folder: Path,
    *,
    other: Callable[..., Any] | None = None,
    **options: Any,
) -> Told:
    """Train for three steps with the reward as TRL's user would pass it, alone or beside another one."""
    train_with, configure = TRAINERS[trainer]
    tokenizer = words([SAID, *PROMPTS])
    model, watcher = policy(tokenizer, seed=1), Watcher()
    before = {name: weights.detach().clone() for name, weights in model.named_parameters()}
    settings = {
        "max_steps": STEPS,
        "per_device_train_batch_size": 2 * GROUP,
        "num_generations": GROUP,
        "max_completion_length": 8,
        "learning_rate": 1e-3,
        "beta": 0.0,
        "logging_steps": 1,
        "report_to": "none",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "save_strategy": "no",
        "disable_tqdm": True,
        **options,
    }
    trained = train_with(
        model=model,
        processing_class=tokenizer,
        reward_funcs=[reward, other or watcher],
        train_dataset=data,
        args=configure(output_dir=str(folder), **settings),
    )
    trained.train()
    after = dict(trained.accelerator.unwrap_model(trained.model).named_parameters())
    log = [line for line in trained.state.log_history if "reward" in line]
    return Told(
        log=log,
        said=watcher.said,
        moved=any(not torch.equal(before[name], after[name]) for name in before),
        finite=all(math.isfinite(line["grad_norm"]) for line in log)
        and all(bool(torch.isfinite(weights).all()) for weights in after.values()),
    )
