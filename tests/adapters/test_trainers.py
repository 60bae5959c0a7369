"""Each adapter called as its trainer calls it: signatures, payloads and failures as the trainers have them."""

import asyncio
import inspect
import math
import pickle
import sys
import types
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from rubrica.adapters import openrlhf, trl, verifiers, verl
from rubrica.adapters.client import Client
from rubrica.errors import ConfigError, UnscoredError
from rubrica.reward import RewardFunction
from rubrica.samples import Sample

PROMPT = "What is 12 * 13? Answer in at most 5 words."
OTHER = "Name a fruit."
ANSWERS = ["It is 156.", "157", "I cannot tell.", "It is 156, and I am quite sure about that, really very sure."]


@pytest.fixture(autouse=True)
def _service(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_URL", url)


def columns(size: int, logged: dict[str, Any]) -> dict[str, Any]:
    """What TRL passes beside prompts and completions."""
    return {
        "completion_ids": [[1, 2, 3]] * size,
        "task": ["a"] * size,
        "rubric": [{"x": 1}] * size,
        "trainer_state": SimpleNamespace(global_step=3),
        "log_extra": logged.__setitem__,
        "log_metric": logged.__setitem__,
    }


def in_process(reward: RewardFunction, prompts: list[str], answers: list[str]) -> list[float | None]:
    return reward.values(reward.score_batch([Sample(*each) for each in zip(prompts, answers, strict=True)]))


def test_trl_gets_one_number_a_completion_plain_and_conversational(reward: RewardFunction) -> None:
    prompts, answers = [PROMPT] * 4 + [OTHER] * 4, [*ANSWERS, "An apple.", "A car.", "A pear", "plum"]
    logged: dict[str, Any] = {}
    plain = trl.reward(prompts=prompts, completions=answers, **columns(8, logged))
    assert plain == in_process(reward, prompts, answers)
    assert plain == reward(prompts=prompts, completions=answers, **columns(8, {}))
    assert logged == {"rubrica_unscored": [""] * 8, "rubrica/judge_ok": 1.0}
    chats = [[{"role": "user", "content": prompt}] for prompt in prompts]
    said = [[{"role": "assistant", "content": answer}] for answer in answers]
    assert trl.reward(prompts=chats, completions=said, **columns(8, logged)) == plain
    assert asyncio.run(trl.areward(prompts=chats, completions=said, **columns(8, logged))) == plain


def test_trl_leaves_out_what_is_unscored() -> None:
    logged: dict[str, Any] = {}
    assert trl.reward(prompts=["", PROMPT], completions=["x", "156"], **columns(2, logged))[0] is None
    assert logged["rubrica_unscored"] == ["bad_input", ""]
    down = trl.TRLReward(Client(url="http://127.0.0.1:9", deadline=0.1))
    assert down(prompts=[PROMPT] * 2, completions=["a", "b"], **columns(2, logged)) == [None, None]
    assert logged["rubrica/judge_ok"] == 0.0


def test_trl_functions_are_named_picklable_and_told_apart(url: str) -> None:
    for function in (trl.reward, trl.areward, trl.TRLReward(Client(url=url)), trl.AsyncTRLReward(Client(url=url))):
        assert function.__name__
        assert pickle.loads(pickle.dumps(function)) == function
    assert inspect.iscoroutinefunction(trl.AsyncTRLReward.__call__)
    assert not inspect.iscoroutinefunction(trl.TRLReward.__call__)


def test_trl_references_reach_the_judge(reward: RewardFunction) -> None:
    right, wrong = trl.reward([PROMPT] * 2, ["It is 156."] * 2, reference=["156", "999"])
    assert right is not None
    assert wrong is not None
    assert right > wrong


def payload(question: str = PROMPT, answer: str = ANSWERS[0]) -> dict[str, Any]:
    """What verl's naive manager passes."""
    extra = {"index": 0, "question": question, "num_turns": None, "rollout_reward_scores": {}}
    return {"data_source": "my/ds", "solution_str": answer, "ground_truth": "156", "extra_info": extra}


def test_verl_gets_a_coroutine_function_with_constant_finite_keys(reward: RewardFunction, url: str) -> None:
    assert inspect.iscoroutinefunction(verl.compute_score)
    told = [asyncio.run(verl.compute_score(**payload(answer=answer))) for answer in ANSWERS]
    assert len({tuple(each) for each in told}) == 1
    assert all(isinstance(number, float) and math.isfinite(number) for each in told for number in each.values())
    assert told[0]["score"] == reward.values([reward.score(Sample(PROMPT, ANSWERS[0], "156"))])[0]
    assert verl.compute_score_blocking(**payload()) == told[0]
    unscored = asyncio.run(verl.compute_score(**payload(question=" "), url=url, on_unscored=-1.0))
    assert (unscored["score"], unscored["judge_ok"]) == (-1.0, 0.0)
    assert tuple(unscored) == tuple(told[0])


def test_verl_fails_loudly_without_prompt_or_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="question"):
        asyncio.run(verl.compute_score("ds", "x", "y", {"index": 0}))
    monkeypatch.setenv("REWARD_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("REWARD_DEADLINE", "0.1")
    with pytest.raises(UnscoredError, match="outage"):
        asyncio.run(verl.compute_score(**payload()))


class Ids(list[int]):
    """A row of token ids with the two things of a tensor that a manager reads."""

    @property
    def shape(self) -> tuple[int]:
        return (len(self),)

    def sum(self) -> int:
        return sum(self)

    def __getitem__(self, where: Any) -> Any:
        found = super().__getitem__(where)
        return Ids(found) if isinstance(where, slice) else found


def test_verls_reward_manager_sees_the_prompt(reward: RewardFunction, monkeypatch: pytest.MonkeyPatch) -> None:
    base = types.ModuleType("verl.experimental.reward_loop.reward_manager.base")

    class RewardManagerBase:
        def __init__(self, config: object, tokenizer: object, compute_score: object) -> None:
            self.tokenizer = tokenizer

    base.RewardManagerBase = RewardManagerBase  # type: ignore[attr-defined]  # a module made for this test
    parts = base.__name__.split(".")
    for depth in range(1, len(parts)):
        name = ".".join(parts[:depth])
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, base.__name__, base)
    text = ANSWERS[0]
    tokenizer = SimpleNamespace(decode=lambda ids, **_: "".join(map(chr, ids)))
    item = SimpleNamespace(
        batch={"responses": Ids([*map(ord, text), 0, 0]), "attention_mask": Ids([1, 1, *[1] * len(text), 0, 0])},
        non_tensor_batch={"raw_prompt": [{"role": "user", "content": PROMPT}], "reward_model": {"ground_truth": "156"}},
    )
    manager = verl._manager()(None, tokenizer, None, reward_router_address=None, reward_model_tokenizer=None)
    told = asyncio.run(manager.run_single([item]))
    assert told["reward_score"] == reward.values([reward.score(Sample(PROMPT, text, "156"))])[0]
    assert told["reward_extra_info"]["judge_ok"] == 1.0


