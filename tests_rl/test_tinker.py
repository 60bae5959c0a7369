"""Tinker cookbook 0.5.8: its pairwise environments on our preference model, and a group builder on our group reward."""

import asyncio
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import tinker
from byte_tokens import byte_tokenizer
from tinker_cookbook.completers import TokensWithLogprobs
from tinker_cookbook.preference.types import Comparison
from tinker_cookbook.renderers import get_renderer
from tinker_cookbook.rl.preference_envs import PairwisePreferenceGroupBuilder, TournamentPattern
from tinker_cookbook.rl.types import Env, Metrics, Trajectory, Transition

from rubrica.adapters.client import Client
from rubrica.adapters.tinker import RubricaPreferenceModel, group_rewards
from rubrica.errors import UnscoredError

QUESTION = "What is 12 * 13? Answer in at most 5 words."
CHAT = [{"role": "user", "content": QUESTION}]
ANSWERS = ["It is 156.", "157", "I cannot tell.", "It is 156, and I am quite sure about that, really."]
TOKENIZER = byte_tokenizer()
Judged = Callable[..., list[float | str]]


@dataclass(frozen=True)
class GroupRewards(PairwisePreferenceGroupBuilder):
    """A group builder whose user took our reward for the whole group."""

    async def compute_group_rewards(
        self, trajectory_group: list[Trajectory], env_group: Sequence[Env]
    ) -> list[tuple[float, Metrics]]:
        replies = [self.get_response_message(trajectory)[0][0]["content"] for trajectory in trajectory_group]
        return await group_rewards(self.convo_prefix, replies)


def rewards(kind: type[PairwisePreferenceGroupBuilder], pattern: TournamentPattern, url: str) -> list[Any]:
    """Run a group of finished trajectories through the builder, as its training loop does."""
    builder = kind(
        convo_prefix=CHAT,
        policy_renderer=get_renderer("role_colon", TOKENIZER),
        tournament_pattern=pattern,
        preference_model=RubricaPreferenceModel(Client(url=url, deadline=20)),
        num_envs=len(ANSWERS),
    )

    async def group() -> list[tuple[float, Metrics]]:
        envs = await builder.make_envs()
        said = [TOKENIZER(f" {answer}\n\nUser:")["input_ids"] for answer in ANSWERS]
        trajectories = [await played(env, tokens) for env, tokens in zip(envs, said, strict=True)]
        return await builder.compute_group_rewards(trajectories, envs)

    return asyncio.run(group())


async def played(env: Env, tokens: list[int]) -> Trajectory:
    seen, _ = await env.initial_observation()
    result = await env.step(tokens)
    action = TokensWithLogprobs(tokens=tokens, maybe_logprobs=[0.0] * len(tokens))
    step = Transition(ob=seen, ac=action, reward=result.reward, episode_done=result.episode_done)
    return Trajectory(transitions=[step], final_ob=tinker.ModelInput.empty())


@pytest.mark.parametrize("pattern", list(TournamentPattern))
def test_a_tournament_is_decided_by_our_judge(pattern: TournamentPattern, url: str, judged: Judged) -> None:
    told = rewards(PairwisePreferenceGroupBuilder, pattern, url)
    expected = []
    for i, mine in enumerate(ANSWERS):
        others = [other for j, other in enumerate(ANSWERS) if j != i]
        pairs = [[{"prompt": CHAT, "completion": text} for text in (other, mine)] for other in others]
        expected.append(sum(float(judged(pair, "win")[0]) for pair in pairs) / len(pairs))
    assert max(expected) > 0 > min(expected)
    assert [value for value, _ in told] == pytest.approx(expected, abs=1e-9)
    assert all(metrics["format"] for _, metrics in told)


@pytest.mark.usefixtures("service")
def test_a_group_builder_gives_our_group_rewards(url: str, judged: Judged) -> None:
    told = rewards(GroupRewards, TournamentPattern.ALL_PAIRS_ONE_WAY, url)
    samples = [{"prompt": QUESTION, "completion": answer} for answer in ANSWERS]
    assert [value for value, _ in told] == pytest.approx(judged(samples, "group"), abs=1e-9)
    assert [metrics["judge_ok"] for _, metrics in told] == [1.0] * len(ANSWERS)


def test_a_comparison_and_its_swap_are_opposite(url: str) -> None:
    model = pickle.loads(pickle.dumps(RubricaPreferenceModel(Client(url=url))))
    said = [[{"role": "assistant", "content": answer}] for answer in ANSWERS[:2]]
    comparison = Comparison(prompt_conversation=CHAT, completion_A=said[0], completion_B=said[1])
    assert asyncio.run(model(comparison)) == pytest.approx(-asyncio.run(model(comparison.swap())), abs=1e-9)


def test_an_outage_is_an_error_and_no_tie() -> None:
    model = RubricaPreferenceModel(Client(url="http://127.0.0.1:9", deadline=0.2))
    said = [[{"role": "assistant", "content": answer}] for answer in ANSWERS[:2]]
    comparison = Comparison(prompt_conversation=CHAT, completion_A=said[0], completion_B=said[1])
    with pytest.raises(UnscoredError, match="outage"):
        asyncio.run(model(comparison))
