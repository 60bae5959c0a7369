"""The smaller adapters, called as their trainers and harnesses call them."""

import asyncio
import pickle
import sys
import types
from types import SimpleNamespace
from typing import Any

import pytest

from rubrica.adapters import areal, inspect_ai, lm_eval, slime, swift, tinker
from rubrica.adapters.client import Client
from rubrica.errors import UnscoredError
from rubrica.reward import RewardFunction
from rubrica.samples import Sample

PROMPT = "What is 12 * 13? Answer in at most 5 words."
ANSWERS = ["It is 156.", "157", "I cannot tell."]
CHAT = [{"role": "user", "content": PROMPT}]


@pytest.fixture(autouse=True)
def _service(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_URL", url)


def group(reward: RewardFunction, reference: str | None = None) -> list[float | None]:
    return reward.values(reward.score_batch([Sample(PROMPT, answer, reference) for answer in ANSWERS]))


def single(reward: RewardFunction, reference: str | None = None) -> float | None:
    return reward.values([reward.score(Sample(PROMPT, ANSWERS[0], reference))])[0]


def test_slime_scores_samples_and_groups(reward: RewardFunction) -> None:
    samples = [SimpleNamespace(prompt=PROMPT, response=answer, label="156", metadata={}) for answer in ANSWERS]
    assert asyncio.run(slime.group_rm(SimpleNamespace(), samples, evaluation=False)) == group(reward, "156")
    assert asyncio.run(slime.custom_rm(SimpleNamespace(), samples[0])) == single(reward, "156")
    with pytest.raises(UnscoredError):
        asyncio.run(slime.custom_rm(None, SimpleNamespace(prompt="", response="x", label=None)))


def test_areal_scores_one_sample_within_its_own_timeout(reward: RewardFunction) -> None:
    told = areal.reward_fn(CHAT, ANSWERS[0], [1], [2], answer="156", query_id="7")
    assert told == single(reward, "156")
    assert pickle.loads(pickle.dumps(areal.reward_fn)) is areal.reward_fn
    assert areal.DEADLINE_S < 15


class ORM:
    """As ms-swift has it: made with the trainer's arguments."""

    def __init__(self, args: object = None) -> None:
        self.args = args


def test_swift_gets_none_for_what_is_unscored(reward: RewardFunction, monkeypatch: pytest.MonkeyPatch) -> None:
    rewards = types.ModuleType("swift.rewards")
    vars(rewards).update(ORM=ORM, orms={})
    monkeypatch.setitem(sys.modules, "swift", types.ModuleType("swift"))
    monkeypatch.setitem(sys.modules, "swift.rewards", rewards)
    swift.register()
    orm = rewards.orms["rubrica"](args=None)
    messages = [[*CHAT, {"role": "assistant", "content": answer}] for answer in ANSWERS]
    assert orm(ANSWERS, messages=messages, prompt_id=["0"] * 3, is_truncated=[False] * 3) == group(reward)
    assert orm(["x"], messages=[[{"role": "user", "content": ""}]])[0] is not None
    assert orm([7], messages=[CHAT]) == [None]
    other = [{"role": "user", "content": "Name a fruit."}]
    told = orm([ANSWERS[0], 7, "A plum."], messages=[CHAT, CHAT, other], prompt_id=["0", "0", "1"])
    assert told[:2] == orm([ANSWERS[0], 7], messages=[CHAT, CHAT]) == [None, None], "its group is left out with it"
    assert told[2] is not None


def test_tinker_prefers_the_better_completion() -> None:
    model = pickle.loads(pickle.dumps(tinker.RubricaPreferenceModel()))

    asked = [{"role": "user", "content": "What is 12 * 13?"}]

    def compare(a: str, b: str) -> float:
        said = [[{"role": "assistant", "content": text}] for text in (a, b)]
        comparison = SimpleNamespace(prompt_conversation=asked, completion_A=said[0], completion_B=said[1])
        return float(asyncio.run(model(comparison)))

    forth, back = compare("157", "156"), compare("156", "157")
    assert 0 < forth <= 1
    assert forth == pytest.approx(-back)
    assert compare("156", "156") == 0.0


def test_tinker_rewards_a_group(reward: RewardFunction) -> None:
    told = asyncio.run(tinker.group_rewards(CHAT, ANSWERS))
    assert [value for value, _ in told] == group(reward)
    assert {metrics["judge_ok"] for _, metrics in told} == {1.0}


def test_inspect_judges_a_finished_sample(reward: RewardFunction) -> None:
    output, target = SimpleNamespace(completion=ANSWERS[0]), SimpleNamespace(text="156")
    state: Any = SimpleNamespace(input=PROMPT, output=output)
    assert asyncio.run(inspect_ai.judge(Client.from_env(), state, target)).value == single(reward, "156")
    state.input = [SimpleNamespace(role="user", text=PROMPT)]
    assert asyncio.run(inspect_ai.judge(Client.from_env(), state, target)).value == single(reward, "156")


def test_lm_eval_gets_named_numbers(reward: RewardFunction) -> None:
    told = lm_eval.process_results({"question": PROMPT, "answer": "156"}, [ANSWERS[0]])
    assert told == {"rubrica": single(reward, "156"), "rubrica_judge_ok": 1.0}
    with pytest.raises(UnscoredError):
        lm_eval.process_results({"question": ""}, ["x"])
    with pytest.raises(KeyError):
        lm_eval.process_results({"text": PROMPT}, ["x"])
