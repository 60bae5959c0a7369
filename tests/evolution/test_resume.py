"""A run that is killed and resumed ends where an undisturbed one ends, and pays for nothing twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("evolve_and_die.py")


def outcomes(data: Path, folder: Path, points: int, *divided: str) -> list[dict[str, object]]:
    folder.mkdir()
    command = [sys.executable, str(SCRIPT), str(data), str(folder), str(points), *divided]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def check(told: list[dict[str, object]], points: int, *, accepted: str = "mine", judged: int = 24) -> None:
    undisturbed, killed = told[0], told[1:]
    assert undisturbed["report"]["judged"] == judged
    decided = {decision["key"]: decision["outcome"] for decision in undisturbed["report"]["decisions"]}
    assert decided[accepted] == "accepted"
    assert [each["survived"] for each in killed] == [False] * points
    assert all(each["version"] == undisturbed["version"] for each in killed)
    assert all(each["report"] == undisturbed["report"] for each in killed)


def test_a_killed_run_ends_where_an_undisturbed_one_ends(write, tmp_path) -> None:
    check(outcomes(write(40, seed=1), tmp_path / "runs", 5), 5)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_run_killed_anywhere_ends_where_an_undisturbed_one_ends(write, tmp_path) -> None:
    check(outcomes(write(40, seed=1), tmp_path / "runs", 200), 200)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_run_that_splits_killed_anywhere_ends_where_an_undisturbed_one_ends(write, tmp_path) -> None:
    check(outcomes(write(120, divided=True), tmp_path / "runs", 40, "divided"), 40, accepted="split", judged=72)
