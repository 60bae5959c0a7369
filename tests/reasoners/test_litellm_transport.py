"""litellm against the test server; in a process of its own, because its import takes seconds and changes globals."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SESSION = Path(__file__).with_name("litellm_session.py")


@pytest.fixture(scope="module")
def scenes():
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests" / "servers")])
    environ = {**os.environ, "PYTHONPATH": path, "OPENAI_API_KEY": "right"}
    done = subprocess.run(
        [sys.executable, str(SESSION)], capture_output=True, text=True, timeout=100, check=False, env=environ
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("clean", {"grades": 1, "calls": 1, "cost": None}),
        ("tools", {"grades": 1, "calls": 2, "cost": None}),
        ("rate", {"grades": 1, "calls": 2, "cost": None}),
        ("server", {"grades": 1, "calls": 2, "cost": None}),
        ("drop", {"grades": 1, "calls": 2, "cost": None}),
        ("refusal", {"error": "RefusalError", "calls": 1}),
        ("denied", {"error": "AccessError", "calls": 1}),
        ("rejected", {"error": "CallError", "calls": 1}),
    ],
)
def test_a_call_through_litellm_meets_the_same_fate_as_a_direct_one(scenes, name, told):
    assert scenes[0][name] == told


def test_litellm_keeps_quiet(scenes):
    assert scenes[1] == ""
