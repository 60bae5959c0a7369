"""What judging costs beside the model: wall time, CPU, memory and connections, against a bare aiohttp loop.

    python bench/llm_overhead.py [--latency 0.1] [--counts 200,1000] [--concurrency 64,256]

The server answers after a fixed latency, in a process of its own. Each row runs in a process of its own too:

    bare      an aiohttp loop that posts ready-made bodies and reads the JSON that comes back
    client    the same number of judge requests through `LanguageModel`: render, post, parse, validate
    low       whole judgements at low effort, beside a bare loop with the same number of requests
    medium    the same at medium effort

The garbage collector comes as seldom as it does in every `rubrica` command.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from faults import pairs

from rubrica.collector import collect_seldom
from rubrica.harness import Effort
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan
from rubrica.reasoners.direct import Direct
from rubrica.reasoners.limiter import Limiter
from rubrica.reasoners.llm import LanguageModel
from rubrica.reasoners.shape import wire_schema
from rubrica.reasoners.transport import Call
from rubrica.requests.judge import Grades, JudgeRequest
from rubrica.types import Criterion, TaskView

HERE = Path(__file__).resolve()
SERVER = HERE.parents[1] / "tests" / "servers" / "openai_compatible.py"
CRITERIA = (Criterion(id="right", text="The answer is right."), Criterion(id="clear", text="The answer is clear."))


def requests(count: int) -> list[JudgeRequest]:
    return [
        JudgeRequest(task=TaskView.of(pair.case.task), candidates=pair.case.candidates, criteria=CRITERIA)
        for pair in pairs(count)
    ]


def counts(url: str) -> dict[str, int]:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/counts") as answer:
        told: dict[str, int] = json.load(answer)
    return told


async def bare(url: str, count: int, concurrency: int) -> None:
    import aiohttp

    schema = wire_schema(Grades)
    calls = [Call(messages=request.messages(), name="judge", schema=schema) for request in requests(count)]
    bodies = [json.dumps(call.body("m") | {"max_tokens": 4096}, default=dict).encode() for call in calls]
    slots = asyncio.Semaphore(concurrency)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), headers={"Content-Type": "application/json"}
    ) as session:

        async def post(body: bytes) -> None:
            async with slots, session.post(url + "/chat/completions", data=body) as response:
                json.loads(await response.read())

        started()
        await asyncio.gather(*map(post, bodies))


async def client(url: str, count: int, concurrency: int) -> None:
    model = LanguageModel(Direct("m", [url]), limiter=Limiter(concurrency=concurrency))
    asked = requests(count)
    await model.complete(JudgeRequest.model_validate(asked[0].model_copy(update={"sample": 1})))
    started()
    await asyncio.gather(*map(model.complete, asked))


async def judgements(url: str, count: int, concurrency: int, *, effort: Effort) -> None:
    model = LanguageModel(Direct("m", [url]), limiter=Limiter(concurrency=concurrency))
    plan = Plan(seed_library(), effort=effort, sandbox="none", reasoner=model, in_flight=4 * concurrency)
    harness = plan.harness()
    cases = [pair.case for pair in pairs(count + 1)]
    async for _ in harness.judge(cases[count:]):
        pass
    started()
    async for _ in harness.judge(cases[:count]):
        pass


_BEGAN: list[float] = []


def started() -> None:
    """Set-up is over: imports, bodies, one warm-up call."""
    _BEGAN[:] = [time.perf_counter(), time.process_time()]


def run_part(part: str, url: str, count: int, concurrency: int) -> dict[str, float]:
    """Run one row in this process."""
    before = counts(url)
    collect_seldom()
    if part == "bare":
        asyncio.run(bare(url, count, concurrency))
    elif part == "client":
        asyncio.run(client(url, count, concurrency))
    else:
        asyncio.run(judgements(url, count, concurrency, effort="low" if part == "low" else "medium"))
    wall, cpu = time.perf_counter() - _BEGAN[0], time.process_time() - _BEGAN[1]
    after = counts(url)
    return {
        "wall": wall,
        "cpu": cpu,
        "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "calls": after["calls"] - before.get("calls", 0),
        "connections": after["connections"] - before["connections"],
    }


def measured(part: str, url: str, count: int, concurrency: int) -> dict[str, float]:
    """Run one row in a process of its own."""
    line = [sys.executable, str(HERE), "--part", part, "--url", url, "--count", str(count), "--at", str(concurrency)]
    told: dict[str, float] = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    return told


def table(url: str, sizes: list[int], concurrencies: list[int], parts: list[str]) -> None:
    print(
        f"{'row':<8}{'n':>6}{'at once':>9}{'calls':>8}{'wall s':>9}{'bare s':>9}{'ratio':>7}"
        f"{'CPU ms a call':>15}{'CPU ms each':>13}{'MB':>6}{'connections':>13}"
    )
    for count in sizes:
        for concurrency in concurrencies:
            for part in parts:
                told = measured(part, url, count, concurrency)
                base = told if part == "bare" else measured("bare", url, int(told["calls"]), concurrency)
                print(
                    f"{part:<8}{count:>6}{concurrency:>9}{told['calls']:>8.0f}{told['wall']:>9.2f}{base['wall']:>9.2f}"
                    f"{told['wall'] / base['wall']:>7.2f}{1000 * told['cpu'] / told['calls']:>15.2f}"
                    f"{1000 * told['cpu'] / count:>13.2f}{told['rss']:>6.0f}{told['connections']:>13.0f}",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--counts", default="200,1000")
    parser.add_argument("--concurrency", default="64,256")
    parser.add_argument("--parts", default="bare,client,low,medium")
    for name in ("--part", "--url"):
        parser.add_argument(name, help=argparse.SUPPRESS)
    for name in ("--count", "--at"):
        parser.add_argument(name, type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        print(json.dumps(run_part(options.part, options.url, options.count, options.at)))
        return
    serve = [sys.executable, str(SERVER), "--latency", str(options.latency)]
    with subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        numbers = [[int(item) for item in given.split(",")] for given in (options.counts, options.concurrency)]
        table(url, *numbers, options.parts.split(","))
        server.stdin.close()


if __name__ == "__main__":
    main()
