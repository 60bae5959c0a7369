"""Many mixed runs, a third of them hostile: nothing accumulates, and no run gets another's result."""

import asyncio
import os
import random
import tempfile
import threading
from pathlib import Path

import pytest

from rubrica.tools.sandbox.base import Job, Limits, Sandbox

HOSTILE = [
    "while True: print('x' * 1000)",
    "hoard = []\nwhile True: hoard.append(bytes(8 << 20))",
    "import os; os._exit(0)",
    "import os; os.fork()",
    "raise SystemExit(1)",
    "open('x', 'w').write('x' * (1 << 20))",
    "x = []\nfor _ in range(10 ** 5): x = [x]\nrepr(x)",
    "import builtins; builtins.print = builtins.len = None",
    "import socket; socket.create_connection(('127.0.0.1', 9))",
]
SLOW = ["while True: pass", "import time; time.sleep(60)"]
LIMITS = Limits(wall_s=5.0, mem_mb=96, out_bytes=4096)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The temporary folder of this process, for itself alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


async def mixed(sandbox: Sandbox, runs: int, seed: int) -> list[str]:
    """Run a mix and return what went wrong."""
    source, wrong = random.Random(seed), []
    gate = asyncio.Semaphore(16)

    async def one(number: int) -> None:
        async with gate:
            roll = source.random()
            if roll < 1 / 3:
                slow = roll < 0.01
                code = source.choice(SLOW if slow else HOSTILE)
                limits = Limits(wall_s=0.2) if slow else LIMITS
                outcome = await sandbox.run(Job(code=code, limits=limits))
                if outcome.value_json is not None:
                    wrong.append(f"{code!r} returned {outcome.value_json}")
            else:
                code = "def f(n):\n    print(n)\n    return n * n"
                outcome = await sandbox.run(Job(code=code, entry="f", args=(number,), limits=LIMITS))
                if (outcome.value_json, outcome.stdout) != (str(number**2), f"{number}\n"):
                    wrong.append(f"{number}: {outcome}")

    await asyncio.gather(*(one(number) for number in range(runs)))
    return wrong


def footprint() -> dict[str, int]:
    """Descriptors, threads, children, and their memory in MB."""
    own = Path(f"/proc/{os.getpid()}")
    children = {pid for task in (own / "task").iterdir() for pid in (task / "children").read_text().split()}
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in children)
    return {
        "descriptors": len(list((own / "fd").iterdir())),
        "threads": threading.active_count(),
        "children": len(children),
        "megabytes": pages * os.sysconf("SC_PAGE_SIZE") >> 20,
    }


async def settle(sandbox: Sandbox, before: dict[str, int]) -> dict[str, int]:
    """Wait for the spare to be there again, as it was before."""
    for _ in range(200):
        after = footprint()
        if after["children"] == before["children"]:
            break
        await sandbox.run(Job(code="pass"))
        await asyncio.sleep(0.05)
    return footprint()


def files(tier: Sandbox, temporary: Path) -> list[Path]:
    """What lies in this process's temporary folder, and in the folders that runs behind Landlock have written in."""
    pools = [pool for name in ("_pool", "_plain", "_arrays") if (pool := getattr(tier, name, None)) is not None]
    folders = [folder for pool in pools for worker in pool._workers if (folder := getattr(worker, "_folder", ""))]
    return [path for folder in (temporary, *map(Path, folders)) for path in folder.iterdir()]


def check(tier: Sandbox, runs: int, temporary: Path) -> None:
    async def main() -> tuple[list[str], dict[str, int], dict[str, int]]:
        await mixed(tier, 50, seed=1)
        await asyncio.sleep(1.0)  # the spare starts in the background
        before = footprint()
        wrong = await mixed(tier, runs, seed=2)
        return wrong, before, await settle(tier, before)

    here = sorted(Path.cwd().iterdir())
    wrong, before, after = asyncio.run(main())
    assert not wrong
    assert files(tier, temporary) == []
    assert sorted(Path.cwd().iterdir()) == here
    assert after["children"] <= before["children"]
    assert after["threads"] <= before["threads"] + 1
    assert after["descriptors"] <= before["descriptors"] + 4
    assert after["megabytes"] <= before["megabytes"] + 200


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts through /proc")
def test_some_hundred_mixed_runs_leave_nothing(tier, temporary):
    check(tier, 300, temporary)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="counts through /proc")
def test_ten_thousand_mixed_runs_leave_nothing(tier, temporary):
    check(tier, 10_000, temporary)
