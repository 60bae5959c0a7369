"""However its owner uses a sandbox, and however its owner ends, jobs keep their outcomes and nothing stays behind."""

import asyncio
import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import rubrica
from rubrica.errors import SandboxInfraError
from rubrica.tools.sandbox.base import Job, Limits
from rubrica.tools.sandbox.router import open_sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for processes")
ROOT = Path(rubrica.__file__).parents[1]
SQUARE = "def f(x): return x * x"
OPEN = """
import asyncio, os, signal, sys, threading, time
from rubrica.tools.sandbox.base import Job, Limits
from rubrica.tools.sandbox.router import open_sandbox
ENDLESS = Job(code="while True: pass", limits=Limits(wall_s=600, cpu_s=600))
sandbox = open_sandbox(sys.argv[1])
def workers():
    tasks = f"/proc/{os.getpid()}/task"
    return [int(pid) for task in os.listdir(tasks) for pid in open(f"{tasks}/{task}/children").read().split()]
"""


@pytest.fixture(params=["wasm", "jail"])
def name(request, tier_is_here):
    return request.param if tier_is_here(request.param) else pytest.skip("not on this machine")


@pytest.fixture(scope="session")
def tier_is_here():
    known: dict[str, bool] = {}

    def ask(name: str) -> bool:
        async def probe() -> bool:
            sandbox = open_sandbox(name)
            report = await sandbox.probe()
            await sandbox.close()
            return report.available

        if name not in known:
            known[name] = asyncio.run(probe())
        return known[name]

    return ask


