"""The file that `judge --out` writes: one result a line in input order, resumable, its costs in a file beside it."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rubrica.errors import UserError
from rubrica.parallel import Row


class VerdictFile:
    """Appends results; a run that was interrupted goes on after the last whole line.

    `PATH` holds the results and nothing that varies between runs; `PATH.usage.jsonl` what each cost; `PATH.run.json`
    what the run depends on, so that another library or input is never appended to it.
    """

    def __init__(self, path: Path, run: Mapping[str, object], *, force: bool = False) -> None:
        self.path = path
        self._usage_path = path.with_name(path.name + ".usage.jsonl")
        self._run_path = path.with_name(path.name + ".run.json")
        self.done = 0
        """Results that an earlier, interrupted run has written."""
        if not force and path.exists():
            self._must_match(run)
            self.done = min(_whole_lines(path), _whole_lines(self._usage_path))
        _keep_lines(path, self.done)
        _keep_lines(self._usage_path, self.done)
        self._run_path.write_text(json.dumps(run, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        self._out: IO[str] = path.open("a", encoding="utf-8")
        self._usage: IO[str] = self._usage_path.open("a", encoding="utf-8")

    def write(self, row: Row) -> None:
        """Append one result and its cost."""
        cost = {"case": row.case, "seconds": round(row.seconds, 6), **row.usage.model_dump(mode="json")}
        self._out.write(row.json + "\n")
        self._usage.write(json.dumps(cost, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.close()
        self._usage.close()

    def _must_match(self, run: Mapping[str, object]) -> None:
        before = json.loads(self._run_path.read_text(encoding="utf-8")) if self._run_path.exists() else None
        if before != dict(run):
            changed = sorted(key for key in run if before is None or before.get(key) != run[key])
            raise UserError(
                f"{self.path} exists and comes from another run ({', '.join(changed)} differ); "
                "choose another --out, or --force to overwrite it"
            )


def _whole_lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _keep_lines(path: Path, count: int) -> None:
    """Cut a file after its first `count` lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        file.seek(0)
        for _ in range(count):
            file.readline()
        file.truncate(file.tell())
        os.fsync(file.fileno())
