"""Every example runs as its own docstring says; some need their trainer's environment."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.name for path in (ROOT / "examples").glob("*.py"))

NEEDS = {"inspect_task.py": "inspect_ai", "trl_grpo.py": "trl", "verifiers_judge.py": "verifiers"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_runs(name: str, url: str) -> None:
    needed = NEEDS.get(name)
    if needed and find_spec(needed) is None:
        pytest.skip(f"{needed} lives in an environment of its own")
    environment = {**os.environ, "REWARD_URL": url, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "examples" / name)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert run.returncode == 0, run.stderr
    assert any(character.isdigit() for character in run.stdout)
