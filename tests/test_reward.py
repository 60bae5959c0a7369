"""The reward function: one number everywhere, in order, pinned, and never made up."""

import asyncio
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from rubrica.errors import AccessError, ConfigError, OutageError, UnscoredError
from rubrica.library.library import Library
from rubrica.library.message import CommitMessage
from rubrica.library.seed import seed_library
from rubrica.library.store import LibraryStore
from rubrica.parallel import Plan
from rubrica.reasoners.embedded import Embedded
from rubrica.requests.base import Reply, Request
from rubrica.reward import Reward, RewardFunction
from rubrica.rewards.shape import Shaping
from rubrica.samples import Sample
from rubrica.types import Scoring, Unscored, Value

ROOT = Path(__file__).parents[1]
T = TypeVar("T", bound=Value)

PROMPT = "What is 12 * 13? Answer in at most 5 words."
ANSWERS = ("It is 156.", "156", "It is 157, and I am quite sure about that, really very sure.", "I cannot tell.")
GROUP = [Sample(PROMPT, answer) for answer in ANSWERS]
PLAN = Plan(library=seed_library(), sandbox="none")


@pytest.fixture(scope="module")
def reward() -> Iterator[RewardFunction]:
    with RewardFunction(PLAN) as function:
        yield function


def numbers(results: list[Reward | Unscored]) -> list[float]:
    assert all(isinstance(each, Reward) for each in results), results
    return [each.reward for each in results if isinstance(each, Reward)]


