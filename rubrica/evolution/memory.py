"""What a library remembers beside its versions: the cases that it has seen, the ideas that failed, benchmarks it knows.

    .rubrica/seen.jsonl      {"key": hash of a case or prompt, "side": "train" | "test"}: assignment is sticky
    .rubrica/ideas.jsonl     one line per idea that was tried, with the data it was tried on and what came of it
    .rubrica/stamps.json     benchmarks that the library has learned from

Files only grow, whole lines at a time, and a line written twice counts once, so that a run that dies can repeat itself.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import cast

from pydantic import JsonValue

from rubrica.data.hashes import case_hash
from rubrica.data.split import Side
from rubrica.evolution.run import Outcome
from rubrica.types import Preference, Value, content_hash

FOLDER = ".rubrica"


class Idea(Value):
    """A proposal that was tried: the same on the same data is not tried again."""

    run: str
    key: str
    """The proposal's key."""
    edit: str
    """Content hash of the edit that it led to; empty when it led to none."""
    library: str
    """Version that it was tried on."""
    data: str
    """Digest of the labelled cases."""
    outcome: Outcome
    reason: str
    tested: bool = False
    """Whether the gate was asked: that is what an error budget pays for."""


class Memory:
    """The memory of the library in a folder."""

    def __init__(self, library: Path) -> None:
        self.folder = library / FOLDER

    @property
    def runs(self) -> Path:
        return self.folder / "runs"

    # Cases

    def seen(self) -> dict[str, Side]:
        """Return which hashes the library has seen, and on which side."""
        return {str(row["key"]): cast("Side", row["side"]) for row in self._rows("seen.jsonl")}

    def see(self, record: Mapping[str, Side]) -> None:
        """Remember the sides of a split; what is known already stays as it is."""
        known = self.seen()
        self._append("seen.jsonl", [{"key": k, "side": side} for k, side in sorted(record.items()) if k not in known])

    # Ideas

    def ideas(self, data: str, *, but: str = "") -> list[Idea]:
        """Return what was tried on this data by runs other than `but`."""
        ideas = (Idea.model_validate(row) for row in self._rows("ideas.jsonl"))
        return [idea for idea in ideas if idea.data == data and idea.run != but]

    def remember(self, idea: Idea) -> None:
        """Add an idea, once."""
        row = idea.model_dump(mode="json")
        if row not in self._rows("ideas.jsonl"):
            self._append("ideas.jsonl", [row])

    # Benchmarks

    def stamps(self) -> tuple[str, ...]:
        """Return the benchmarks that the library has learned from: on them it never reports a clean number."""
        path = self.folder / "stamps.json"
        return tuple(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else ()

    def stamp(self, names: Iterable[str]) -> None:
        stamped = sorted({*self.stamps(), *names})
        if stamped:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = self.folder / "stamps.json.part"
            part.write_text(json.dumps(stamped) + "\n", encoding="utf-8")
            part.replace(self.folder / "stamps.json")

    def _rows(self, name: str) -> list[dict[str, JsonValue]]:
        path = self.folder / name
        if not path.exists():
            return []
        lines = path.read_bytes().split(b"\n")[:-1]  # a line without its end was being written when its writer died
        return [json.loads(line) for line in lines if line]

    def _append(self, name: str, rows: Sequence[Mapping[str, JsonValue]]) -> None:
        if not rows:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / name).open("a+b") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)
            file.write(b"".join(json.dumps(row, sort_keys=True).encode() + b"\n" for row in rows))
            file.flush()
            os.fsync(file.fileno())


def data_digest(preferences: Sequence[Preference]) -> str:
    """Hash labelled cases whatever their order: the same cases with the same labels are the same data."""
    rows = [f"{case_hash(p.case)} {content_hash(p.label)}" for p in preferences]
    return content_hash([*sorted(rows)])[:16]
