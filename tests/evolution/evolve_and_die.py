"""Kills an evolving process at some of the moments when it touches the disk, resumes it, and prints what came of it.

Run as `python evolve_and_die.py DATA FOLDER POINTS [divided]`; `divided` starts from a library with a skill to split.
The first line is the undisturbed run; each further line a run that was killed once at its n-th touch (n spread evenly
over all) and resumed.
"""

import functools
import json
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from rubrica.errors import InputError
from rubrica.evolution.evidence import Judge
from rubrica.evolution.evolve import Means, evolve, resume
from rubrica.evolution.run import Options
from rubrica.library.library import Library
from rubrica.library.seed import builtin_entry
from rubrica.library.store import LibraryStore
from rubrica.parallel import Plan
from rubrica.skills.base import Skill
from rubrica.tools.builtin.catalog import load_builtins
from rubrica.tools.builtin.language import identify
from rubrica.types import Criterion

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir"})
MEASURES = ("numbered", "hedge", "words", "questions")
DIVIDED = len(sys.argv) > 4
touches = 0
fatal = -1


def touch() -> None:
    global touches  # noqa: PLW0603 - an audit hook has no other place to count
    touches += 1
    if touches == fatal:
        os.kill(os.getpid(), signal.SIGKILL)


class Counting(sqlite3.Connection):
    """Every statement is a touch: the kill comes before it."""

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        touch()
        return super().execute(*arguments)


def count(event: str, arguments: tuple[Any, ...]) -> None:
    if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING):
        touch()


def measure(name: str) -> Criterion:
    return Criterion(id=f"m-{name}", text="A measure.", scored_by="tool", tool="measure", arguments={"of": name})


def start() -> Library:
    style = Skill(name="style", description="Lists.", criteria=(measure("numbered"),))
    return Library.of([style], tools=[builtin_entry(load_builtins()["measure"])]) if DIVIDED else Library()


def means() -> Means:
    words = tuple(map(measure, ("links",) if DIVIDED else MEASURES))
    return Means(Judge(Plan(Library(), sandbox="none"), workers=1), vocabulary=words)


def forked(work: Callable[[], None]) -> bool:
    """Run in a child; False when it was killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 - a forked child may not return into the parent's frames
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a child failed; see standard error")
    return not os.WIFSIGNALED(status)


def begin(data: Path, place: Path, at: int) -> None:
    global fatal, touches
    touches, fatal = 0, at
    options = Options(data=str(data), train=72 if DIVIDED else 24, draws=49, folds=3)
    evolve(place / "library", options, means(), folder=place / "run")
    (place / "touches").write_text(str(touches))


def go_on(data: Path, place: Path) -> None:
    """Resume; when the run had not even written down what it was to do, start it again."""
    try:
        resume(place / "run", means())
    except InputError:
        begin(data, place, -1)


def main() -> None:
    data, folder, points = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    for heavy in ("langgraph.graph", "langgraph.checkpoint.sqlite"):  # loaded once, for all children
        import_module(heavy)
    load_builtins()
    identify("The language model of the language tool.")
    sqlite3.connect = functools.partial(sqlite3.connect, factory=Counting)  # type: ignore[assignment]
    sys.addaudithook(count)
    total = 0
    for point in range(points + 1):
        place = folder / f"at-{point}"
        place.mkdir()
        LibraryStore.init(place / "library", start())
        at = -1 if point == 0 else 1 + (point - 1) * total // points
        survived = forked(functools.partial(begin, data, place, at))
        if point == 0:
            total = int((place / "touches").read_text())
        if not survived:
            forked(functools.partial(go_on, data, place))
        report = json.loads((place / "run" / "report.json").read_text())
        version = LibraryStore.open(place / "library").load().version
        print(json.dumps({"survived": survived, "version": version, "report": report}), flush=True)
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
