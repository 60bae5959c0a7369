"""verifiers before 0.4: our functions in a real `Rubric`, on messages as its environments hand them over."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import verifiers as vf
from verifiers.legacy.types import State
from verifiers.legacy.utils.message_utils import normalize_messages

from rubrica.adapters.verifiers import legacy_group_reward, legacy_reward

PROMPT = "What is 12 * 13? Answer in at most 5 words."
ANSWERS = ["It is 156.", "157", "I cannot tell."]
Judged = Callable[..., list[float | str]]


def states(prompts: list[str], answer: str = "156") -> list[State]:
    """Return finished rollouts, with messages of verifiers' own types."""
    return [
        State(
            prompt=normalize_messages([{"role": "user", "content": prompt}], field_name="prompt"),
            completion=normalize_messages([{"role": "assistant", "content": said}], field_name="completion"),
            answer=answer,
            info={},
            task={"answer": answer},
            trajectory=[],
        )
        for prompt, said in zip(prompts, ANSWERS, strict=True)
    ]


def samples() -> list[dict[str, Any]]:
    return [{"prompt": PROMPT, "completion": said, "reference": "156"} for said in ANSWERS]


def test_a_rubric_gives_our_number_for_each_rollout(service: str, judged: Judged) -> None:
    rubric = vf.Rubric(funcs=[legacy_reward], weights=[2.0])
    for state, sample in zip(states([PROMPT] * 3), samples(), strict=True):
        asyncio.run(rubric.score_rollout(state))
        (expected,) = judged([sample])
        assert state["metrics"]["legacy_reward"] == pytest.approx(expected, abs=1e-9)
        assert state["reward"] == pytest.approx(2 * float(expected), abs=1e-9)
        assert state["judge_ok"] == 1.0


def test_a_rubric_gives_our_numbers_for_a_group(service: str, judged: Judged) -> None:
    group = states([PROMPT] * 3)
    asyncio.run(vf.Rubric(funcs=[legacy_group_reward]).score_group(group))
    assert [state["reward"] for state in group] == pytest.approx(judged(samples(), "group"), abs=1e-9)
    assert sum(state["advantage"] for state in group) == pytest.approx(0, abs=1e-9)
    assert [state["judge_ok"] for state in group] == [1.0] * 3


@pytest.mark.parametrize("function", [legacy_reward, legacy_group_reward])
def test_the_zero_that_a_rubric_makes_of_an_outage_is_marked(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REWARD_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("REWARD_DEADLINE", "0.2")
    group = states([PROMPT] * 3)
    asyncio.run(vf.Rubric(funcs=[function]).score_group(group))
    assert [(state["reward"], state["judge_ok"]) for state in group] == [(0.0, 0.0)] * 3
