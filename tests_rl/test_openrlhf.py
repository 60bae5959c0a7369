"""OpenRLHF 0.11.2: its executor asks our service and our reward file, and its generator makes tensors of the answer.

The engine that would generate is stood in for: it says what the test wants it to say.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest
import torch
from byte_tokens import byte_tokenizer
from openrlhf.utils.agent import SingleTurnAgentExecutor
from serving import serving

QUESTION = "What is 12 * 13? Answer in at most 5 words."
PROMPT = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
ANSWERS = ["It is 156.", "157", "I cannot tell.", "It is 156, and I am quite sure about that, really."]
FILE = str(Path(__file__).parent.parent / "examples" / "openrlhf_reward.py")
Judged = Callable[..., list[float | str]]


TOKENIZER = byte_tokenizer()


class Engine:
    """Says one answer after another."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = iter(answers)

    async def generate(self, prompt_ids: list[int], params: object, **_: object) -> Any:
        said = next(self.answers)
        ids = TOKENIZER(f"{said}<|im_end|>")["input_ids"]
        return SimpleNamespace(outputs=[SimpleNamespace(token_ids=ids, text=said, finish_reason="stop", logprobs=None)])


def rollouts(where: str | list[str], *, length: int = 512) -> list[dict[str, Any]]:
    """Run every answer through OpenRLHF's executor at once, as its generator does."""

    async def all_of_them() -> list[dict[str, Any]]:
        executor, engine = SingleTurnAgentExecutor(where), Engine(ANSWERS)
        params = SimpleNamespace(max_tokens=128, logprobs=None)
        return await asyncio.gather(
            *(executor.execute(PROMPT, "156", params, length, TOKENIZER, engine) for _ in ANSWERS)
        )

    return asyncio.run(all_of_them())


def samples() -> list[dict[str, object]]:
    """Return what the judge should see: the prompt without its markers, the answers without special tokens."""
    return [{"prompt": QUESTION, "completion": answer, "reference": "156"} for answer in ANSWERS]


@pytest.fixture
def experience(monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], Any]:
    """Return what makes an `Experience` of a rollout. It imports Ray and vLLM, which are not used here."""
    for name in ("ray", "vllm", "openrlhf.trainer.ray.vllm_engine"):
        monkeypatch.setitem(sys.modules, name, MagicMock())
    from openrlhf.trainer.ppo_utils.samples_generator import SamplesGenerator

    return SamplesGenerator.__new__(SamplesGenerator)._process_response_into_experience


@pytest.mark.parametrize("how", ["service", "file"])
def test_the_executor_gets_our_numbers(
    how: str, service: str, judged: Judged, experience: Callable[[dict[str, Any]], Any]
) -> None:
    told = rollouts(f"{service}/get_reward" if how == "service" else FILE)
    expected = [float(number) for number in judged(samples(), "pointwise")]
    assert len(set(expected)) > 1
    for each, number in zip(told, expected, strict=True):
        made = experience(each)
        assert made.rewards.numel() == made.scores.numel() == 1
        assert made.rewards.item() == pytest.approx(number, abs=1e-6)
        assert made.scores.item() == pytest.approx(number, abs=1e-6)
        assert made.info["judge_ok"].item() == 1.0
        assert torch.isfinite(made.info["reward"]).all()


def test_a_prompt_that_lost_its_head_gives_a_number_for_the_answer_alone(service: str) -> None:
    """The generator cuts long prompts at the left; what reaches the judge as the answer is the answer."""
    whole, cut = rollouts(f"{service}/get_reward"), rollouts(f"{service}/get_reward", length=128 + 40)
    assert len(cut[0]["observation_tokens"]) < len(whole[0]["observation_tokens"])
    assert [each["reward"] for each in cut] == [each["reward"] for each in whole]


def test_completions_of_a_prompt_are_joined_to_their_group(service: str, judged: Judged) -> None:
    told = rollouts(f"{service}/get_reward?run=rlhf&group_size={len(ANSWERS)}")
    expected = [float(number) for number in judged(samples(), "group")]
    assert [each["reward"][0] for each in told] == pytest.approx(expected, abs=1e-9)


def test_two_services_take_turns(url: str, judged: Judged) -> None:
    with serving() as (other, _):
        told = rollouts([f"{url}/get_reward", f"{other}/get_reward"])
    assert [each["reward"][0] for each in told] == pytest.approx(judged(samples(), "pointwise"), abs=1e-9)


@pytest.mark.usefixtures("down")
def test_an_outage_is_no_number(caplog: pytest.LogCaptureFixture) -> None:
    """OpenRLHF swallows the exception: the reward is missing, never low, and our log says why."""
    told = rollouts(FILE)
    assert [each["reward"] for each in told] == [None] * len(ANSWERS)
    assert "no reward for 1 samples" in caplog.text


@pytest.mark.usefixtures("down")
def test_the_users_number_is_marked(
    monkeypatch: pytest.MonkeyPatch, experience: Callable[[dict[str, Any]], Any]
) -> None:
    monkeypatch.setenv("REWARD_ON_UNSCORED", "-1")
    made = [experience(each) for each in rollouts(FILE)]
    assert [(each.rewards.item(), each.info["judge_ok"].item()) for each in made] == [(-1.0, 0.0)] * len(ANSWERS)


@pytest.fixture
def down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("REWARD_DEADLINE", "0.2")
