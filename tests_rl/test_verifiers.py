"""verifiers 0.4: our reward and our judge, plugged by configuration as its command line does, on real traces."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import verifiers.v1 as vf
from verifiers.v1.configs.agent import AgentConfig
from verifiers.v1.errors import TaskError
from verifiers.v1.graph import MessageNode
from verifiers.v1.trace import AgentInfo, Trace, TraceTask

PROMPT = "What is 12 * 13? Answer in at most 5 words."
ANSWERS = ["It is 156.", "157", "I cannot tell."]
REWARD = {"rewards": {"mine": {"fn": "rubrica.adapters.verifiers:reward", "weight": 2.0}}}
JUDGE = {"judges": [{"id": "verifiers_judge", "name": "rubrica", "weight": 0.5}]}
Judged = Callable[..., list[float | str]]


class Sum(vf.TaskData):
    answer: str = ""


class SumTask(vf.Task[Sum, vf.State, vf.TaskConfig]):
    @vf.reward
    async def short(self, trace: Trace) -> float:
        return float(len(trace.last_reply) < 20)


def trace_of(task: SumTask, answer: str) -> Trace:
    """Return the trace of a rollout with one turn."""
    nodes = [
        MessageNode(message=vf.UserMessage(content=PROMPT)),
        MessageNode(parent=0, sampled=True, message=vf.AssistantMessage(content=answer)),
    ]
    told = TraceTask(type="SumTask", data=task.data)
    return Trace(task=told, agent=AgentInfo(config=AgentConfig()), nodes=nodes)


def scored(data: Sum, config: dict[str, Any], answer: str) -> Trace:
    task = SumTask(data, vf.TaskConfig.model_validate(config))
    trace = trace_of(task, answer)
    asyncio.run(task.score(trace))
    return trace


@pytest.mark.parametrize("chat", [False, True])
def test_a_plugged_reward_gives_our_number(chat: bool, service: str, judged: Judged) -> None:
    prompt: Any = [vf.UserMessage(content=PROMPT)] if chat else PROMPT
    for answer in ANSWERS:
        trace = scored(Sum(prompt=prompt, answer="156"), REWARD, answer)
        (expected,) = judged([{"prompt": PROMPT, "completion": answer, "reference": "156"}])
        assert set(trace.rewards) == {"short", "mine"}
        assert trace.rewards["mine"].score == pytest.approx(expected, abs=1e-9)
        assert trace.reward == pytest.approx(2 * expected + float(len(answer) < 20), abs=1e-9)


def test_a_plugged_judge_gives_our_number(service: str, judged: Judged) -> None:
    for answer in ANSWERS:
        trace = scored(Sum(prompt=PROMPT, system_prompt="Be brief."), JUDGE, answer)
        chat = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}]
        (expected,) = judged([{"prompt": chat, "completion": answer}])
        assert trace.rewards["rubrica"].score == pytest.approx(expected, abs=1e-9)
        assert trace.rewards["rubrica"].weight == 0.5


@pytest.mark.parametrize("config", [REWARD, JUDGE])
def test_without_a_verdict_the_rollout_is_an_error_and_holds_no_number(
    config: dict[str, Any], service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REWARD_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("REWARD_DEADLINE", "0.2")
    task = SumTask(Sum(prompt=PROMPT), vf.TaskConfig.model_validate(config))
    trace = trace_of(task, ANSWERS[0])
    with pytest.raises(TaskError, match="outage"):
        asyncio.run(task.score(trace))
    assert {trace.rewards.get(name) for name in ("mine", "rubrica")} == {None}


def test_where_the_user_opens_the_conversation_the_task_is_read_from_the_trace(service: str, judged: Judged) -> None:
    trace = scored(Sum(answer="156"), REWARD, ANSWERS[0])
    (expected,) = judged([{"prompt": PROMPT, "completion": ANSWERS[0], "reference": "156"}])
    assert trace.rewards["mine"].score == pytest.approx(expected, abs=1e-9)


def test_a_reply_to_nothing_is_an_error(service: str) -> None:
    task = SumTask(Sum(), vf.TaskConfig.model_validate(REWARD))
    trace = trace_of(task, ANSWERS[0])
    trace.nodes = [MessageNode(sampled=True, message=vf.AssistantMessage(content=ANSWERS[0]))]
    with pytest.raises(TaskError, match="bad_input"):
        asyncio.run(task.score(trace))