CHATML = f"<|im_start|>user\n{PROMPT}<|im_end|>\n<|im_start|>assistant\n"


def test_openrlhf_gets_lists_of_numbers(reward: RewardFunction) -> None:
    told = openrlhf.reward_func([f"{CHATML}{ANSWERS[0]}<|im_end|>"], [CHATML], ["156"])
    assert told["rewards"] == reward.values([reward.score(Sample(PROMPT, ANSWERS[0], "156"))])
    assert told["scores"] == told["rewards"]
    numbers: Mapping[str, list[float]] = told["extra_logs"]
    assert all(isinstance(number, float) for listed in numbers.values() for number in listed)


def test_openrlhf_fails_loudly_or_with_the_users_number(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnscoredError, match="bad_input"):
        openrlhf.reward_func(["q"], [" "], [""])
    monkeypatch.setenv("REWARD_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("REWARD_DEADLINE", "0.1")
    with pytest.raises(UnscoredError, match="outage"):
        openrlhf.reward_func(["q"], ["q"], [""])
    monkeypatch.setenv("REWARD_ON_UNSCORED", "-3")
    told = openrlhf.reward_func(["q"], ["q"], [""])
    assert told == {"rewards": [-3.0], "scores": [-3.0], "extra_logs": {"judge_ok": [0.0]}}


def test_verifiers_scores_a_trace_and_raises_without_a_verdict(
    reward: RewardFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = SimpleNamespace(prompt=PROMPT, system_prompt=None, answer="156")
    trace = SimpleNamespace(last_reply=ANSWERS[0])
    expected = reward.values([reward.score(Sample(PROMPT, ANSWERS[0], "156"))])[0]
    assert asyncio.run(verifiers.reward(task, trace)) == expected
    assert asyncio.run(verifiers.reward(SimpleNamespace(data=task), trace)) == expected
    chat = SimpleNamespace(prompt=[SimpleNamespace(role="user", content=PROMPT)], system_prompt=None, answer="156")
    assert asyncio.run(verifiers.reward(chat, trace)) == expected
    monkeypatch.setenv("REWARD_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("REWARD_DEADLINE", "0.1")
    with pytest.raises(UnscoredError):
        asyncio.run(verifiers.reward(task, trace))


def test_legacy_verifiers_note_what_was_judged(reward: RewardFunction) -> None:
    chat, said = [{"role": "user", "content": PROMPT}], [{"role": "assistant", "content": ANSWERS[0]}]
    state: dict[str, object] = {}
    told = asyncio.run(verifiers.legacy_reward(prompt=chat, completion=said, answer="156", state=state))
    assert (told, state) == (reward.values([reward.score(Sample(PROMPT, ANSWERS[0], "156"))])[0], {"judge_ok": 1.0})
    with pytest.raises(UnscoredError):
        asyncio.run(verifiers.legacy_reward(prompt="", completion=said, answer="", state=state))
    assert state == {"judge_ok": 0.0}
    states: list[dict[str, object]] = [{} for _ in ANSWERS]
    group = asyncio.run(verifiers.legacy_group_reward([PROMPT] * 4, ANSWERS, [""] * 4, states))
    assert group == in_process(reward, [PROMPT] * 4, ANSWERS)
    assert states == [{"judge_ok": 1.0}] * 4
    with pytest.raises(UnscoredError):
        asyncio.run(verifiers.legacy_group_reward([PROMPT, ""], ANSWERS[:2], [""] * 2, states[:2]))
    assert states == [{"judge_ok": 0.0}] * 2 + [{"judge_ok": 1.0}] * 2
