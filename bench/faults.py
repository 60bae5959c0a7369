"""What an endpoint's faults do to verdicts: 200 pairs each against a server that knows the right answer.

    python bench/faults.py [--pairs 200] [--effort medium] [--concurrency 32]

Half of the pairs can be settled by tools (arithmetic), half by the model alone. Faults hit fixed random shares of the
calls. In the last row the server prefers whatever it is shown first on a fixed random 30% of the pairs. The server is
ours: the table is about what the client and the roles do with faults, not about how well a model judges.
"""

import argparse
import asyncio
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "servers"))

from openai_compatible import Knower, ModelServer

from rubrica.harness import Effort, Harness
from rubrica.library.seed import seed_library
from rubrica.reasoners.direct import Direct
from rubrica.reasoners.limiter import Limiter
from rubrica.reasoners.llm import LanguageModel
from rubrica.types import Candidate, Case, Message, Task, TextPart, Unscored, Verdict

PLACES = ("harbour", "market", "garden", "library", "station", "bakery", "museum", "bridge", "valley", "workshop")
MOODS = ("quiet", "crowded", "cheerful", "gloomy", "bright", "dusty", "windy", "ancient", "modern", "tidy")


@dataclass(frozen=True)
class Pair:
    """A case, which candidate is the better one, and who could know."""

    case: Case
    better: str
    kind: str


def pairs(count: int) -> list[Pair]:
    """Return the same pairs on every run, the better candidate first in half of them."""
    rng = random.Random(7)
    return [(_sum if n % 2 else _opinion)(n, rng) for n in range(count)]


def _sum(n: int, rng: random.Random) -> Pair:
    a, b = rng.randint(12, 98), rng.randint(12, 98)
    wrong = a * b + rng.choice((-20, -10, 10, 20))
    return _pair(n, f"What is {a} * {b}?", f"{a} * {b} = {a * b}", f"{a} * {b} = {wrong}", kind="tools can tell")


def _opinion(n: int, rng: random.Random) -> Pair:
    place, (good, bad) = rng.choice(PLACES), rng.sample(MOODS, 2)
    prompt = f"Describe the {place} of town {n} in one sentence."
    return _pair(n, prompt, f"The {place} is {good} today.", f"The {place} is {bad} today.", kind="the model can tell")


def _pair(n: int, prompt: str, good: str, bad: str, *, kind: str) -> Pair:
    texts = [good, bad] if n % 4 < 2 else [bad, good]
    candidates = tuple(Candidate(id=f"c{i}", parts=(TextPart(text=text),)) for i, text in enumerate(texts))
    task = Task(id=f"pair-{n:03}", messages=(Message(role="user", parts=(TextPart(text=prompt),)),))
    return Pair(Case(task=task, candidates=candidates), better=f"c{texts.index(good)}", kind=kind)


def truth(given: list[Pair]) -> Knower:
    """A mind that knows every candidate's worth by its text."""
    worth = {
        (pair.case.task.messages[0].text, candidate.text): 0.9 if candidate.id == pair.better else 0.2
        for pair in given
        for candidate in pair.case.candidates
    }
    return Knower(quality=lambda task, text: worth[task, text])


@contextmanager
def serving(server: ModelServer) -> Iterator[None]:
    """Run the server in a thread of its own."""
    loop, ready = asyncio.new_event_loop(), threading.Event()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.__aenter__())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(server.__aexit__())

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def verdict_of(pair: Pair, result: Verdict | Unscored) -> str:
    """Sort a result."""
    if isinstance(result, Unscored):
        return "undecided" if result.reason == "undecided" else "unscored"
    winners = [score.candidate for score in result.scores if score.rank == 0]
    if len(winners) > 1:
        return "undecided"
    return "right" if winners == [pair.better] else "wrong"


def scenes(knower: Knower) -> dict[str, ModelServer]:
    """Return every server that is tried."""
    return {
        "clean": ModelServer(mind=knower),
        "10% malformed": ModelServer(mind=knower, rates={"malformed": 0.1}),
        "20% status 429": ModelServer(mind=knower, rates={"rate-after": 0.2}),
        "5% status 500": ModelServer(mind=knower, rates={"server": 0.05}),
        "all three": ModelServer(mind=knower, rates={"malformed": 0.1, "rate-after": 0.2, "server": 0.05}),
        "30% position bias": ModelServer(mind=replace(knower, biased=0.3)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--effort", choices=("low", "medium", "high"), default="medium")
    parser.add_argument("--concurrency", type=int, default=32)
    options = parser.parse_args()
    given, effort = pairs(options.pairs), options.effort
    print(f"{'server':<20}{'right':>7}{'wrong':>7}{'undecided':>11}{'unscored':>10}{'calls':>8}{'a pair':>8}{'s':>7}")
    for name, server in scenes(truth(given)).items():
        server.keeps = False
        with serving(server):
            report(name, server, given, judge(server, given, effort, options.concurrency))


def judge(server: ModelServer, given: list[Pair], effort: Effort, concurrency: int) -> tuple[list[str], float]:
    """Judge all pairs; return what became of each, and the seconds."""
    model = LanguageModel(Direct("known-truth", [server.url]), limiter=Limiter(concurrency=concurrency))
    harness = Harness(library=seed_library(), reasoner=model, effort=effort, chunk=1, in_flight=2 * concurrency)
    started = time.perf_counter()
    results = harness.judge_all(pair.case for pair in given)
    told = [verdict_of(pair, judged.result) for pair, judged in zip(given, results, strict=True)]
    return told, time.perf_counter() - started


def report(name: str, server: ModelServer, given: list[Pair], outcome: tuple[list[str], float]) -> None:
    told, seconds = outcome
    counts, calls = Counter(told), server.counts["calls"]
    print(
        f"{name:<20}{counts['right']:>7}{counts['wrong']:>7}{counts['undecided']:>11}{counts['unscored']:>10}"
        f"{calls:>8}{calls / len(given):>8.1f}{seconds:>7.1f}",
        flush=True,
    )
    missed = Counter(f"{what}: {pair.kind}" for pair, what in zip(given, told, strict=True) if what != "right")
    for what, count in sorted(missed.items()):
        print(f"    {count} {what}", flush=True)


if __name__ == "__main__":
    main()
