"""ms-swift 4.6.0: our plugin in its registry, its samples and columns, its rewards and advantages."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from swift.rewards import orms
from swift.rl_core.advantage import compute_advantages
from swift.rl_core.data import GRPOSample
from swift.rl_core.grpo_algorithm import score_completions
from swift.rlhf_trainers.grpo_trainer import GRPOTrainer
from swift.utils.utils import import_external_file

PLUGIN = str(Path(__file__).parent.parent / "examples" / "swift_plugin.py")
PROMPTS = ["What is 12 * 13? Answer in at most 5 words.", "Name a fruit. Do not use any commas."]
ANSWERS = ["It is 156.", "157", "I cannot tell.", "It is 156, and I am quite sure about that, really."]
GROUP = len(ANSWERS)
CPU = torch.device("cpu")
Judged = Callable[..., list[float | str]]


def samples(**extra: list[object]) -> list[GRPOSample]:
    """Return the rollouts of two prompts, the answers of each in one row."""
    found = []
    for i, prompt in enumerate(PROMPTS):
        for j, answer in enumerate(ANSWERS):
            turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
            columns = {name: column[GROUP * i + j] for name, column in extra.items()}
            found.append(GRPOSample(messages=turns, prompt_id=str(i), request_id=f"{i}-{j}", extra=columns))
    return found


def rewards(rollouts: list[GRPOSample]) -> torch.Tensor:
    """Return the rewards as ms-swift gets them: plugin, registry, trainer, columns."""
    import_external_file(PLUGIN)
    trainer: Any = SimpleNamespace(
        args=SimpleNamespace(reward_weights=None),
        accelerator=SimpleNamespace(device=CPU),
        use_gym_env=False,
    )
    GRPOTrainer._prepare_rewards(trainer, ["rubrica"])
    assert trainer.reward_func_names == ["Rubrica"]
    return score_completions(rollouts, trainer.reward_funcs, trainer.reward_model_plugins, False, CPU)


def advantages(told: torch.Tensor) -> torch.Tensor:
    return compute_advantages(told, torch.ones(1), GROUP)[0]


def asked(references: list[object] | None = None) -> list[dict[str, object]]:
    pairs = [(prompt, answer) for prompt in PROMPTS for answer in ANSWERS]
    return [
        {"prompt": prompt, "completion": answer, "reference": references[i] if references else None}
        for i, (prompt, answer) in enumerate(pairs)
    ]


def test_the_plugin_registers_the_reward() -> None:
    import_external_file(PLUGIN)
    assert "rubrica" in orms


@pytest.mark.parametrize("references", [None, ["156"] * GROUP + ["plum"] * GROUP])
def test_rewards_are_our_numbers(references: list[object] | None, service: str, judged: Judged) -> None:
    told = rewards(samples(**({"solution": references} if references else {})))
    expected = [float(number) for number in judged(asked(references))]
    assert told.squeeze(1).tolist() == pytest.approx(expected, abs=1e-6)
    assert advantages(told).abs().max() > 0


def test_a_group_with_an_unscored_completion_teaches_nothing(service: str, judged: Judged) -> None:
    """ms-swift counts None as 0: with one None alone the others would be praised for an outage."""
    rollouts = samples()
    rollouts[1].messages = [{"role": "king", "content": PROMPTS[0]}, rollouts[1].messages[-1]]
    told = rewards(rollouts)
    expected = [float(number) for number in judged(asked())]
    assert told[:GROUP].isnan().all()
    assert told[GROUP:].squeeze(1).tolist() == pytest.approx(expected[GROUP:], abs=1e-6)
    learned = advantages(told)
    assert (learned[:GROUP] == 0).all()
    assert learned[GROUP:].tolist() == advantages(torch.tensor(expected[GROUP:]).unsqueeze(1)).tolist()


def test_an_outage_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("REWARD_DEADLINE", "0.2")
    told = rewards(samples())
    assert told.isnan().all()
    assert (advantages(told) == 0).all()


def test_alone_a_none_would_count_as_zero() -> None:
    """The fact about ms-swift that the adapter works around."""
    told = torch.tensor([[0.7], [float("nan")], [0.7], [0.7]])
    assert advantages(told)[1] < 0
