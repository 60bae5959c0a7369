"""A run: its folder, and the rows of everything that it has found out, so that it can die at any point and go on.

run.sqlite           cases, splits, findings, proposals, decisions, notes, events
checkpoints.sqlite   where the graph stands (langgraph)
events.jsonl         what happened, a line each
report.json, report.md
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import Field, JsonValue

from rubrica.data.split import Side
from rubrica.errors import InputError
from rubrica.evolution.edits import Edit
from rubrica.types import Preference, TaskFeatures, Usage, Value

Outcome = Literal["refused", "rejected", "accepted"]
"""By admission, by the gate, or not at all."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS cases (position INTEGER PRIMARY KEY, id TEXT, side TEXT, fold INTEGER, row TEXT);
CREATE TABLE IF NOT EXISTS findings (
    work TEXT, judge TEXT, features TEXT, grades TEXT, usage TEXT, PRIMARY KEY (work, judge)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counts (step TEXT PRIMARY KEY, asked INTEGER, judged INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS proposals (round INTEGER PRIMARY KEY, key TEXT, edit TEXT);
CREATE TABLE IF NOT EXISTS decisions (round INTEGER PRIMARY KEY, outcome TEXT, reason TEXT, facts TEXT);
CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY, round INTEGER, step TEXT, subject TEXT, text TEXT, facts TEXT,
    UNIQUE (round, step, subject));
"""


class Options(Value):
    """What a run was asked to do; a resumed run reads it back."""

    data: str
    """File of labelled cases."""
    test: str | None = None
    """Another file to test on; null = a share of the data."""
    format: str = "auto"
    """Input format of both files."""
    train: int | None = Field(default=None, ge=1)
    """Cases to learn from; null = all that are not test."""
    test_share: float = Field(default=0.4, gt=0, lt=1)
    seed: int = 0
    rounds: int = Field(default=8, ge=1)
    gate: str = "sequential"
    folds: int = Field(default=5, ge=2)
    draws: int = Field(default=199, ge=19)
    """Size of the gate's null distribution; larger where the level of a test takes it."""
    patience: int = Field(default=3, ge=1)
    """Edits without an accepted one before the run stops; an idea that leads to no edit has cost nothing."""
    max_minutes: float | None = Field(default=None, gt=0)
    max_calls: int | None = Field(default=None, ge=0)
    """Model calls."""
    max_cost: float | None = Field(default=None, ge=0)
    """US dollars."""
    allow_benchmarks: tuple[str, ...] = ()
    benchmarks: str | None = None
    """Registry file of benchmarks whose cases are refused."""
    strict_benchmarks: bool = False
    """Refuse cases of the public benchmarks that the package knows, too; else the library is stamped with them."""


class Event(Value):
    """One thing that happened, for people (`text`) and for machines (`facts`)."""

    round: int
    step: str
    subject: str = ""
    text: str
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class Decision(Value):
    """What became of a proposal."""

    round: int
    key: str
    title: str
    outcome: Outcome
    reason: str
    facts: dict[str, JsonValue] = Field(default_factory=dict)


class Findings(Value):
    """What is known of one case: grades per column, in the order of its candidates; null = the check cannot tell."""

    features: TaskFeatures
    grades: dict[str, tuple[float | None, ...]]


class Run:
    """An open run. Every write is one transaction, and writing the same thing twice changes nothing."""

    def __init__(self, folder: Path, db: sqlite3.Connection) -> None:
        self.folder, self._db = folder, db

    @classmethod
    @contextmanager
    def open(cls, folder: Path, options: Options | None = None) -> Iterator["Run"]:
        """Open the run in `folder`; with `options` it may be new.

        Raises:
            InputError: there is no run, or it was started with other options.
        """
        path = folder / "run.sqlite"
        if options is None and not path.exists():
            raise InputError("no run here; name the folder that `rubrica evolve` printed", path=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, isolation_level=None)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.executescript(_SCHEMA)
            run = cls(folder, db)
            if options is not None:
                run._begin(options)
            run._mend_events()
            yield run
        finally:
            db.close()

    def _begin(self, options: Options) -> None:
        self.note("options", options.model_dump(mode="json"))
        if self.options != options:
            raise InputError(
                "a run with other options is here; go on with --resume, or name another", path=str(self.folder)
            )

    @property
    def options(self) -> Options:
        return Options.model_validate(self.noted("options"))

    # Notes: small facts by name

    def note(self, name: str, value: JsonValue) -> None:
        """Keep a fact; the first value stays."""
        self._db.execute("INSERT OR IGNORE INTO notes VALUES (?, ?)", (name, _json(value)))

    def keep(self, name: str, value: JsonValue) -> None:
        """Keep a fact; the last value stays."""
        self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, _json(value)))

    def noted(self, name: str) -> JsonValue:
        """Return a fact, or None."""
        found = self._db.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return json.loads(found[0]) if found else None

    # Cases

    def add_cases(self, cases: Iterable[tuple[Preference, Side, int]]) -> None:
        """Store the cases of both sides, each with its fold (-1 in test), all or none."""
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?)",
                (
                    (position, preference.case.id, side, fold, preference.model_dump_json())
                    for position, (preference, side, fold) in enumerate(cases)
                ),
            )

    def cases(self, side: Side) -> list[Preference]:
        """Return the cases of a side in input order."""
        rows = self._db.execute("SELECT row FROM cases WHERE side = ? ORDER BY position", (side,))
        return [Preference.model_validate_json(row) for (row,) in rows]

    def folds(self) -> list[int]:
        """Return the fold of each train case, in order."""
        return [fold for (fold,) in self._db.execute("SELECT fold FROM cases WHERE side = 'train' ORDER BY position")]

    # Findings

    def findings(self, work: str, judge: str) -> Findings | None:
        """Return what `judge` has found out about a case, by content hash."""
        sql = "SELECT features, grades FROM findings WHERE work = ? AND judge = ?"
        found = self._db.execute(sql, (work, judge)).fetchone()
        if found is None:
            return None
        return Findings(features=TaskFeatures.model_validate_json(found[0]), grades=json.loads(found[1]))

    def add_findings(self, work: str, judge: str, found: Findings, usage: Usage, *, step: str) -> None:
        """Add grades to what is known of a case, and count the judgement, in one transaction."""
        with self._transaction():
            known = self.findings(work, judge)
            grades = {**(known.grades if known else {}), **found.grades}
            spent = self._spent_on(work, judge) + usage
            self._db.execute(
                "INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?)",
                (work, judge, found.features.model_dump_json(), _json(dict(grades)), spent.model_dump_json()),
            )
            self._db.execute("INSERT OR IGNORE INTO counts VALUES (?, 0, 0)", (step,))
            self._db.execute("UPDATE counts SET judged = judged + 1 WHERE step = ?", (step,))

    def count_asked(self, step: str, asked: int) -> None:
        """Keep how many cases a step needed, judged or not; asking again after a crash counts once."""
        self._db.execute("INSERT OR IGNORE INTO counts VALUES (?, 0, 0)", (step,))
        self._db.execute("UPDATE counts SET asked = ? WHERE step = ?", (asked, step))

    def judgements(self) -> tuple[int, int]:
        """Return judgements asked for and judgements made; the difference was reused."""
        asked, judged = self._db.execute("SELECT TOTAL(asked), TOTAL(judged) FROM counts").fetchone()
        return int(asked), int(judged)

    def add_proposing(self, number: int, usage: Usage) -> None:
        """Keep what the proposal of a round has cost; the first value stays."""
        self.note(f"proposing {number:04d}", usage.model_dump(mode="json"))

    def spent(self) -> Usage:
        """Return what all judgements and proposals have cost."""
        rows = self._db.execute("SELECT usage FROM findings ORDER BY work, judge").fetchall()
        rows += self._db.execute("SELECT value FROM notes WHERE name LIKE 'proposing %' ORDER BY name").fetchall()
        return sum((Usage.model_validate_json(row) for (row,) in rows), Usage())

    def _spent_on(self, work: str, judge: str) -> Usage:
        sql = "SELECT usage FROM findings WHERE work = ? AND judge = ?"
        found = self._db.execute(sql, (work, judge)).fetchone()
        return Usage.model_validate_json(found[0]) if found else Usage()

    # Proposals and what became of them

    def propose(self, number: int, key: str, edit: Edit | None) -> None:
        """Keep the proposal of a round with the edit that it leads to."""
        row = (number, key, edit.model_dump_json() if edit else None)
        self._db.execute("INSERT OR REPLACE INTO proposals VALUES (?, ?, ?)", row)

    def proposal(self, number: int) -> tuple[str, Edit | None]:
        """Return key and edit of a round's proposal."""
        key, edit = self._db.execute("SELECT key, edit FROM proposals WHERE round = ?", (number,)).fetchone()
        return key, Edit.model_validate_json(edit) if edit else None

    def decide(self, number: int, outcome: Outcome, reason: str, facts: Mapping[str, JsonValue]) -> None:
        """Keep what became of a round's proposal."""
        row = (number, outcome, reason, _json(dict(facts)))
        self._db.execute("INSERT OR REPLACE INTO decisions VALUES (?, ?, ?, ?)", row)

    def decisions(self) -> list[Decision]:
        """Return the rounds that are over, in order."""
        rows = self._db.execute(
            "SELECT round, key, edit, outcome, reason, facts FROM decisions JOIN proposals USING (round) ORDER BY round"
        ).fetchall()
        return [
            Decision(
                round=number,
                key=key,
                title=json.loads(edit)["title"] if edit else key,
                outcome=outcome,
                reason=reason,
                facts=json.loads(facts),
            )
            for number, key, edit, outcome, reason, facts in rows
        ]

    # Events

    def tell(self, event: Event) -> bool:
        """Log an event; False when it was told before the run was interrupted."""
        row = (event.round, event.step, event.subject, event.text, _json(event.facts))
        sql = "INSERT OR IGNORE INTO events (round, step, subject, text, facts) VALUES (?, ?, ?, ?, ?)"
        new = self._db.execute(sql, row).rowcount == 1
        if new:
            with (self.folder / "events.jsonl").open("a", encoding="utf-8") as file:
                file.write(event.model_dump_json() + "\n")
        return new

    def _mend_events(self) -> None:
        """Write the file of events again when a crash has kept a line, or a part of one, from it."""
        path = self.folder / "events.jsonl"
        told = path.read_bytes() if path.exists() else b""
        rows = self._db.execute("SELECT round, step, subject, text, facts FROM events ORDER BY number").fetchall()
        if told.count(b"\n") != len(rows) or told[-1:] not in (b"", b"\n"):
            events = [
                Event(round=number, step=step, subject=subject, text=text, facts=json.loads(facts))
                for number, step, subject, text, facts in rows
            ]
            path.write_text("".join(f"{event.model_dump_json()}\n" for event in events), encoding="utf-8")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def next_run_folder(runs: Path) -> Path:
    """Return the folder of the next run: numbered, so that their order shows."""
    taken = [int(path.name) for path in runs.glob("[0-9]*") if path.name.isdigit()]
    return runs / f"{max(taken, default=0) + 1:04d}"


def _json(value: JsonValue | Mapping[str, Sequence[float | None]]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