@pytest.mark.parametrize("mode", ["group", "pointwise"])
def test_the_command_line_gives_the_same_bits(mode: str, tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    rows = (
        [{"prompt": PROMPT, "candidates": list(ANSWERS)}]
        if mode == "group"
        else [{"prompt": PROMPT, "candidates": [answer]} for answer in ANSWERS]
    )
    file.write_text("\n".join(json.dumps(row) for row in rows))
    command = [sys.executable, "-m", "rubrica.cli", "judge", str(file), "--json", "--mode", mode, "--sandbox", "none"]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    printed = [score["reward"] for line in run.stdout.splitlines() for score in json.loads(line)["scores"]]
    with RewardFunction(PLAN, mode=mode) as function:  # type: ignore[arg-type]  # parametrised with the two literals
        assert numbers(function.score_batch(GROUP)) == printed


def test_every_way_of_asking_gives_the_same_numbers(reward: RewardFunction) -> None:
    batch = reward.score_batch(GROUP)
    assert asyncio.run(reward.ascore_batch(GROUP)) == batch
    assert reward([PROMPT] * 4, list(ANSWERS)) == reward.values(batch)
    chat = [[{"role": "user", "content": PROMPT}]] * 4
    said = [[{"role": "assistant", "content": answer}] for answer in ANSWERS]
    assert reward(chat, said) == reward.values(batch)
    assert pickle.loads(pickle.dumps(reward)).score_batch(GROUP) == batch


def test_answers_come_in_input_order_whatever_the_groups(reward: RewardFunction) -> None:
    other = [Sample("Name a fruit.", text) for text in ("An apple.", "A pear, a plum and a car.")]
    mixed = [GROUP[0], other[0], GROUP[1], GROUP[2], other[1], GROUP[3]]
    apart = [*reward.score_batch(GROUP), *reward.score_batch(other)]
    assert reward.score_batch(mixed) == [apart[i] for i in (0, 4, 1, 2, 5, 3)]


def test_modes_are_named_and_single_samples_are_judged_alone(reward: RewardFunction) -> None:
    results = reward.score_batch([*GROUP, Sample("Say hi.", "hi")])
    assert [each.mode for each in results if isinstance(each, Reward)] == ["group"] * 4 + ["pointwise"]


def test_an_unreadable_sample_leaves_the_others_alone(reward: RewardFunction) -> None:
    results = reward.score_batch([GROUP[0], Sample("", "x"), Sample(PROMPT, 7), *GROUP[1:]])
    assert [getattr(each, "reason", None) for each in results[1:3]] == ["bad_input", "bad_input"]
    assert [results[0], *results[3:]] == reward.score_batch(GROUP)


def test_an_incomplete_group_is_never_scored_as_a_group(reward: RewardFunction) -> None:
    with RewardFunction(PLAN, mode="group") as function:
        assert all(isinstance(each, Unscored) for each in function.using(group_size=4).score_batch(GROUP[:3]))
        assert numbers(function.using(group_size=4).score_batch(GROUP)) == numbers(reward.score_batch(GROUP))
    modes = [each.mode for each in reward.using(group_size=3).score_batch(GROUP) if isinstance(each, Reward)]
    assert modes == ["group"] * 3 + ["pointwise"]
    with pytest.raises(ConfigError):
        reward.using(group_size=1)


def test_a_moved_head_never_changes_a_running_reward(tmp_path: Path) -> None:
    store = LibraryStore.init(tmp_path / "mine", seed_library())
    with RewardFunction(str(store.path)) as before:
        numbers_before = before.values(before.score_batch(GROUP))
        store.commit(seed_library().with_scoring(Scoring(temperature=3.0)), CommitMessage(subject="Colder"))
        fresh = pickle.loads(pickle.dumps(before))  # an empty cache
        assert fresh.values(fresh.score_batch(GROUP)) == numbers_before
        fresh.close()
        with RewardFunction(str(store.path)) as after:
            assert after.provenance("group").library != before.provenance("group").library
            assert after.values(after.score_batch(GROUP)) != numbers_before


def test_a_shaping_that_compares_is_unscored_for_one_alone() -> None:
    with RewardFunction(PLAN, shaping="win_rate") as function:
        assert sum(value or 0.0 for value in function.values(function.score_batch(GROUP))) == pytest.approx(2.0)
        assert function.score(GROUP[0]).kind == "unscored"


def test_shaping_leaves_the_reward_itself_alone(reward: RewardFunction) -> None:
    with RewardFunction(PLAN, shaping=Shaping(name="centred", length=0.1)) as function:
        assert numbers(function.score_batch(GROUP)) == numbers(reward.score_batch(GROUP))


class Counting(Embedded):
    """The embedded reasoner behind a door: it counts select requests, and can be held up or fail."""

    def __init__(self) -> None:
        self.opened, self.cases = threading.Event(), 0
        self.outage: OutageError | None = None
        self.opened.set()

    async def complete(self, request: Request[T]) -> Reply[T]:
        if request.role == "selector":
            self.cases += 1
        while not self.opened.is_set():
            await asyncio.sleep(0.001)
        if self.outage is not None:
            raise self.outage
        return await super().complete(request)


def test_equal_questions_in_flight_are_asked_once() -> None:
    model = Counting()
    model.opened.clear()
    with RewardFunction(PLAN, model=model) as function, ThreadPoolExecutor(16) as pool:
        calls = [pool.submit(function.score_batch, GROUP) for _ in range(16)]
        threading.Timer(0.05, model.opened.set).start()
        results = [call.result() for call in calls]
    assert model.cases == 1
    assert all(each == results[0] for each in results)


def test_a_retry_gets_the_same_number_without_asking_again() -> None:
    model = Counting()
    with RewardFunction(PLAN, model=model) as function:
        first = function.score_batch(GROUP)
        assert function.score_batch(GROUP) == first
    assert model.cases == 1


def test_a_passed_deadline_is_unscored_and_a_later_call_is_answered() -> None:
    model = Counting()
    model.opened.clear()
    with RewardFunction(PLAN, model=model, deadline=0.02) as function:
        late = function.score_batch(GROUP) + asyncio.run(function.ascore_batch(GROUP))
        assert {getattr(each, "reason", None) for each in late} == {"timeout"}
        assert function.values(late) == [None] * 8
        model.opened.set()
        function.deadline = 30.0
        assert len(numbers(function.score_batch(GROUP))) == 4
    assert model.cases == 1


@pytest.mark.parametrize("outage", [OutageError("the endpoint is down"), AccessError("the key is refused")])
def test_an_outage_is_not_remembered(outage: OutageError) -> None:
    model = Counting()
    model.outage = outage
    with RewardFunction(PLAN, model=model) as function:
        down = function.score_batch(GROUP)
        assert {getattr(each, "reason", None) for each in down} == {"outage"}
        assert {getattr(each, "detail", None) for each in down} == {str(outage)}
        model.outage = None
        assert len(numbers(function.score_batch(GROUP))) == 4


def test_closing_answers_whoever_still_waits() -> None:
    model = Counting()
    model.opened.clear()
    function = RewardFunction(PLAN, model=model)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(function.score_batch, GROUP)
        while model.cases == 0:
            threading.Event().wait(0.001)
        function.close()
        assert {getattr(each, "reason", None) for each in call.result()} == {"outage"}


def test_a_closed_function_says_so_and_scores_nothing() -> None:
    function = RewardFunction(PLAN)
    other = function.using(mode="pointwise")
    known = numbers(function.score_batch(GROUP))
    copied = pickle.dumps(function)
    function.close()
    function.close()
    for closed in (function, other):
        with pytest.raises(ConfigError, match="was closed; make a new one"):
            closed.score_batch(GROUP)  # not even what it remembers
        with pytest.raises(ConfigError, match="was closed"):
            asyncio.run(closed.ascore_batch(GROUP))
        with pytest.raises(ConfigError, match="was closed"):
            closed([GROUP[0].prompt], [GROUP[0].completion])
    with pickle.loads(copied) as again:
        assert numbers(again.score_batch(GROUP)) == known


def test_unscored_becomes_what_the_user_said_and_nothing_else() -> None:
    bad = [Sample("", "x")]
    for choice, value in (("none", None), (0.25, 0.25)):
        with RewardFunction(PLAN, on_unscored=choice) as function:  # type: ignore[arg-type]  # a literal in a tuple
            assert function.values(function.score_batch(bad)) == [value]
    with RewardFunction(PLAN, on_unscored="raise") as function, pytest.raises(UnscoredError, match="bad_input"):
        function.values(function.score_batch(bad))
    with pytest.raises(ConfigError):
        RewardFunction(PLAN, on_unscored=float("nan"))


def test_an_empty_library_is_undecided() -> None:
    with RewardFunction(Library()) as function:
        assert function.values(function.score_batch(GROUP)) == [None] * 4


def test_a_models_name_is_opened_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUBRICA_API_BASE", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("RUBRICA_MAX_CALLS", "0")
    with RewardFunction(PLAN, model="some-model") as function:
        assert "some-model" in function.provenance("group").reasoner
        assert {getattr(each, "reason", None) for each in function.score_batch(GROUP)} == {"budget"}


def test_a_mode_or_shaping_that_does_not_exist_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="mode is 'together'; use pointwise, group or auto"):
        RewardFunction(mode="together")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="shaping is 'best'; use bounded, centred"):
        RewardFunction(shaping="best")  # type: ignore[arg-type]
    with RewardFunction() as reward, pytest.raises(ConfigError, match="mode is 'x'"):
        reward.using(mode="x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sample", "field"),
    [(Sample(None, "a"), "prompt"), (Sample("q", None), "completion"), (Sample("q", 5), "completion")],
)
def test_a_refused_sample_names_its_own_fields(sample: Sample, field: str) -> None:
    with RewardFunction() as reward:
        told = reward.score(sample)
    assert isinstance(told, Unscored)
    assert (told.reason, told.detail.startswith(f"field '{field}': expected text")) == ("bad_input", True)
