"""The same case in the same mode gives the same number, bit for bit, by every way there is to ask."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from rubrica.adapters.client import Client
from rubrica.adapters.trl import TRLReward
from rubrica.harness import Mode
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reward import RewardFunction
from rubrica.service.running import running

ROOT = Path(__file__).parents[1]
PLAN = Plan(library=seed_library(), sandbox="none")
SUM, FRUITS = "What is 12 * 13? Answer in at most 5 words.", "Name two fruits, as a bulleted list."
GROUPS = {
    SUM: ("It is 156.", "156", "It is 157, and I am quite sure about that, really very sure.", "I cannot tell."),
    FRUITS: ("- Apple\n- Pear", "Apples and pears.", "- Apple\n- Pear\n- Plum"),
}
NO_RAY = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed here: make test-ray")
Numbers = list[float]


def rows(mode: Mode) -> list[dict[str, object]]:
    if mode == "group":
        return [{"prompt": prompt, "candidates": list(answers)} for prompt, answers in GROUPS.items()]
    return [{"prompt": prompt, "candidates": [answer]} for prompt, answers in GROUPS.items() for answer in answers]


def flat() -> tuple[list[str], list[str]]:
    asked = [(prompt, answer) for prompt, answers in GROUPS.items() for answer in answers]
    return [prompt for prompt, _ in asked], [answer for _, answer in asked]


@pytest.fixture(params=["group", "pointwise"])
def mode(request: pytest.FixtureRequest) -> Mode:
    found: Mode = request.param
    return found


@pytest.fixture
def python(mode: Mode) -> Numbers:
    """What `RewardFunction` says; the other ways are held against it."""
    with RewardFunction(PLAN, mode=mode, on_unscored="raise") as function:
        found = function(*flat())
    assert len(set(found)) > 5
    return [number for number in found if number is not None]


@pytest.fixture
def url(mode: Mode) -> Iterator[str]:
    with RewardFunction(PLAN, mode=mode) as function, running(function) as address:
        yield address


def printed(mode: Mode, folder: Path, *flags: str) -> Numbers:
    (folder / "in.jsonl").write_text("\n".join(map(json.dumps, rows(mode))))
    command = [sys.executable, "-m", "rubrica.cli", "judge", str(folder / "in.jsonl"), "--mode", mode, "--json"]
    run = subprocess.run(
        [*command, "--sandbox", "none", "--no-progress", *flags], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return [score["reward"] for line in run.stdout.splitlines() for score in json.loads(line)["scores"]]


def posted(url: str) -> Numbers:
    samples = [{"prompt": prompt, "completion": answer} for prompt, answer in zip(*flat(), strict=True)]
    body = json.dumps({"samples": samples}).encode()
    request = urllib.request.Request(f"{url}/v1/score", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        values: Numbers = json.load(response)["values"]
    return values


def test_the_command_line(python: Numbers, mode: Mode, tmp_path: Path) -> None:
    assert printed(mode, tmp_path) == python


def test_http(python: Numbers, url: str) -> None:
    assert posted(url) == python


def test_the_trl_adapter(python: Numbers, url: str) -> None:
    assert TRLReward(Client(url=url))(*flat()) == python


@NO_RAY
def test_the_command_line_on_ray(python: Numbers, mode: Mode, ray_cluster: Any, tmp_path: Path) -> None:
    assert printed(mode, tmp_path, "--ray", ray_cluster.address, "--workers", "1") == python


@NO_RAY
def test_ray_data(python: Numbers, mode: Mode, in_cluster: Callable[[], None]) -> None:
    import ray.data

    from rubrica.adapters.ray import judge_dataset

    judged = judge_dataset(ray.data.from_items(rows(mode)), PLAN, mode=mode).take_all()
    assert [number for row in judged for number in row["rewards"]] == python


@NO_RAY
def test_ray_serve(python: Numbers, mode: Mode, serve_url: Callable[[RewardFunction], str]) -> None:
    assert posted(serve_url(RewardFunction(PLAN, mode=mode))) == python
