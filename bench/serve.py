"""The reward service under load, beside a route of the same framework that does nothing, in the same run.

    python bench/serve.py [--scores 2000] [--flight 1 64 500 1000] [--burst 1000] [--memory 100000]

Four servers run, each in a process of its own: the empty route; `rubrica serve` with the seed library and the embedded
reasoner; the same with a language model, at low effort (one call a sample), and a model server that answers after 100
ms. Load comes from this process, one sample a request, over keep-alive connections, or in the burst over a new one
each, all opened at once. A sample is scored once cold (never seen) and once warm (asked again). Latencies are of whole
requests in milliseconds; on a busy machine look at the processor time of the server and its workers, and at the ratio
to the empty route. Every answer is checked: none may be missing, and a sample asked twice must have one answer.
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

ROOT = Path(__file__).resolve().parents[1]
EMPTY = """
import resource, socket, uvicorn
from fastapi import FastAPI, Request
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
app = FastAPI()
@app.post("/slime")
async def nothing(request: Request) -> float:
    await request.json()
    return 0.5
listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
print("serving on http://127.0.0.1:%d (" % listener.getsockname()[1], flush=True)
config = uvicorn.Config(app, log_config=None, access_log=False, timeout_keep_alive=75, lifespan="off")
uvicorn.Server(config).run(sockets=[listener])
"""
SERVICE = [sys.executable, "-m", "rubrica.cli", "serve", "--port", "0", "--sandbox", "none"]
MODEL = [sys.executable, str(ROOT / "tests" / "servers" / "openai_compatible.py"), "--latency", "0.1"]
MARKS = (0.0, 0.1, 0.5, 1.0)
"""Shares of the long run after which memory is read."""
Row = dict[str, object]
Body = dict[str, str]


@dataclass(frozen=True)
class Server:
    """A server in a process of its own, perhaps with workers."""

    url: str
    pid: int

    def family(self) -> list[int]:
        """Return its process id and those of its workers."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        children = [child for task in tasks for child in (task / "children").read_text().split()]
        return [self.pid, *(int(child) for child in children if b"spawn_main" in cmdline(child))]

    def cpu_s(self) -> float:
        """Return the processor time of the family: on a shared machine the steadier number."""
        total = 0
        for pid in self.family():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")


def cmdline(pid: str) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def memory_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def served(command: Sequence[str]) -> Iterator[Server]:
    """Run a server that says on one line where it is."""
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        yield Server(line[line.index("http") :].split()[0], process.pid)
    finally:
        process.terminate()
        process.communicate()


async def load(
    url: str, bodies: Sequence[Body], in_flight: int, *, fresh: bool = False
) -> tuple[list[float], list[float]]:
    """Post every body, over kept or fresh connections; return answers and latencies in ms, in order."""
    answers, latencies = [float("nan")] * len(bodies), [0.0] * len(bodies)
    numbers = iter(range(len(bodies)))
    connector = aiohttp.TCPConnector(limit=in_flight, force_close=fresh)
    async with aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=None)) as session:

        async def caller() -> None:
            for i in numbers:
                started = time.perf_counter()
                async with session.post(f"{url}/slime", json=bodies[i]) as response:
                    response.raise_for_status()
                    answers[i] = await response.json()
                latencies[i] = 1000 * (time.perf_counter() - started)

        await asyncio.gather(*(caller() for _ in range(in_flight)))
    return answers, latencies


def bodies(count: int, salt: int) -> list[Body]:
    """Return short tasks, no two alike for salts up to a thousand."""
    sums = ((salt * 1_000_000 + i, 7 + i % 90) for i in range(count))
    return [{"prompt": f"What is {a} + {b}? Answer in one sentence.", "response": f"It is {a + b}."} for a, b in sums]


