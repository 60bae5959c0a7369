"""Evolve a library: the front door of the package."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import JsonValue

from rubrica.errors import InputError
from rubrica.evolution.evidence import Judge
from rubrica.evolution.graph import walk
from rubrica.evolution.memory import FOLDER, Memory
from rubrica.evolution.proposers import Embedded, Proposer
from rubrica.evolution.report import Report
from rubrica.evolution.run import Event, Options, Run, next_run_folder
from rubrica.evolution.session import Session
from rubrica.evolution.start import refuse_early
from rubrica.evolution.vocabulary import probes
from rubrica.library.library import Library
from rubrica.library.lock import writer_lock
from rubrica.library.message import CommitMessage
from rubrica.library.seed import seed_library
from rubrica.library.store import LibraryStore
from rubrica.memory import PRECEDENTS
from rubrica.memory.precedents import Precedents
from rubrica.parallel import Plan
from rubrica.types import Criterion


def ignore(event: Event) -> None:
    """Listen to nothing."""
    del event


@dataclass(frozen=True)
class Means:
    """With what a run works. A resumed run must be given the same."""

    judge: Judge
    proposer: Proposer = field(default_factory=Embedded)
    vocabulary: Sequence[Criterion] = ()
    """What the embedded proposer may ask about a text; empty = everything that built-in tools can answer."""
    walk: Callable[[Session], None] = walk
    """The loop: ours, or a preset's."""
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    """What they were made from; kept in the run, so that whoever resumes it can make the same."""

    @classmethod
    def offline(cls, *, sandbox: str = "auto", workers: int = 0) -> "Means":
        """No model, no network."""
        return cls(Judge(Plan(Library(), sandbox=sandbox), workers))


def evolve(
    library: Path,
    options: Options,
    means: Means,
    *,
    folder: Path | None = None,
    listen: Callable[[Event], None] = ignore,
) -> Report:
    """Evolve the library in a folder, which is made from the seed if there is none, and return the report.

    Args:
        library: the library's folder.
        options: what to do.
        means: with what.
        folder: of the run; null = the next one under the library's `.rubrica/runs`.
        listen: is told what happens.

    Raises:
        UserError: the data, the options or the library do not allow it.
    """
    if not (library / ".git").exists():
        refuse_early(options, Memory(library))
        LibraryStore.init(library, seed_library(), message=CommitMessage(subject="Start from the seed skills"))
    memory = Memory(library)
    place = folder or next_run_folder(memory.runs)
    with Run.open(place, options) as run:
        run.note("library", str(library.absolute()))
        run.note("settings", dict(means.settings))
        return _walked(run, means, listen)


def resume(folder: Path, means: Means, *, listen: Callable[[Event], None] = ignore) -> Report:
    """Go on with the run in a folder, to the same end as if it had never stopped."""
    with Run.open(folder) as run:
        return _walked(run, means, listen)


def settings_of(folder: Path) -> dict[str, JsonValue]:
    """Return what the means of a run were made from."""
    with Run.open(folder) as run:
        told = run.noted("settings")
    return told if isinstance(told, dict) else {}


def _walked(run: Run, means: Means, listen: Callable[[Event], None]) -> Report:
    library = run.noted("library")
    if not isinstance(library, str):
        raise InputError("the run does not say which library it is of; start it again", path=str(run.folder))
    run.note("judge", means.judge.id)
    if run.noted("judge") != means.judge.id:
        raise InputError(
            f"the run was judged by {run.noted('judge')}; this is {means.judge.id}: go on with the model, effort and "
            "sandbox that it began with",
            path=str(run.folder),
        )
    (Path(library) / FOLDER).mkdir(exist_ok=True)
    with writer_lock(Path(library) / FOLDER / "lock", wait_s=1.0):
        session = Session(
            run=run,
            store=LibraryStore.open(Path(library)),
            memory=Memory(Path(library)),
            judge=means.judge,
            proposer=means.proposer,
            vocabulary=means.vocabulary or probes(),
            listen=listen,
        )
        means.walk(session)
        with Precedents.open(Path(library) / PRECEDENTS) as precedents:
            precedents.add(run.cases("train"), "train")
            precedents.add(run.cases("test"), "test")
    return Report.model_validate_json((run.folder / "report.json").read_text(encoding="utf-8"))
