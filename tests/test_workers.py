"""Judging in worker processes: the thread's numbers, whoever dies."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reward import Reward, RewardFunction
from rubrica.samples import Sample
from rubrica.types import Candidate, Case, Message, Task, TextPart, Unscored, Verdict

ROOT = Path(__file__).parents[1]
PLAN = Plan(library=seed_library(), sandbox="none")
SAMPLES = [
    Sample(f"What is {number} + 2? Answer in at most 5 words.", f"It is {number + 2 + wrong}.")
    for number in range(60)
    for wrong in (0, 1)
]
POISON = """
import os
import time
from dataclasses import dataclass, replace
from rubrica.parallel import Plan
from rubrica.reasoners.embedded import Embedded

class Poisoned(Embedded):
    async def complete(self, request):
        if "poison" in request.model_dump_json():
            os._exit(7)
        if "quicksand" in request.model_dump_json():
            time.sleep(3600)
        return await super().complete(request)

class Deadly(Plan):
    def harness(self):
        return replace(super().harness(), reasoner=Poisoned())
"""
ASKING = """
import os, sys, time
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reward import RewardFunction
from rubrica.samples import Sample
from multiprocessing import active_children

if __name__ == "__main__":
    function = RewardFunction(Plan(library=seed_library(), sandbox="none", workers=1))
    function.score(Sample("Say hi.", "hi"))
    print(*(child.pid for child in active_children()), flush=True)
"""


@pytest.fixture(scope="module")
def expected() -> list[Reward | Unscored]:
    with RewardFunction(PLAN) as function:
        return function.score_batch(SAMPLES)


@pytest.fixture(scope="module")
def spread() -> Iterator[RewardFunction]:
    with RewardFunction(replace(PLAN, workers=2)) as function:
        yield function


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "asking.py"


def gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody has waited for yet has ended too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def all_end(pids: list[int]) -> bool:
    until = time.monotonic() + 30
    while not all(map(gone, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return all(map(gone, pids))


def test_workers_give_the_numbers_of_the_thread(spread: RewardFunction, expected: list[Reward | Unscored]) -> None:
    assert spread.score_batch(SAMPLES) == expected
    assert spread.load().workers == 2


def test_a_verdict_is_the_same_from_a_worker(spread: RewardFunction) -> None:
    task = Task(id="t", messages=(Message(role="user", parts=(TextPart(text="What is 2 + 2?"),)),))
    case = Case(task=task, candidates=tuple(Candidate(id=text, parts=(TextPart(text=text),)) for text in ("4", "5")))
    with RewardFunction(PLAN) as here:
        verdict = asyncio.run(here.judge(case))
    assert isinstance(verdict, Verdict)
    assert asyncio.run(spread.judge(case)) == verdict


def test_workers_that_die_lose_nothing_and_change_nothing(expected: list[Reward | Unscored]) -> None:
    async def play(function: RewardFunction) -> list[Reward | Unscored]:
        waiting = asyncio.ensure_future(function.ascore_batch(SAMPLES))
        await asyncio.sleep(0)
        assert function.load().cases == 60
        for child in multiprocessing.active_children():
            child.kill()
        return await waiting

    with RewardFunction(replace(PLAN, workers=1)) as function:
        assert isinstance(function.score(Sample("Say hi.", "hi")), Reward)
        assert asyncio.run(play(function)) == expected
        assert (function.load().workers, function.load().replaced) == (1, 1)


def test_a_worker_that_dies_while_nothing_is_asked_is_replaced_when_something_is() -> None:
    with RewardFunction(replace(PLAN, workers=1)) as function:
        first = function.score(SAMPLES[0])
        for child in multiprocessing.active_children():
            child.kill()
        until = time.monotonic() + 30
        while function.load().workers and time.monotonic() < until:
            time.sleep(0.01)
        assert function.load().workers == 0
        assert isinstance(function.score(SAMPLES[1]), Reward)
        assert function.score(SAMPLES[0]) == first
        assert (function.load().workers, function.load().replaced) == (1, 1)


@pytest.mark.parametrize("text", ["poison", pytest.param("quicksand", marks=pytest.mark.slow)])
def test_a_case_that_ends_or_stops_its_judge_is_named_and_the_others_are_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: list[Reward | Unscored], text: str
) -> None:
    (tmp_path / "poisoned.py").write_text(POISON)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("rubrica.worker.STUCK_S", 10.0)
    monkeypatch.setattr("rubrica.worker.BEAT_S", 0.5)
    from poisoned import Deadly  # type: ignore[import-not-found]  # written above, for workers to import too

    with RewardFunction(Deadly(library=PLAN.library, sandbox="none", workers=1)) as function:
        told = function.score_batch([*SAMPLES[:2], Sample(f"Say {text}.", text), *SAMPLES[2:4]])
        assert [*told[:2], *told[3:]] == expected[:4]
        assert isinstance(told[2], Unscored)
        assert told[2].reason == "unsupported"
        assert function.load().replaced == 1
        assert function.score(Sample(f"Say {text}.", text)) == told[2]
        assert function.load().replaced == 1


def test_nothing_is_left_running_when_the_parent_ends_in_any_way(script: Path) -> None:
    script.write_text(ASKING + "    sys.stdin.read()\n")
    for end in (signal.SIGKILL, None):
        process = subprocess.Popen(
            [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
        )
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        assert len(pids) == 1
        if end is not None:
            process.send_signal(end)
        process.communicate()
        assert process.returncode == (-end if end is not None else 0)
        assert all_end(pids)


def test_a_forked_child_leaves_its_parents_workers_alone(script: Path) -> None:
    script.write_text(
        ASKING
        + "    child = os.fork()\n"
        + "    if child == 0: sys.exit(0)\n"
        + "    os.waitpid(child, 0)\n"
        + "    assert function.score(Sample('Say ho.', 'ho')).kind == 'reward'\n"
        + "    assert function.load().replaced == 0\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", script], check=True, capture_output=True, env=environment())


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
