"""The reward service under load, beside a route of the same framework that does nothing, in the same run.

    python bench/serve.py [--scores 2000] [--flight 1 64 500] [--json]

The service runs in a process of its own with the seed library and the embedded reasoner; so does the empty route. Load
comes from this process over keep-alive connections, one sample a request, each scored once cold (never seen before) and
once warm (asked again: the cache answers). Latencies are of whole requests in milliseconds; on a busy machine look at
the server's processor time first. Every answer is checked: none may be missing, and a warm one must equal the cold one.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

EMPTY = """
import socket, uvicorn
from fastapi import FastAPI, Request
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
Row = dict[str, object]
SERVICE = [sys.executable, "-m", "rubrica.cli", "serve", "--port", "0", "--sandbox", "none"]


@contextmanager
def served(command: list[str]) -> Iterator[tuple[str, int]]:
    """Run a server and yield its address and process id."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    try:
        yield line[line.index("http") :].split()[0], process.pid
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


async def load(url: str, bodies: list[dict[str, str]], in_flight: int) -> tuple[list[float], list[float], float]:
    """Post every body; return answers in order, latencies in ms and the seconds it took."""
    answers, latencies = [float("nan")] * len(bodies), [0.0] * len(bodies)
    numbers = iter(range(len(bodies)))
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def worker() -> None:
            for i in numbers:
                started = time.perf_counter()
                async with session.post(f"{url}/slime", json=bodies[i]) as response:
                    response.raise_for_status()
                    answers[i] = await response.json()
                latencies[i] = 1000 * (time.perf_counter() - started)

        started = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(in_flight)))
        return answers, latencies, time.perf_counter() - started


def bodies(count: int, salt: int) -> list[dict[str, str]]:
    """Return short tasks, no two alike."""
    sums = ((salt * count + i, 7 + i % 90) for i in range(count))
    return [{"prompt": f"What is {a} + {b}? Answer in one sentence.", "response": f"It is {a + b}."} for a, b in sums]


def memory_mb(pid: int) -> float:
    """Return the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used: on a shared machine the steadier number."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measured(
    name: str, server: tuple[str, int], asked: list[dict[str, str]], in_flight: int
) -> tuple[list[float], Row]:
    """Post every body; return the answers in order, and one line of the table."""
    url, pid = server
    before = cpu_s(pid)
    answers, latencies, seconds = asyncio.run(load(url, asked, in_flight))
    ordered = sorted(latencies)
    told: Row = {
        "what": name,
        "in flight": in_flight,
        "scores/s": round(len(ordered) / seconds, 1),
        "p50 ms": round(ordered[len(ordered) // 2], 2),
        "p99 ms": round(ordered[len(ordered) * 99 // 100], 2),
        "server cpu ms": round(1000 * (cpu_s(pid) - before) / len(ordered), 2),
    }
    return answers, told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scores", type=int, default=2000)
    parser.add_argument("--flight", type=int, nargs="+", default=[1, 64, 500])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table: list[Row] = []
    with served([sys.executable, "-c", EMPTY]) as empty, served(SERVICE) as service:
        pid = service[1]
        before = memory_mb(pid)
        for salt, in_flight in enumerate(options.flight, 1):
            asked = bodies(options.scores, salt)
            table.append(measured("empty route", empty, asked, in_flight)[1])
            cold, line = measured("rubrica, cold", service, asked, in_flight)
            warm, again = measured("rubrica, warm", service, asked, in_flight)
            table += [line, again]
            assert all(0 < answer < 1 for answer in cold), "an answer is missing"
            assert warm == cold, "an answer changed"
        memory = {"memory before, MiB": round(before), "after, MiB": round(memory_mb(pid))}
    if options.json:
        print(json.dumps({"rows": table, **memory}))
        return
    for line in table:
        print("  ".join(f"{name} {value!s:>13}" for name, value in line.items()))
    print(memory)


if __name__ == "__main__":
    main()
