"""Executions per second, latency, cold start and memory of each sandbox tier, beside a bare subprocess in the same run.

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
from pathlib import Path

from rubrica.errors import SandboxUnavailable
from rubrica.tools.sandbox.base import Job
from rubrica.tools.sandbox.router import open_sandbox

CODE = "def f(x):\n    return sum(i * i for i in range(x))"
ARGUMENT = 100
EXPECTED = str(sum(i * i for i in range(ARGUMENT)))
AT_ONCE = 2 * (os.cpu_count() or 1)


@dataclass
class Row:
    """One line of the table; times in milliseconds, memory in MB per worker."""

    name: str
    rate: float
    p50: float
    p95: float
    cpu: float
    cold: float = float("nan")
    memory: float = float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--tiers", default="wasm,jail")
    options = parser.parse_args()
    bare = asyncio.run(measure("bare subprocess", run_bare, max(options.runs // 10, 20)))
    rows = [bare]
    for name in options.tiers.split(","):
        try:
            rows.append(asyncio.run(measure_tier(name, options.runs)))
        except SandboxUnavailable as reason:
            print(f"{name}: {reason}", file=sys.stderr)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {sys.version.split()[0]}")
    print("tier               exec/s  x bare  p50 ms  p95 ms  CPU ms  cold ms  MB/worker")
    for row in rows:
        speed = f"{row.rate:>8.0f}{row.rate / bare.rate:>8.1f}{row.p50:>8.1f}{row.p95:>8.1f}"
        print(f"{row.name:<17}{speed}{row.cpu:>8.2f}{row.cold:>9.0f}{row.memory:>11.0f}")


async def measure_tier(name: str, runs: int) -> Row:
    """Measure a tier whose component is compiled and whose probe is done, as from its second use on a machine."""
    await open_and_close(name)
    sandbox = open_sandbox(name)
    job = Job(code=CODE, entry="f", args=(ARGUMENT,))

    async def once() -> str | None:
        return (await sandbox.run(job)).value_json

    try:
        begin = time.perf_counter()
        await once()
        cold = (time.perf_counter() - begin) * 1e3
        await asyncio.gather(*(once() for _ in range(AT_ONCE * 5)))
        row = await measure(name, once, runs)
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


async def run_bare() -> str:
    """Start a Python for one job and read what it prints: no wall at all."""
    code = f"{CODE}\nprint(f({ARGUMENT}))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", "-c", code, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
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
        fields = (child / "stat").read_text().rpartition(")")[2].split()
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