class Bench:
    """The table so far; every answer that goes into it is checked."""

    def __init__(self, empty: Server) -> None:
        self.empty = empty
        self.rows: list[Row] = []

    def compare(self, name: str, service: Server, asked: list[Body], in_flight: int, *, fresh: bool = False) -> None:
        """Add a row for the empty route, one for samples never seen and one for the same samples again."""
        _, rate = self.measure("empty route", self.empty, asked, in_flight, fresh=fresh)
        cold, _ = self.measure(f"{name}, cold", service, asked, in_flight, fresh=fresh, beside=rate)
        warm, _ = self.measure(f"{name}, warm", service, asked, in_flight, fresh=fresh, beside=rate)
        check(cold, warm)

    def measure(
        self, name: str, server: Server, asked: list[Body], in_flight: int, *, fresh: bool, beside: float = 0.0
    ) -> tuple[list[float], float]:
        cpu, started = server.cpu_s(), time.perf_counter()
        answers, latencies = asyncio.run(load(server.url, asked, in_flight, fresh=fresh))
        rate, ordered = len(asked) / (time.perf_counter() - started), sorted(latencies)
        row: Row = {
            "what": name,
            "in flight": f"{in_flight} new" if fresh else in_flight,
            "scores/s": round(rate, 1),
            "of empty": f"{rate / beside:.2f}" if beside else "",
            "p50 ms": round(ordered[len(ordered) // 2], 1),
            "p99 ms": round(ordered[len(ordered) * 99 // 100], 1),
            "server cpu ms": round(1000 * (server.cpu_s() - cpu) / len(asked), 2),
        }
        self.rows.append(row)
        print("  ".join(f"{key} {value!s:>13}" for key, value in row.items()), file=sys.stderr)
        return answers, rate


def check(cold: Sequence[float], warm: Sequence[float]) -> None:
    """Nothing is lost, and nothing is answered twice differently."""
    if not all(0 < answer < 1 for answer in cold):
        raise SystemExit("an answer is missing")
    if list(warm) != list(cold):
        raise SystemExit("an answer changed")


def long_run(service: Server, count: int) -> list[Row]:
    """Score so many samples that were never seen, then some of the first again; return the memory on the way."""
    asked, told = bodies(count, 999), []
    rows: list[Row] = []
    for start, end in zip((0.0, *MARKS), MARKS, strict=False):
        part = asked[int(start * count) : int(end * count)]
        told += asyncio.run(load(service.url, part, 64))[0] if part else []
        front, *workers = (round(memory_mb(pid)) for pid in service.family())
        rows.append({"requests": len(told), "service MiB": front, "workers MiB": " ".join(map(str, workers))})
        print(rows[-1], file=sys.stderr)
    check(told[:1000], asyncio.run(load(service.url, asked[:1000], 64))[0])
    return rows


def table(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table."""
    names = list(rows[0])
    lines = [names, ["---", *("---:" for _ in names[1:])], *([str(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=int, default=2000, help="samples of each row")
    parser.add_argument("--flight", type=int, nargs="+", default=[1, 64, 500, 1000])
    parser.add_argument("--burst", type=int, default=1000, help="new connections at once")
    parser.add_argument("--memory", type=int, default=100_000, help="requests of the run that watches memory; 0 = none")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as stack:
        cache = stack.enter_context(tempfile.TemporaryDirectory())
        bench = Bench(stack.enter_context(served([sys.executable, "-c", EMPTY])))
        service = stack.enter_context(served([*SERVICE, "--workers", str(options.workers)]))
        for salt, in_flight in enumerate(options.flight, 1):
            bench.compare("embedded", service, bodies(options.scores, salt), in_flight)
        bench.compare("embedded", service, bodies(options.burst, 100), options.burst, fresh=True)
        memory = long_run(service, options.memory) if options.memory else []
        model = stack.enter_context(served(MODEL))
        asking = ("--model", "test", "--api-base", model.url, "--effort", "low")
        asked = stack.enter_context(served([*SERVICE, *asking, "--cache", f"{cache}/replies.sqlite"]))
        for salt, in_flight in enumerate(options.flight, 1):
            count = max(20, min(in_flight * 20, options.scores))  # one at a time, each takes its 100 ms
            bench.compare("model", asked, bodies(count, salt), in_flight)
    print(table(bench.rows))
    print(f"\nload of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    print(table(memory) if memory else "")


if __name__ == "__main__":
    main()
