"""Tinker cookbook: a `PreferenceModel` that compares two completions of one conversation, and a reward for a group.

`PreferenceModel.__call__(comparison)` is in [-1, 1], +1 = completion B is better: P(B) - P(A) under the judge's latent
scores. A comparison without a verdict raises.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rubrica.adapters.client import Client
from rubrica.errors import ReasonerError, UnscoredError


@dataclass(frozen=True)
class RubricaPreferenceModel:
    """Compares completions with the reward service; picklable, as environment builders must be."""

    client: Client = field(default_factory=Client.from_env)

    async def __call__(self, comparison: Any) -> float:
        """Return P(B beats A) - P(A beats B).

        Raises:
            UnscoredError: there is no verdict.
        """
        shown = [_text(comparison.completion_A), _text(comparison.completion_B)]
        body = {"prompt": _messages(comparison.prompt_conversation), "candidates": shown}
        try:
            verdict = await self.client.apost("/v1/judge", body)
        except ReasonerError as error:
            raise UnscoredError(error.reason, str(error)) from error
        return float(verdict["win"][1][0] - verdict["win"][0][1])


async def group_rewards(
    prompt: Sequence[Mapping[str, object]], completions: Sequence[str], client: Client | None = None
) -> list[tuple[float, dict[str, float]]]:
    """Return what `EnvGroupBuilder.compute_group_rewards` has to: a reward and metrics for each completion.

    Raises:
        UnscoredError: one has no verdict, and no number was chosen for that.
    """
    samples = [{"prompt": _messages(prompt), "completion": completion} for completion in completions]
    answers = await (client or Client.from_env()).ascore(samples)
    return [(answer.number(), {"judge_ok": float(answer.ok)}) for answer in answers]


def _messages(turns: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    return [{"role": turn["role"], "content": turn["content"]} for turn in turns]


def _text(completion: Any) -> object:
    return completion if isinstance(completion, str) else _messages(completion)
