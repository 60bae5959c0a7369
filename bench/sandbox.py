"""Executions per second, latency, cold start and memory of each sandbox tier, beside a bare subprocess in the same run.

Each tier runs the job that it is for: a small pure function, one that writes and reads a file, one that uses NumPy; and
a graded candidate with three test cases, which is what a code tool sends.

Wall times of a shared machine move; the ratio to the bare subprocess and the processor time move less.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rubrica.errors import SandboxUnavailable
from rubrica.tools.sandbox.base import Job, Need, Sandbox
from rubrica.tools.sandbox.grading import Check, Known, grade
from rubrica.tools.sandbox.router import open_sandbox

CODE = "def f(x):\n    return sum(i * i for i in range(x))"
FILE = f"{CODE}\ndef g(x):\n    open('x', 'w').write(str(f(x)))\n    return int(open('x').read())"
ARRAY = "import numpy\ndef f(x):\n    return int((numpy.arange(x) ** 2).sum())"
ARGUMENT = 100
EXPECTED = str(sum(i * i for i in range(ARGUMENT)))
PURE_JOB = Job(code=CODE, entry="f", args=(ARGUMENT,))
FILE_JOB = Job(code=FILE, entry="g", args=(ARGUMENT,), need=Need.FILES)
ARRAY_JOB = Job(code=ARRAY, entry="f", args=(ARGUMENT,), need=Need.NUMPY)
CHECKS = [Check("", f"f({n})", Known(sum(i * i for i in range(n)))) for n in (1, 10, ARGUMENT)]
Once = Callable[[Sandbox], Awaitable[str | None]]
AT_ONCE = 2 * (os.cpu_count() or 1)


@dataclass
class Row:
    """One line of the table; times in milliseconds, memory in MB per worker."""

    name: str
    rate: float
    p50: float
    p95: float
    cpu: float
    cold: float = 0.0
    memory: float = 0.0


def job(job: Job) -> Once:
    async def once(sandbox: Sandbox) -> str | None:
        return (await sandbox.run(job)).value_json

    return once


async def graded(sandbox: Sandbox) -> str | None:
    _, results = await grade(sandbox, CODE, CHECKS)
    return EXPECTED if all(result.passed for result in results) else None


WORK: dict[str, tuple[str, Once]] = {
    "wasm": ("wasm", job(PURE_JOB)),
    "wasm, graded": ("wasm", graded),
    "jail": ("jail", job(PURE_JOB)),
    "jail, a file": ("jail", job(FILE_JOB)),
    "jail, NumPy": ("jail", job(ARRAY_JOB)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--tiers", default="wasm,jail")
    options = parser.parse_args()
    few = max(options.runs // 10, 20)
    bare = asyncio.run(measure("bare subprocess", partial(run_bare, CODE), few))
    rows = [bare, asyncio.run(measure("bare, NumPy", partial(run_bare, ARRAY), few))]
    for label, (tier, once) in WORK.items():
        try:
            if tier in options.tiers.split(","):
                rows.append(asyncio.run(measure_tier(label, tier, once, options.runs)))
        except SandboxUnavailable as reason:
            print(f"{label}: {reason}", file=sys.stderr)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    print("tier               exec/s  x bare  p50 ms  p95 ms  CPU ms  cold ms  MB/worker")
    for row in rows:
        beside = rows[1] if "NumPy" in row.name else bare
        speed = f"{row.rate:>8.0f}{row.rate / beside.rate:>8.1f}{row.p50:>8.1f}{row.p95:>8.1f}"
        cold = f"{row.cold:>9.0f}{row.memory:>11.0f}" if row.cold else ""
        print(f"{row.name:<17}{speed}{row.cpu:>8.2f}{cold}")


async def measure_tier(label: str, name: str, once: Once, runs: int) -> Row:
    """Measure a tier whose component is compiled and whose probe is done, as from its second use on a machine."""
    await open_and_close(name)
    sandbox = open_sandbox(name)
    try:
        begin = time.perf_counter()
        await once(sandbox)
        cold = (time.perf_counter() - begin) * 1e3
        await asyncio.gather(*(once(sandbox) for _ in range(AT_ONCE * 5)))
        row = await measure(label, partial(once, sandbox), runs)
        row.cold, row.memory = cold, memory_per_worker()
        return row
    finally:
        await sandbox.close()


async def open_and_close(name: str) -> None:
    sandbox = open_sandbox(name)
    try:
        report = await sandbox.probe()
        if not report.available:
            raise SandboxUnavailable(report.reason)
    finally:
        await sandbox.close()


async def run_bare(code: str) -> str:
    """Start a Python for one job and read what it prints: no wall at all."""
    code = f"{code}\nprint(f({ARGUMENT}))"
    site = ["-S"] if "numpy" not in code else []
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", *site, "-c", code, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    out, _ = await process.communicate()
    return out.decode().strip()


async def measure(name: str, once: Callable[[], Awaitable[str | None]], runs: int) -> Row:
    """Keep `AT_ONCE` jobs under way until `runs` are done."""
    latencies: list[float] = []
    left = iter(range(runs))

    async def caller() -> None:
        for _ in left:
            begin = time.perf_counter()
            assert await once() == EXPECTED
            latencies.append((time.perf_counter() - begin) * 1e3)

    begin, cpu = time.perf_counter(), processor_time()
    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    seconds, cpu = time.perf_counter() - begin, processor_time() - cpu
    latencies.sort()
    return Row(name, runs / seconds, latencies[runs // 2], latencies[runs * 95 // 100], cpu * 1e3 / runs)


def children() -> list[Path]:
    """Processes below this one, all generations (Linux; elsewhere none are seen)."""
    found, todo = [], [Path("/proc/self")]
    while todo:
        for task in (todo.pop() / "task").glob("*/children"):
            below = [Path(f"/proc/{pid}") for pid in task.read_text().split()]
            found += below
            todo += below
    return found


def processor_time() -> float:
    """Seconds of this process, of its ended children, and of those that live (with theirs that ended)."""
    own = os.times()
    ticks = 0
    for child in children():
        try:
            fields = (child / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has just ended
            continue
        ticks += sum(map(int, fields[11:15]))
    return own.user + own.system + own.children_user + own.children_system + ticks / os.sysconf("SC_CLK_TCK")


def memory_per_worker() -> float:
    """Mean proportional set size of the processes below this one, in MB."""
    sizes = []
    for child in children():
        try:
            lines = (child / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        sizes += [int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")]
    return sum(sizes) / len(sizes) if sizes else float("nan")


if __name__ == "__main__":
    main()
