"""The probe believes a tier only when nothing got through."""

import asyncio
import json

import pytest

from rubrica.errors import SandboxInfraError
from rubrica.tools.sandbox import probe as probing
from rubrica.tools.sandbox.base import Job, Need, Outcome
from rubrica.tools.sandbox.probe import ATTACKS, probe

pytestmark = [  # attacks do not close what they open
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(probing, "cache_dir", lambda: tmp_path / "cache")


async def bare(job: Job) -> Outcome:
    """No wall at all for what reads, writes and connects: the code runs in this very process."""
    if any(job.code == ATTACKS[name].code for name in ("take all memory", "never end", "print without end")):
        return Outcome(status="ok", value_json="true")
    if job.code == ATTACKS["start a process"].code or job.code == ATTACKS["load native code"].code:
        return Outcome(status="ok", value_json="true")
    scope: dict = {}
    try:
        exec(job.code, scope)
        value = scope["attack"](*job.args)
    except OSError as error:
        return Outcome(status="error", stderr=str(error))
    return Outcome(status="ok", value_json=json.dumps(value))


async def wall(job: Job) -> Outcome:
    """Nothing runs; everything ends as a held attack may."""
    ends = next((attack.ends for attack in ATTACKS.values() if attack.code == job.code), ())
    return Outcome(status=ends[0] if ends else "error")


def report(run, key="key"):
    return asyncio.run(probe(run, name="tier", offers=Need.PURE, key=key, isolation=lambda: "wasm"))


def test_every_attack_gets_through_where_there_is_no_wall(monkeypatch):
    monkeypatch.setenv("PROBE_TEST_VARIABLE", "a value of its own")
    found = report(bare)
    assert not found.available
    assert {name for name, held in found.attacks.items() if held} <= {"use an inherited descriptor"}
    assert "read a file of the host" in found.reason


def test_a_wall_that_holds_is_available():
    found = report(wall)
    assert found.available
    assert set(found.attacks.values()) == {True}


def test_the_result_stands_for_this_boot():
    report(wall)
    seen = []

    async def remembered(job: Job) -> Outcome:
        seen.append(job)
        return Outcome(status="ok")

    assert report(remembered).available
    assert len(seen) == 1


def test_another_key_is_probed_anew():
    report(wall)
    assert not report(bare, key="other").available


def test_a_failure_is_not_remembered():
    assert not report(bare).available
    assert report(wall).available


def test_a_tier_that_cannot_run_is_unavailable_with_the_reason():
    async def broken(job: Job) -> Outcome:
        raise SandboxInfraError("no worker")

    assert "no worker" in report(broken).reason
