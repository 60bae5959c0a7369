"""verl 0.9.1: its reward loop with each of its reward managers, and with ours, on a real `DataProto`."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
import torch
import verl
from hydra import compose, initialize_config_dir
from tiny_policy import words
from verl import DataProto
from verl.experimental.reward_loop.reward_loop import RewardLoopManager, RewardLoopWorker, migrate_legacy_reward_impl

from rubrica.errors import UnscoredError

QUESTION = "What is 12 * 13? Answer in at most 5 words."
ANSWERS = ["It is 156.", "157", "I cannot tell.", "It is 156, and I am quite sure about that, really."]
LENGTH = 12
OURS = "pkg://rubrica.adapters.verl"
Judged = Callable[..., list[float | str]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a folder with a tokenizer, as `actor_rollout_ref.model.path`."""
    folder = tmp_path_factory.mktemp("model")
    words([QUESTION, *ANSWERS]).save_pretrained(folder)
    return str(folder)


def config(model: str, *settings: str) -> Any:
    """Compose verl's own configuration with the reward's settings on its command line."""
    with initialize_config_dir(str(Path(verl.__file__).parent / "trainer" / "config"), version_base=None):
        composed = compose("ppo_trainer", [f"actor_rollout_ref.model.path={model}", *settings])
    return migrate_legacy_reward_impl(composed)


def function(name: str = "compute_score") -> list[str]:
    return [f"reward.custom_reward_function.path={OURS}", f"reward.custom_reward_function.name={name}"]


MANAGER = [
    "reward.reward_manager.source=importlib",
    "reward.reward_manager.name=RubricaRewardManager",
    f"reward.reward_manager.module.path={OURS}",
]


def batch(model: str, question: str = QUESTION) -> DataProto:
    """Return finished rollouts: padded responses, and the columns of a row as verl's data set has them."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model)
    ids = [tokenizer(answer)["input_ids"] for answer in ANSWERS]
    responses = torch.tensor([row + [tokenizer.pad_token_id] * (LENGTH - len(row)) for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (LENGTH - len(row)) for row in ids])
    prompts = torch.tensor([tokenizer(QUESTION)["input_ids"]] * len(ids))
    columns: dict[str, list[object]] = {
        "data_source": ["my/sums"] * len(ids),
        "reward_model": [{"style": "rule", "ground_truth": "156"} for _ in ids],
        "extra_info": [{"index": i, "question": question} for i in range(len(ids))],
        "raw_prompt": [[{"role": "user", "content": question}] for _ in ids],
    }
    return DataProto.from_dict(
        tensors={
            "prompts": prompts,
            "responses": responses,
            "attention_mask": torch.cat([torch.ones_like(prompts), mask], dim=1),
        },
        non_tensors={name: np.fromiter(column, dtype=object) for name, column in columns.items()},
    )


def expected(judged: Judged) -> list[float]:
    samples = [{"prompt": QUESTION, "completion": answer, "reference": "156"} for answer in ANSWERS]
    return [float(number) for number in judged(samples, "pointwise")]


def loop(settings: Any, data: DataProto) -> list[dict[str, Any]]:
    """Score a batch as one of verl's reward workers does, without Ray around it."""

    async def scored() -> list[dict[str, Any]]:
        return await RewardLoopWorker(settings).compute_score_batch(data)

    return asyncio.run(scored())


