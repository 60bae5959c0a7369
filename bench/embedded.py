"""Throughput and memory of the embedded judge: seed library, no code execution, worker processes.

    python bench/embedded.py [--sizes 1000 10000 100000] [--workers 2]

Cases are recombined from the demo preferences: each is a demo prompt under a made-up name, and answers to it in which
one sentence is exchanged for one of another answer of the same family. Texts differ, so no cache answers what it would
not answer on real data. Each size runs in a process of its own, so that its peak memory is its own. `steady`
leaves out what comes before the first verdict: the start of the workers.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import cycle

from rubrica.data.demo import demo_path
from rubrica.data.read import read
from rubrica.data.rows import Row
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan, judge_rows
from rubrica.tools.text import Text
from rubrica.types import Candidate, Case, Message, Task, TextPart

SEED = 20260508
SYLLABLES = tuple(a + b for a in "bdfgklmnprstvz" for b in "aeiou")


def main() -> None:
    parser = argparse.ArgumentParser(description="Throughput and memory of the embedded judge.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000], help="candidates")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="measure the first size here and print one JSON object")
    options = parser.parse_args()
    if options.json:
        print(json.dumps(measure(options.sizes[0], options.workers)))
        return
    for number, size in enumerate(options.sizes):
        arguments = ["--json", "--sizes", str(size), "--workers", str(options.workers)]
        told = subprocess.run([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, check=True)
        figures = json.loads(told.stdout)
        if number == 0:
            print("".join(f"{name:>15}" for name in figures))
        print("".join(f"{value:>15,}" for value in figures.values()), flush=True)


def measure(size: int, workers: int) -> dict[str, float]:
    """Judge at least `size` candidates as a stream that keeps nothing; memory is the peak of one process."""
    seen = {"cases": 0, "candidates": 0}
    started = first = time.perf_counter()
    for _ in judge_rows(Plan(library=seed_library(), sandbox="none"), counted(size, seen), workers=workers):
        if first == started:
            first = time.perf_counter()
    ended = time.perf_counter()
    own, pool = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = own.ru_utime + own.ru_stime + pool.ru_utime + pool.ru_stime
    return {
        **seen,
        "wall s": round(ended - started, 1),
        "CPU s": round(cpu, 1),
        "cases/s": round(seen["cases"] / (ended - started)),
        "candidates/s": round(seen["candidates"] / (ended - started)),
        "steady/s": round(seen["candidates"] / (ended - first)),
        "per CPU s": round(seen["candidates"] / cpu),
        "main MB": own.ru_maxrss // 1024,
        "worker MB": pool.ru_maxrss // 1024,
    }


def counted(size: int, seen: dict[str, int]) -> Iterator[Case]:
    """Pass cases on until they hold `size` candidates."""
    for case in recombined():
        if seen["candidates"] >= size:
            return
        seen["cases"] += 1
        seen["candidates"] += len(case.candidates)
        yield case


def recombined() -> Iterator[Case]:
    """Yield cases without end, the same ones each time."""
    rng = random.Random(SEED)
    rows = list(read(demo_path()))
    sentences: dict[str, list[str]] = {}
    for row in rows:
        texts = [Text(candidate.text) for candidate in row.case.candidates]
        sentences.setdefault(row.subset, []).extend(s for text in texts for s in text.sentence_texts)
    for number, row in enumerate(cycle(rows)):
        yield _variant(row, number, rng, sentences[row.subset])


def _variant(row: Row, number: int, rng: random.Random, sentences: list[str]) -> Case:
    *before, last = row.case.task.messages
    asked = Message(role=last.role, parts=(TextPart(text=f"{_name(number)} asks:\n\n{last.text}"),))
    return Case(
        task=Task(id=f"{row.case.id}-{number}", messages=(*before, asked), context=row.case.task.context),
        candidates=tuple(
            Candidate(id=one.id, parts=(TextPart(text=_spliced(one.text, rng, sentences)),))
            for one in row.case.candidates
        ),
    )


def _name(number: int) -> str:
    """Spell the number in syllables: a word that stands in no list."""
    syllables = []
    while number or len(syllables) < 2:
        number, rest = divmod(number, len(SYLLABLES))
        syllables.append(SYLLABLES[rest])
    return "".join(syllables).capitalize()


def _spliced(text: str, rng: random.Random, sentences: list[str]) -> str:
    places = Text(text).sentences
    if not places:
        return text
    start, end = rng.choice(places)
    return text[:start] + rng.choice(sentences) + text[end:]


if __name__ == "__main__":
    main()
