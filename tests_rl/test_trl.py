"""Real GRPO and RLOO of TRL: rewards through the service and in process, and what is unscored teaches nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_run import PROMPTS, STEPS, Told, rows, run

from rubrica import RewardFunction
from rubrica.adapters import trl
from rubrica.adapters.client import Client
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan

Judged = Callable[..., list[float | str]]


def in_process() -> RewardFunction:
    return RewardFunction(Plan(library=seed_library(), sandbox="none"))


REWARDS: dict[str, Callable[[], Any]] = {
    "service": lambda: trl.reward,
    "async service": lambda: trl.areward,
    "in process": in_process,
}


def means(told: Told, judged: Judged) -> list[float]:
    """Return the mean reward of every call, asked for apart from the trainer, in one go."""
    found = []
    for call in told.said:
        numbers = judged([{"prompt": prompt, "completion": said} for prompt, said in call])
        scored = [number for number in numbers if isinstance(number, float)]
        assert len(scored) == len(call), numbers
        found.append(sum(scored) / len(scored))
    return found


@pytest.mark.parametrize("how", REWARDS)
@pytest.mark.parametrize("kind", ["plain", "chat"])
@pytest.mark.parametrize("trainer", ["grpo", "rloo"])
@pytest.mark.usefixtures("service")
def test_three_steps_are_taken_on_our_numbers(
    trainer: str, kind: str, how: str, judged: Judged, tmp_path: Path
) -> None:
    reward = REWARDS[how]()
    told = run(trainer, reward, rows(kind), tmp_path)
    logged = [line[f"rewards/{reward.__name__}/mean"] for line in told.log]
    assert len(logged) == STEPS
    assert logged == pytest.approx(means(told, judged), abs=1e-6)
    assert all(line["reward_std"] > 0 for line in told.log)
    assert told.moved
    assert told.finite


def test_columns_of_the_data_set_reach_the_judge(service: str, judged: Judged, tmp_path: Path) -> None:
    references = ["fig kiwi, lemon", "apple", "yes", "5"]
    told = run("grpo", trl.reward, rows("chat", reference=references), tmp_path)
    known = dict(zip(PROMPTS, references, strict=True))
    for line, call in zip(told.log, told.said, strict=True):
        asked = [{"prompt": prompt, "completion": said, "reference": known[prompt]} for prompt, said in call]
        with_reference = [float(number) for number in judged(asked)]
        without = [float(number) for number in judged([{**each, "reference": None} for each in asked])]
        assert line["rewards/reward/mean"] == pytest.approx(sum(with_reference) / len(call), abs=1e-6)
        assert with_reference != without


def test_what_is_unscored_is_left_out(service: str, judged: Judged, tmp_path: Path) -> None:
    """The rows of two prompts cannot be read: the mean is that of the others, and the step is taken on them."""
    tests = [None, [{"no": "test"}], None, [{"no": "test"}]]
    told = run("grpo", trl.reward, rows("chat", tests=tests), tmp_path, per_device_train_batch_size=16)
    unreadable = dict(zip(PROMPTS, tests, strict=True))
    for line, call in zip(told.log, told.said, strict=True):
        numbers = judged([{"prompt": prompt, "completion": said, "tests": unreadable[prompt]} for prompt, said in call])
        scored = [number for number in numbers if isinstance(number, float)]
        assert sorted(map(str, set(numbers) - set(scored))) == ["bad_input"]
        assert line["rubrica/judge_ok"] == len(scored) / len(call) == 0.5
        assert line["rewards/reward/mean"] == pytest.approx(sum(scored) / len(scored), abs=1e-6)
        assert line["rewards/reward/mean"] == pytest.approx(line["reward"], rel=2**-22)  # two roundings to float32
    assert told.moved
    assert told.finite


@pytest.mark.parametrize("trainer", ["grpo", "rloo"])
def test_an_outage_teaches_nothing(trainer: str, tmp_path: Path) -> None:
    """Without a service every reward is None, and not one weight moves."""
    down = trl.TRLReward(Client(url="http://127.0.0.1:9", deadline=0.2))
    told = run(trainer, down, rows("chat"), tmp_path)
    assert len(told.log) == STEPS
    assert [line["rubrica/judge_ok"] for line in told.log] == [0.0] * STEPS
    assert not told.moved
    assert told.finite


@pytest.mark.parametrize(("how", "moved"), [("sum_then_normalize", True), ("normalize_then_sum", False)])
def test_beside_other_rewards_the_sum_decides_what_none_counts(how: str, moved: bool, tmp_path: Path) -> None:
    """A fact about TRL that docs/trainers.md tells: equal rewards, half of them missing, and another reward beside."""

    def half(prompts: list[object], **_: object) -> list[float | None]:
        return [0.7, None] * (len(prompts) // 2)

    def other(prompts: list[object], **_: object) -> list[float]:
        return [0.0] * len(prompts)

    told = run("grpo", half, rows("chat"), tmp_path, other=other, multi_objective_aggregation=how)
    assert told.moved == moved
