"""The tier as the router sees it."""

import asyncio
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import rubrica
from rubrica.errors import SandboxUnavailable
from rubrica.tools.sandbox.base import Job, Need, Outcome
from rubrica.tools.sandbox.jail import JailSandbox
from rubrica.tools.sandbox.linux import libc

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the jail is made of Linux walls")


def alone(job: Job) -> Outcome:
    async def run() -> object:
        jail = JailSandbox(workers=1)
        try:
            return await jail.run(job)
        finally:
            await jail.close()

    return asyncio.run(run())


def test_an_outcome_names_the_tier_and_its_wall() -> None:
    outcome = alone(Job(code="print(1)"))
    assert (outcome.backend, outcome.isolation in {"os-ns", "os-landlock"}) == ("jail", True)


def test_many_jobs_at_once_each_get_their_own_result() -> None:
    async def run() -> list[str | None]:
        jail = JailSandbox(workers=2)
        code = "import numpy\ndef f(x): return int(numpy.array([x]).sum())"
        jobs = [Job(code=code, entry="f", args=(n,), need=Need.NUMPY if n % 2 else Need.FILES) for n in range(40)]
        try:
            return [outcome.value_json for outcome in await asyncio.gather(*map(jail.run, jobs))]
        finally:
            await jail.close()

    assert asyncio.run(run()) == [str(n) for n in range(40)]


@pytest.mark.parametrize("need", [Need.SUBPROCESS, Need.NETWORK, Need.PACKAGES, Need.NUMPY | Need.NETWORK])
def test_refuses_what_it_does_not_offer(need: Need) -> None:
    with pytest.raises(SandboxUnavailable, match="this job needs"):
        alone(Job(code="", need=need))


def test_refuses_another_language() -> None:
    with pytest.raises(SandboxUnavailable, match="javascript"):
        alone(Job(code="", language="javascript"))


def test_the_probe_attacks_and_every_attack_is_held() -> None:
    async def run() -> object:
        jail = JailSandbox(workers=1)
        try:
            return await jail.probe()
        finally:
            await jail.close()

    report = asyncio.run(run())
    assert report.available, report.reason
    assert len(report.attacks) >= 8
    assert all(report.attacks.values()), report.attacks


def test_no_wall_is_a_refusal_that_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libc, "supported", lambda: False)
    with pytest.raises(SandboxUnavailable, match="the jail needs Linux"):
        alone(Job(code="print(1)"))


AS = """
import os, sys
from pathlib import Path
from rubrica.tools.sandbox.linux import libc, namespaces
bind, uid, home = 4096, int(sys.argv[1]), Path(sys.base_prefix).resolve()
namespaces.unshare(namespaces.NEW_MOUNTS)
libc.invoke("mount", None, b"/", None, 16384 | 1 << 18, None)
closed = next((folder for folder in [*reversed(home.parents), home] if not folder.stat().st_mode & 1), None)
if closed:
    held = os.open(home, os.O_PATH)
    libc.invoke("mount", b"tmpfs", str(closed).encode(), b"tmpfs", 0, b"mode=0755")
    home.mkdir(parents=True, exist_ok=True)
    libc.invoke("mount", f"/proc/self/fd/{held}".encode(), str(home).encode(), None, bind | 16384, None)
if uid:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
os.execv(sys.executable, [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:cacheprovider", *sys.argv[2:]])
"""
"""Open the way to the interpreter in mounts of its own, become the user, and run pytest."""


@pytest.mark.skipif("os.getuid() != 0", reason="only root can become another user")
@pytest.mark.parametrize(("uid", "chosen"), [(0, "landlock"), (65534, "os-ns or wasm or jail"), (65534, "landlock")])
@pytest.mark.timeout(1200)
@pytest.mark.slow
def test_all_holds_as(uid: int, chosen: str) -> None:
    root = Path(rubrica.__file__).parents[1]
    which = f"({chosen}) and not test_all_holds_as and not ten_thousand"
    command = [sys.executable, "-c", AS, str(uid), "tests/tools/sandbox", "-k", which, "-m", "not e2b_live"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    with tempfile.TemporaryDirectory() as examples:
        Path(examples).chmod(0o777)
        environment["HYPOTHESIS_STORAGE_DIRECTORY"] = examples
        run = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    if "Operation not permitted" in run.stderr:
        pytest.skip("this root may not mount")
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert " passed" in run.stdout
