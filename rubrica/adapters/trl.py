"""TRL: GRPO and RLOO (`reward_funcs=[reward]`, or `areward` to overlap with other rewards), Online DPO (`reward`).

Completions without a verdict are None, which TRL leaves out of the sum. With several ranks a prompt's completions may
be split between calls: set REWARD_RUN and REWARD_GROUP_SIZE (= num_generations), and the service joins them again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rubrica.adapters.client import Answer, Client

COLUMNS = ("reference", "context", "tests")
"""Data set columns that the judge is given where they are there."""


@dataclass(frozen=True)
class TRLReward:
    """A reward function with settings of its own; picklable."""

    client: Client = field(default_factory=Client.from_env)
    __name__ = "rubrica"

    def __call__(
        self, prompts: Sequence[object], completions: Sequence[object], **columns: object
    ) -> list[float | None]:
        return _told(self.client.score(_samples(prompts, completions, columns)), columns)


@dataclass(frozen=True)
class AsyncTRLReward:
    """The same for TRL's asynchronous rewards."""

    client: Client = field(default_factory=Client.from_env)
    __name__ = "rubrica"

    async def __call__(
        self, prompts: Sequence[object], completions: Sequence[object], **columns: object
    ) -> list[float | None]:
        return _told(await self.client.ascore(_samples(prompts, completions, columns)), columns)


def reward(prompts: Sequence[object], completions: Sequence[object], **columns: object) -> list[float | None]:
    """Score one local batch; configured from the environment, so `--reward_funcs rubrica.adapters.trl.reward` works."""
    return TRLReward()(prompts, completions, **columns)


async def areward(prompts: Sequence[object], completions: Sequence[object], **columns: object) -> list[float | None]:
    """`reward` for TRL's event loop."""
    return await AsyncTRLReward()(prompts, completions, **columns)


def _samples(
    prompts: Sequence[object], completions: Sequence[object], columns: Mapping[str, object]
) -> list[dict[str, object]]:
    known = {
        name: column
        for name in COLUMNS
        if isinstance(column := columns.get(name), list | tuple) and len(column) == len(prompts)
    }
    return [
        {"prompt": prompt, "completion": completion, **{name: column[i] for name, column in known.items()}}
        for i, (prompt, completion) in enumerate(zip(prompts, completions, strict=True))
    ]


def _told(answers: Sequence[Answer], columns: Mapping[str, object]) -> list[float | None]:
    log_extra, log_metric = columns.get("log_extra"), columns.get("log_metric")
    if callable(log_extra):
        log_extra("rubrica_unscored", [answer.reason for answer in answers])
    if callable(log_metric):
        log_metric("rubrica/judge_ok", sum(answer.ok for answer in answers) / max(len(answers), 1))
    return [answer.value for answer in answers]
