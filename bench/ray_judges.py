"""Judging on Ray beside judging without it: the same cases, in the same run, with 1 and 2 judges on this machine.

    python bench/ray_judges.py [--cases 4000] [--workers 1 2] [--json]

Cases are those of `bench/embedded.py`; no code runs. Each line is a process of its own. `start s` is what comes before
the first result: starting the workers, or Ray and then the judges. `per case ms` is the time after that. `CPU s`
and `MB` are of all processes together: processor time, the steadier number on a busy machine, and the peak of memory,
shared pages counted once (PSS). The digest of all results must be the same on every line. One machine can only show
what Ray costs: what it gains needs more machines than one.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from embedded import recombined

from rubrica.adapters.ray.cluster import CHUNK as RAY_CHUNK
from rubrica.adapters.ray.cluster import ray_judges
from rubrica.commands.judging import Judges, open_judges
from rubrica.harness import CHUNK
from rubrica.library.seed import seed_library
from rubrica.parallel import Plan

PLAN = Plan(library=seed_library(), sandbox="none")
EVERY_S = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description="What Ray costs on one machine.")
    parser.add_argument("--cases", type=int, default=4_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--one", choices=["here", "ray"], help="measure one line in this process, and print it as JSON")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.workers[0], options.cases)))
        return
    table = []
    for workers in options.workers:
        for where in ("here", "ray"):
            command = [sys.executable, __file__, "--one", where, "--workers", str(workers)]
            told = subprocess.run([*command, "--cases", str(options.cases)], stdout=subprocess.PIPE, check=True)
            table.append(json.loads(told.stdout))
            if not options.json:
                print("  ".join(f"{name} {value:>6}" for name, value in table[-1].items()), flush=True)
    assert len({line["digest"] for line in table}) == 1, "the results differ"
    if options.json:
        print(json.dumps(table))


def measure(where: str, workers: int, cases: int) -> dict[str, object]:
    taken = list(islice(recombined(), cases))
    digest, peak = hashlib.sha256(), Peak()
    with peak:
        started = time.perf_counter()
        with judges(where, workers) as judged:
            rows = judged(iter(taken))
            digest.update(next(rows).json.encode())
            first = time.perf_counter()
            for row in rows:
                digest.update(row.json.encode())
            ended = time.perf_counter()
        closed = time.perf_counter()
    rest = cases - (CHUNK if where == "here" else RAY_CHUNK)
    return {
        "where": where,
        "workers": workers,
        "cases": cases,
        "start s": round(first - started, 1),
        "all s": round(closed - started, 1),
        "cases/s": round(cases / (closed - started)),
        "per case ms": round(1000 * (ended - first) / rest, 2),
        "CPU s": round(peak.cpu, 1),
        "MB": round(peak.mb),
        "load": round(os.getloadavg()[0], 1),
        "digest": digest.hexdigest()[:8],
    }


@contextmanager
def judges(where: str, workers: int) -> Iterator[Judges]:
    with ray_judges(PLAN, "local", workers=workers) if where == "ray" else open_judges(PLAN, workers) as found:
        yield found


class Peak:
    """Watches memory and processor time of this process and of all that it has started."""

    def __init__(self) -> None:
        self.mb = 0.0
        self._cpu: dict[int, float] = {}
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._watch.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            alive = family(os.getpid())
            self.mb = max(self.mb, sum(map(pss_mb, alive)))
            self._cpu.update({pid: seconds for pid in alive if (seconds := cpu_s(pid))})

    @property
    def cpu(self) -> float:
        """Seconds, as far as they were seen: the last quarter of a second of a process is not."""
        return sum(self._cpu.values())


def family(root: int) -> set[int]:
    """Return a process and its descendants."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended
                continue
    found, before = {root}, 0
    while len(found) > before:
        before = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found


def cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()