def owner(name: str, code: str, *options: str) -> "subprocess.Popen[str]":
    """Start a process that opens a sandbox and does as `code` says."""
    return subprocess.Popen(
        [sys.executable, *options, "-c", OPEN + code, name],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end_of(pids: list[int]) -> None:
    """Wait until all these processes are gone; the test's own time limit is the deadline."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(pid)
            try:
                assert select.select([handle], [], [], 60)[0], f"{pid} lives on"
            finally:
                os.close(handle)


def test_several_loops_in_several_threads_share_a_sandbox(name):
    sandbox, wrong = open_sandbox(name), []

    def caller(first: int) -> None:
        async def main() -> None:
            jobs = [Job(code=SQUARE, entry="f", args=(number,)) for number in range(first, first + 8)]
            outcomes = await asyncio.gather(*map(sandbox.run, jobs))
            wrong.extend(o for n, o in enumerate(outcomes, first) if o.value_json != str(n * n))

        asyncio.run(main())

    threads = [threading.Thread(target=caller, args=(8 * number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(sandbox.close())
    assert not wrong


def test_callers_that_give_up_leave_the_sandbox_whole(name):
    async def main() -> list[str | None]:
        sandbox = open_sandbox(name)
        endless = Job(code="while True: pass", limits=Limits(wall_s=600, cpu_s=600))
        for pause in (0, 0.001, 0.01, 0.1, 0.3):
            tasks = [asyncio.create_task(sandbox.run(endless)) for _ in range(6)]
            await asyncio.sleep(pause)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        outcomes = await asyncio.gather(*(sandbox.run(Job(code=SQUARE, entry="f", args=(n,))) for n in range(6)))
        await sandbox.close()
        return [outcome.value_json for outcome in outcomes]

    assert asyncio.run(main()) == [str(n * n) for n in range(6)]


def test_a_caller_that_gives_up_the_first_use_leaves_it_to_the_others(name):
    async def main() -> str | None:
        sandbox = open_sandbox(name)
        job = Job(code=SQUARE, entry="f", args=(3,))
        first, second = (asyncio.create_task(sandbox.run(job)) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        outcome = await second
        await sandbox.close()
        return outcome.value_json

    assert asyncio.run(main()) == "9"


def test_closing_ends_the_jobs_under_way_as_errors_of_ours(name):
    async def main() -> list[object]:
        sandbox = open_sandbox(name)
        await sandbox.run(Job(code="pass"))
        endless = Job(code="while True: pass", limits=Limits(wall_s=600, cpu_s=600))
        tasks = [asyncio.create_task(sandbox.run(endless)) for _ in range(6)]
        await asyncio.sleep(0.2)
        await sandbox.close()
        await sandbox.close()
        ended = await asyncio.gather(*tasks, sandbox.run(endless), return_exceptions=True)
        return list(ended)

    assert {type(error) for error in asyncio.run(main())} == {SandboxInfraError}


ENDS = {
    "without close": "print(asyncio.run(sandbox.run(Job(code='pass'))).status)",
    "before the first use": "print('ok')",
    "in the middle of its first use": """
threading.Thread(target=lambda: asyncio.run(sandbox.run(Job(code='pass'))), daemon=True).start()
print('ok')
""",
    "with a job given up": """
async def main():
    await sandbox.run(Job(code='pass'))
    try: await asyncio.wait_for(sandbox.run(ENDLESS), 0.2)
    except TimeoutError: print('ok')
asyncio.run(main())
""",
    "with a job in another thread": """
print(asyncio.run(sandbox.run(Job(code='pass'))).status)
def forever():
    try: asyncio.run(sandbox.run(ENDLESS))
    except Exception: pass
threading.Thread(target=forever, daemon=True).start()
time.sleep(0.2)
""",
    "closed from another loop": """
print(asyncio.run(sandbox.run(Job(code='pass'))).status)
asyncio.run(sandbox.close())
""",
}


@pytest.mark.parametrize("way", ENDS)
def test_an_interpreter_ends_quietly(way, name):
    with owner(name, ENDS[way], "-X", "dev", "-W", "error") as process:
        out, err = process.communicate(timeout=100)
    assert (process.returncode, out, err) == (0, "ok\n", "")


BUSY = """
async def main():
    await sandbox.run(Job(code="pass"))
    runs = [asyncio.create_task(sandbox.run(ENDLESS)) for _ in range(2)]
    await asyncio.sleep(0.3)
    print(*workers(), flush=True)
    await asyncio.gather(*runs)
try: asyncio.run(main())
except KeyboardInterrupt: print("interrupted")
"""


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGABRT])
def test_workers_and_their_runs_end_with_their_owner(signal_, name):
    with owner(name, BUSY) as process:
        assert process.stdout is not None
        pids = [int(pid) for pid in process.stdout.readline().split()]
        below = [int(child) for pid in pids for child in _children(pid)]
        assert len(pids) >= 2
        process.send_signal(signal_)
        process.communicate(timeout=60)
    end_of([*pids, *below])


def _children(pid: int) -> list[str]:
    """Every process below another, all generations."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [*found, *(deeper for child in found for deeper in _children(int(child)))]


def test_a_fork_of_the_owner_neither_uses_nor_ends_its_workers(name):
    code = """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
print(asyncio.run(sandbox.run(Job(code="pass"))).status, flush=True)
if (child := os.fork()) == 0:
    try: asyncio.run(sandbox.run(Job(code="pass")))
    except Exception as error: print(type(error).__name__, flush=True)
    sys.exit(0)
os.waitpid(child, 0)
print(asyncio.run(sandbox.run(Job(code="pass"))).status)
"""
    with owner(name, code) as process:
        out, err = process.communicate(timeout=100)
    assert (process.returncode, out, err) == (0, "ok\nSandboxInfraError\nok\n", "")


def test_no_temporary_file_outlives_its_owner(name, tmp_path):
    code = "print(asyncio.run(sandbox.run(Job(code=\"open('x', 'w').write('x')\"))).status)"
    command = [sys.executable, "-c", OPEN + code, name]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.stdout == "ok\n", done.stderr
    cache = f"rubrica-{os.getuid()}"  # of a user without a home

    def left() -> list[Path]:
        return [path for path in tmp_path.iterdir() if path.name != cache]

    deadline = time.monotonic() + 20
    while left() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left() == []
