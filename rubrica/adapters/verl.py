"""verl: `reward.custom_reward_function` = {path: pkg://rubrica.adapters.verl, name: compute_score}.

verl hands over no prompt: put it into `extra_info["question"]`, or use the reward manager below, which reads it
(`reward.reward_manager` = {source: importlib, name: RubricaRewardManager, module: {path: pkg://rubrica.adapters.verl}}).
Its `remote` manager takes `compute_score_blocking`. Its `rate_limited` manager makes 0.0 of every error: use another
one, the client bounds its requests by itself. verl cannot skip a sample, so one without a verdict is an error unless
REWARD_ON_UNSCORED names a number.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from rubrica.adapters.client import Answer, Client
from rubrica.errors import ConfigError


async def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: object,
    extra_info: Mapping[str, Any] | None = None,
    **settings: object,
) -> dict[str, float]:
    """Score one sample; `settings` are verl's `reward_kwargs` and override the environment.

    Raises:
        ConfigError: `extra_info` holds no prompt.
        UnscoredError: there is no verdict, and no number was chosen for that.
    """
    del data_source
    prompt = next((extra_info[key] for key in ("question", "prompt") if extra_info and extra_info.get(key)), None)
    if prompt is None:
        raise ConfigError("verl passes no prompt: put it into extra_info['question'], or use RubricaRewardManager")
    return await score(Client.from_env(**settings), prompt, solution_str, ground_truth)


def compute_score_blocking(
    data_source: str,
    solution_str: str,
    ground_truth: object,
    extra_info: Mapping[str, Any] | None = None,
    **settings: object,
) -> dict[str, float]:
    """`compute_score` for verl's `remote` reward manager, which takes no coroutine."""
    return asyncio.run(compute_score(data_source, solution_str, ground_truth, extra_info, **settings))


async def score(client: Client, prompt: object, solution: str, ground_truth: object) -> dict[str, float]:
    """Score one sample and return the same keys whatever comes: verl takes them from the first of a batch."""
    reference = ground_truth if isinstance(ground_truth, str) and ground_truth.strip() else None
    (answer,) = await client.ascore([{"prompt": prompt, "completion": solution, "reference": reference}])
    return _numbers(answer)


def _numbers(answer: Answer) -> dict[str, float]:
    return {"score": answer.number(), "judge_ok": float(answer.ok), "judge_group": float(answer.mode == "group")}


def _manager() -> type:
    """Build the manager's class: its base is verl's, which only verl's environment has."""
    from verl.experimental.reward_loop.reward_manager.base import RewardManagerBase

    class RubricaRewardManager(RewardManagerBase):  # type: ignore[misc]  # verl is not installed where types are checked
        """Scores each sample with its prompt, `non_tensor_batch["raw_prompt"]`."""

        def __init__(self, config: Any, tokenizer: Any, compute_score: Any = None, **_: Any) -> None:
            super().__init__(config, tokenizer, compute_score)
            self.client = Client.from_env()

        async def run_single(self, data: Any) -> dict[str, Any]:
            item = data[-1:][0]
            response = item.batch["responses"]
            length = int(item.batch["attention_mask"][-response.shape[-1] :].sum())
            text = self.tokenizer.decode(response[:length], skip_special_tokens=True)
            prompt = item.non_tensor_batch["raw_prompt"]
            truth = item.non_tensor_batch.get("reward_model", {}).get("ground_truth")
            numbers = await score(self.client, prompt, text, truth)
            return {"reward_score": numbers["score"], "reward_extra_info": numbers}

    return RubricaRewardManager


def __getattr__(name: str) -> object:
    if name == "RubricaRewardManager":
        globals()[name] = found = _manager()
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