WAYS = {
    "naive": [*function(), "reward.reward_manager.name=naive"],
    "dapo": [*function(), "reward.reward_manager.name=dapo"],
    "gdpo": [*function(), "reward.reward_manager.name=gdpo"],
    "rate_limited": [*function(), "reward.reward_manager.name=rate_limited", "+reward.max_concurrent=8"],
    "blocking": [*function("compute_score_blocking"), "reward.reward_manager.name=naive"],
    "ours": MANAGER,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_reward_manager_gives_our_numbers(way: str, model: str, service: str, judged: Judged) -> None:
    told = loop(config(model, *WAYS[way]), batch(model))
    assert [each["reward_score"] for each in told] == pytest.approx(expected(judged), abs=1e-9)
    assert [each["reward_extra_info"]["judge_ok"] for each in told] == [1.0] * len(ANSWERS)
    assert len({tuple(each["reward_extra_info"]) for each in told}) == 1


@pytest.mark.parametrize("way", ["naive", "ours"])
def test_completions_of_a_prompt_are_joined_to_their_group(
    way: str, model: str, service: str, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REWARD_RUN", f"verl-{way}")
    monkeypatch.setenv("REWARD_GROUP_SIZE", str(len(ANSWERS)))
    told = loop(config(model, *WAYS[way]), batch(model))
    samples = [{"prompt": QUESTION, "completion": answer, "reference": "156"} for answer in ANSWERS]
    assert [each["reward_score"] for each in told] == pytest.approx(judged(samples, "group"), abs=1e-9)
    assert [each["reward_extra_info"]["judge_group"] for each in told] == [1.0] * len(ANSWERS)


@pytest.mark.parametrize("way", ["naive", "dapo", "gdpo", "blocking", "ours"])
def test_an_outage_stops_the_step(way: str, model: str, down: None) -> None:
    with pytest.raises(UnscoredError, match="outage"):
        loop(config(model, *WAYS[way]), batch(model))


def test_the_rate_limited_manager_makes_zero_of_an_outage(model: str, down: None) -> None:
    """Why docs/trainers.md advises against it: the zero is verl's, and only `error` tells."""
    told = loop(config(model, *WAYS["rate_limited"]), batch(model))
    assert [each["reward_score"] for each in told] == [0.0] * len(ANSWERS)
    assert all("outage" in each["reward_extra_info"]["error"] for each in told)


@pytest.mark.parametrize("way", WAYS)
def test_the_users_number_is_marked_and_the_keys_stay_the_same(
    way: str, model: str, service: str, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REWARD_ON_UNSCORED", "-1")
    data = batch(model)
    unreadable = [{"role": "king", "content": QUESTION}]
    data.non_tensor_batch["extra_info"][0]["question"] = unreadable
    data.non_tensor_batch["raw_prompt"][0] = unreadable
    told = loop(config(model, *WAYS[way]), data)
    assert (told[0]["reward_score"], told[0]["reward_extra_info"]["judge_ok"]) == (-1.0, 0.0)
    assert [each["reward_score"] for each in told[1:]] == pytest.approx(expected(judged)[1:], abs=1e-9)
    assert len({tuple(each["reward_extra_info"]) for each in told}) == 1


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("REWARD_DEADLINE", "0.2")


@pytest.fixture(scope="module")
def cluster(url: str) -> Iterator[None]:
    """Start Ray; its workers are told where the service is as verl's users tell them."""
    ray.init("local", num_cpus=4, include_dashboard=False, runtime_env={"env_vars": {"REWARD_URL": url}})
    yield
    ray.shutdown()


@pytest.mark.parametrize("way", ["naive", "remote", "ours"])
@pytest.mark.usefixtures("cluster")
def test_rewards_stand_at_the_last_token_of_each_response(way: str, model: str, judged: Judged) -> None:
    """The whole reward loop: Ray workers, the tensor of rewards, the extra columns."""
    remote = [*function("compute_score_blocking"), "reward.reward_manager.name=remote"]
    settings = config(model, "reward.num_workers=1", *(remote if way == "remote" else WAYS[way]))
    data = batch(model)
    manager = RewardLoopManager(settings)
    scored = manager.compute_rm_score(data)
    for worker in manager.reward_loop_workers:
        ray.kill(worker)
    last = data.batch["attention_mask"][:, -LENGTH:].sum(dim=1) - 1
    placed = torch.zeros(len(ANSWERS), LENGTH)
    placed[torch.arange(len(ANSWERS)), last] = torch.tensor(expected(judged), dtype=torch.float32)
    assert torch.allclose(scored.batch["rm_scores"], placed, atol=1e-6)
    assert scored.meta_info["reward_extra_keys"] == ["score", "judge_ok", "judge_group"]
    assert scored.non_tensor_batch["judge_ok"].tolist() == [1.0] * len(ANSWERS)
