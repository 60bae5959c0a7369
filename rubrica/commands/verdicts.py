"""The file that `judge --out` writes: one result a line in input order, resumable, its costs in a file beside it."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rubrica.errors import UserError
from rubrica.parallel import Row


class VerdictFile:
    """Appends results; a run that was interrupted goes on after the last whole line.

    `PATH` holds the results and nothing that varies between runs; `PATH.usage.jsonl` what each cost; `PATH.run.json`
    what the run depends on, so that another library or input is never appended to it.

    Raises:
        UserError: the files cannot be written, or hold the results of another run.
    """

    def __init__(self, path: Path, run: Mapping[str, object], *, force: bool = False) -> None:
        self.path = path
        self._usage_path = _usage_path(path)
        self._run_path = path.with_name(path.name + ".run.json")
        self.done = 0
        """Results that an earlier, interrupted run has written."""
        if path.exists() and not path.is_file():
            raise UserError(f"{path} is no regular file; --out needs one, and --json prints to standard output")
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            if not force and path.exists():
                self._must_match(run)
                self.done = results_in(path)
            _keep_lines(path, self.done)
            _keep_lines(self._usage_path, self.done)
            _replace(self._run_path, json.dumps(run, indent=2, sort_keys=True) + "\n")
            self._out: IO[str] = path.open("a", encoding="utf-8", newline="\n")
            self._usage: IO[str] = self._usage_path.open("a", encoding="utf-8", newline="\n")

    def earlier(self) -> Iterator[str]:
        """Yield the results that were there before, one line each."""
        with self.path.open(encoding="utf-8", newline="\n") as file:
            for line in islice(file, self.done):
                yield line.rstrip("\n")

    def write(self, row: Row) -> None:
        """Append one result and its cost."""
        cost = {"case": row.case, "seconds": round(row.seconds, 6), **row.usage.model_dump(mode="json")}
        with _writing(self.path):
            self._out.write(row.json + "\n")
            self._usage.write(json.dumps(cost, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _writing(self.path):
            try:
                self._out.close()
            finally:
                self._usage.close()

    def _must_match(self, run: Mapping[str, object]) -> None:
        before = _read_run(self._run_path)
        if not before and self.path.stat().st_size:
            raise UserError(
                f"{self.path} exists and no {self._run_path.name} says what it is from; "
                "choose another --out, or --force to overwrite it"
            )
        changed = sorted(key for key in {*run, *before} if before.get(key) != run.get(key))
        if changed:
            differ = f"{', '.join(changed)} {'differs' if len(changed) == 1 else 'differ'}"
            raise UserError(
                f"{self.path} exists and comes from another run ({differ}); "
                "choose another --out, or --force to overwrite it"
            )


def results_in(path: Path) -> int:
    """Count the results that are there with their costs; a run goes on after them."""
    return min(_whole_lines(path), _whole_lines(_usage_path(path)))


def _usage_path(path: Path) -> Path:
    return path.with_name(path.name + ".usage.jsonl")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(f"cannot write {error.filename or path}: {error.strerror}") from None


def _read_run(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(text, encoding="utf-8", newline="\n")
    fresh.replace(path)


def _whole_lines(path: Path) -> int:
    if not path.exists():
        return 0
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def _keep_lines(path: Path, count: int) -> None:
    """Cut a file after its first `count` lines."""
    with path.open("ab+") as file:
        file.seek(0)
        for _ in range(count):
            file.readline()
        file.truncate(file.tell())
        os.fsync(file.fileno())
