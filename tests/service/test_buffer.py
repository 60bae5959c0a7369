"""Groups out of single requests."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from rubrica.reward import Reward, RewardFunction
from rubrica.samples import Sample
from rubrica.service.buffer import Answer, GroupBuffer
from rubrica.types import Unscored

PROMPT = "What is 12 * 13? Answer in at most 5 words."
ANSWERS = ["It is 156.", "156", "I cannot tell.", "It is 157, and I am quite sure about that, really very sure."]
SAMPLES = [Sample(PROMPT, answer) for answer in ANSWERS]


def drive(play: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(play(), 30))  # type: ignore[arg-type]  # an async function gives a coroutine


def by_text(reward: RewardFunction) -> dict[str, Reward | Unscored]:
    return dict(zip(ANSWERS, reward.score_batch(SAMPLES), strict=True))


def test_singles_become_a_group_whatever_their_order(reward: RewardFunction) -> None:
    expected, function = by_text(reward), reward.using(group_size=4)

    async def play() -> None:
        buffer = GroupBuffer(window=20)
        for order in ((0, 1, 2, 3), (3, 1, 0, 2)):
            answers = [buffer.add(function, [SAMPLES[i]], run="a", ids=[""])[0] for i in order]
            results = await asyncio.gather(*answers)
            for i, result in zip(order, results, strict=True):
                told = expected[ANSWERS[i]]
                assert isinstance(result, Reward)
                assert isinstance(told, Reward)
                assert result.mode == "group"
                assert result.reward == pytest.approx(told.reward, abs=1e-12)

    drive(play)


def test_runs_and_prompts_are_kept_apart(reward: RewardFunction) -> None:
    async def play() -> None:
        buffer, function = GroupBuffer(window=0.05), reward.using(group_size=2, mode="group")
        answers: list[Answer] = []
        for run, sample in (("a", SAMPLES[0]), ("b", SAMPLES[1]), ("a", Sample("Say hi.", "hi"))):
            answers += buffer.add(function, [sample], run=run, ids=[""])
        assert len(buffer) == 3
        assert all(isinstance(result, Unscored) for result in await asyncio.gather(*answers))

    drive(play)


def test_an_incomplete_group_is_judged_alone_only_in_auto_mode(reward: RewardFunction) -> None:
    async def play() -> None:
        buffer = GroupBuffer(window=0.05)
        for mode in ("auto", "group"):
            function = reward.using(group_size=4, mode=mode)  # type: ignore[arg-type]  # the two literals above
            results = await asyncio.gather(*buffer.add(function, SAMPLES[:3], run=mode, ids=[""] * 3))
            if mode == "auto":
                assert {result.mode for result in results if isinstance(result, Reward)} == {"pointwise"}
            else:
                assert {result.reason for result in results if isinstance(result, Unscored)} == {"timeout"}

    drive(play)


def test_a_repeated_id_is_the_same_sample(reward: RewardFunction) -> None:
    async def play() -> None:
        buffer, function = GroupBuffer(window=20), reward.using(group_size=2)
        (first,) = buffer.add(function, [SAMPLES[0]], run="a", ids=["1"])
        (again,) = buffer.add(function, [SAMPLES[0]], run="a", ids=["1"])
        assert again is first
        assert len(buffer) == 1
        (second,) = buffer.add(function, [SAMPLES[1]], run="a", ids=["2"])
        result = await first
        await second
        (later,) = buffer.add(function, [SAMPLES[0]], run="a", ids=["1"])
        assert await later == result
        assert len(buffer) == 0

    drive(play)


def test_whoever_leaves_makes_room(reward: RewardFunction) -> None:
    async def play() -> None:
        buffer, function = GroupBuffer(window=20), reward.using(group_size=2)
        left = buffer.add(function, [SAMPLES[0]], run="a", ids=[""])
        buffer.leave(left)
        assert len(buffer) == 0
        answers = buffer.add(function, SAMPLES[:2], run="a", ids=["", ""])
        assert all(isinstance(result, Reward) for result in await asyncio.gather(*answers))

    drive(play)


def test_flush_ends_every_wait(reward: RewardFunction) -> None:
    async def play() -> None:
        buffer = GroupBuffer(window=3600)
        answers = buffer.add(reward.using(group_size=3), SAMPLES[:2], run="a", ids=["", ""])
        buffer.flush()
        assert {result.mode for result in await asyncio.gather(*answers) if isinstance(result, Reward)} == {"pointwise"}

    drive(play)
