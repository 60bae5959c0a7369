"""verifiers: a plugged reward or judge (0.4, `verifiers.v1`), and a function for a legacy `vf.Rubric`.

    --env.taskset.task.rewards.rubrica.fn rubrica.adapters.verifiers:reward
    --env.taskset.task.judges '[{"id": "verifiers_judge"}]'      # examples/verifiers_judge.py, on the path
    vf.Rubric(funcs=[legacy_reward])

A rollout without a verdict raises, which 0.4 records as an errored rollout. The legacy rubric turns every exception
into 0.0 by itself: leave out rollouts whose `state["judge_ok"]` is 0.
"""

from collections.abc import MutableMapping, Sequence
from typing import Any

from rubrica.adapters.client import Client
from rubrica.errors import UnscoredError

REFERENCES = ("reference", "answer")
"""Fields of a task that may hold a known right answer."""


async def reward(task: Any, trace: Any) -> float:
    """Score the last reply of a trace.

    Raises:
        UnscoredError: there is no verdict.
    """
    (answer,) = await Client.from_env().ascore([_sample(task, trace)])
    return answer.number()


async def legacy_reward(
    prompt: object, completion: object, answer: object, state: MutableMapping[str, object]
) -> float:
    """Score one rollout of a legacy environment, and note in `state["judge_ok"]` whether it was judged.

    Raises:
        UnscoredError: there is no verdict; the legacy rubric makes 0.0 of it.
    """
    (told,) = await Client.from_env().ascore([_plain(prompt, completion, answer)])
    state["judge_ok"] = float(told.ok)
    return told.number()


async def legacy_group_reward(
    prompts: Sequence[object],
    completions: Sequence[object],
    answers: Sequence[object],
    states: Sequence[MutableMapping[str, object]],
) -> list[float]:
    """Score a group of rollouts beside each other (plural names make it a group function), noted as above.

    Raises:
        UnscoredError: one has no verdict; the legacy rubric makes 0.0 of the whole group.
    """
    samples = [_plain(*each) for each in zip(prompts, completions, answers, strict=True)]
    told = await Client.from_env().ascore(samples)
    whole = all(answer.value is not None for answer in told)
    for state, answer in zip(states, told, strict=True):
        state["judge_ok"] = float(whole and answer.ok)
    return [answer.number() for answer in told]


def _plain(prompt: object, completion: object, answer: object) -> dict[str, object]:
    reference = answer if isinstance(answer, str) and answer.strip() else None
    return {"prompt": prompt, "completion": completion, "reference": reference}


def _sample(task: Any, trace: Any) -> dict[str, object]:
    data = getattr(task, "data", task)
    found = next((value for name in REFERENCES if (value := getattr(data, name, None))), None)
    if data.prompt:
        system = getattr(data, "system_prompt", None)
        asked = [*([{"role": "system", "content": system}] if system else []), *_messages(data.prompt)]
    else:  # the user opened the conversation: the task is what was said before the last reply
        asked = _messages(_before_last_reply(trace))
    if not asked:
        raise UnscoredError("bad_input", "nothing was asked before the reply")
    return _plain(asked, trace.last_reply, found)


def _before_last_reply(trace: Any) -> list[Any]:
    turns = list(trace.messages)
    last = max((i for i, turn in enumerate(turns) if turn.role == "assistant"), default=0)
    return turns[:last]


def _messages(prompt: Any) -> list[dict[str, object]]:
    """Return a prompt as plain messages."""
    if isinstance(prompt, str):
        return [{"role": "user", "content": prompt}]
    return [{"role": message.role, "content": message.content} for message in prompt]


def _judge() -> type:
    """Build the judge's class: its base is verifiers', which only verifiers' environment has."""
    import verifiers.v1 as vf

    class RubricaJudge(vf.Judge):  # type: ignore[misc]  # verifiers is not installed where types are checked
        """Scores with the reward service that the environment names; the entry's model is not used."""

        async def score(self, task: Any, trace: Any) -> float:
            return await reward(task, trace)

    return RubricaJudge


def __getattr__(name: str) -> object:
    if name == "RubricaJudge":
        globals()[name] = found = _judge()
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
