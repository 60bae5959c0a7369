"""Precedents: labelled cases of the train split, recalled when a task resembles them.

The truth is a SQLite table; the chromadb index beside it can be thrown away and is rebuilt from the table. The index
proposes a shortlist and the exact similarity ranks it, so that an approximate index does not decide a verdict.

Of a case of the gate or test split only a digest of its prompt is kept: its text is nowhere to be recalled from, and
the same prompt is refused as training data for good. A prompt never recalls itself.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

import numpy as np
from numpy.typing import NDArray

from rubrica.errors import UserError
from rubrica.memory.embedding import NAME, chroma_function, embed
from rubrica.requests.rubric import Precedent
from rubrica.types import Preference, TaskView, content_hash

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

Split = Literal["train", "gate", "test"]

COLLECTION = f"precedents-{NAME}"
BATCH = 2_000
"""Rows written to the index at once; chromadb takes at most 5,461."""
SHORTLIST = 64
"""Least number of rows that the index proposes."""
_HNSW = {"space": "cosine", "ef_construction": 256, "ef_search": 256, "num_threads": 1}
_SCHEMA = """
CREATE TABLE IF NOT EXISTS prompts (digest TEXT PRIMARY KEY, split TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS precedents (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL REFERENCES prompts, prompt TEXT NOT NULL,
    preferred TEXT NOT NULL, rejected TEXT NOT NULL, note TEXT NOT NULL, embedding TEXT NOT NULL, vector BLOB NOT NULL
);
"""


class Precedents:
    """The memory in one folder, owned by one process at a time; see the module."""

    def __init__(self, folder: Path, database: sqlite3.Connection) -> None:
        self._folder, self._database = folder, database
        self._snapshot: str | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the memory in the folder `path`, which is made when it is not there.

        Raises:
            UserError: another process has it open, or the folder holds something else.
        """
        path.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(path / "precedents.sqlite", timeout=0, isolation_level=None)
        try:
            database.execute("PRAGMA locking_mode=EXCLUSIVE")
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("PRAGMA synchronous=NORMAL")
            database.executescript(_SCHEMA)
            database.execute("BEGIN IMMEDIATE")  # takes the lock that locking_mode then keeps
            database.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            database.close()
            busy = isinstance(error, sqlite3.OperationalError) and "locked" in str(error)
            problem = "is open in another process; wait for it to end" if busy else f"cannot be opened: {error}"
            raise UserError(f"the precedents in {path} {problem}") from None
        return cls(path, database)

    def close(self) -> None:
        """Let go of the memory; another process may then open it."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        count: int = self._database.execute("SELECT count(*) FROM precedents").fetchone()[0]
        return count

    @property
    def snapshot(self) -> str:
        """Hash of what can be recalled, and of the embedding; "" when there is nothing."""
        if self._snapshot is None:
            digest = hashlib.sha256(NAME.encode())
            ids = [row[0] for row in self._database.execute("SELECT id FROM precedents ORDER BY id")]
            digest.update("".join(ids).encode())
            self._snapshot = digest.hexdigest() if ids else ""
        return self._snapshot

    def add(self, preferences: Iterable[Preference], split: Split) -> int:
        """Remember labelled cases and return how many are new to recall; all of them, or none when it raises.

        Raises:
            UserError: a prompt was of another split before.
        """
        before = len(self)
        self._database.execute("BEGIN IMMEDIATE")
        try:
            for preference in preferences:
                self._add(preference, split)
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
        self._snapshot = None
        return len(self) - before

    def _add(self, preference: Preference, split: Split) -> None:
        prompt = TaskView.of(preference.case.task).prompt
        digest = _digest(prompt)
        self._database.execute("INSERT OR IGNORE INTO prompts VALUES (?, ?)", (digest, split))
        (known,) = self._database.execute("SELECT split FROM prompts WHERE digest = ?", (digest,)).fetchone()
        if known != split:
            raise UserError(
                f"case {preference.case.id}: its prompt is remembered as {known} and cannot become {split}; "
                "split by prompt, and keep a case in the split that it was first in"
            )
        if split != "train" or (chosen := _best_and_worst(preference)) is None:
            return
        told = (prompt, *chosen, preference.label.critique or "")
        row = (content_hash(list(told)), digest, *told, NAME, embed([prompt]).tobytes())
        self._database.execute("INSERT OR IGNORE INTO precedents VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def similar(self, task: TaskView, limit: int) -> tuple[Precedent, ...]:
        """Return the precedents most like the task's prompt, nearest first; its own prompt is never among them."""
        if limit < 1 or not self.snapshot:
            return ()
        vector = embed([task.prompt])[0]
        count = min(len(self), max(SHORTLIST, 8 * limit))
        others = {"digest": {"$ne": _digest(task.prompt)}}
        found = self._indexed().query(query_embeddings=[vector], n_results=count, where=others, include=[])["ids"][0]
        rows = self._database.execute(
            "SELECT id, vector, prompt, preferred, rejected, note FROM precedents "
            "WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(found),),
        ).fetchall()
        nearest = sorted((-similarity(vector, row[1]), *row) for row in rows)[:limit]
        return tuple(
            Precedent(prompt=prompt, preferred=preferred, rejected=rejected, note=note, similarity=-distance)
            for distance, _, _, prompt, preferred, rejected, note in nearest
        )

    def rebuild(self) -> None:
        """Make vectors and index anew from the texts of the table."""
        for id_, prompt in self._database.execute("SELECT id, prompt FROM precedents").fetchall():
            row = (NAME, embed([prompt]).tobytes(), id_)
            self._database.execute("UPDATE precedents SET embedding = ?, vector = ? WHERE id = ?", row)
        if any(collection.name == COLLECTION for collection in self._client.list_collections()):
            self._client.delete_collection(COLLECTION)
        self._fill(self._collection())

    @cached_property
    def _client(self) -> "ClientAPI":
        import chromadb
        from chromadb.config import Settings

        # a .env file of the working directory is no business of ours
        settings = Settings(_env_file=None, anonymized_telemetry=False)
        return chromadb.PersistentClient(str(self._folder / "index"), settings)

    def _collection(self) -> "Collection":
        return self._client.get_or_create_collection(
            COLLECTION, embedding_function=chroma_function(), configuration={"hnsw": _HNSW}
        )

    def _indexed(self) -> "Collection":
        """Return the index once it holds what the table holds: what a crash or another version left is put right."""
        if self._database.execute("SELECT 1 FROM precedents WHERE embedding <> ?", (NAME,)).fetchone():
            self.rebuild()
        collection = self._collection()
        if (collection.metadata or {}).get("snapshot") != self.snapshot:
            self._fill(collection)
        return collection

    def _fill(self, collection: "Collection") -> None:
        rows = self._database.execute("SELECT id, digest, vector FROM precedents ORDER BY id").fetchall()
        there = set(collection.get(include=[])["ids"])
        if gone := sorted(there - {row[0] for row in rows}):
            collection.delete(ids=gone)
        new = [row for row in rows if row[0] not in there]
        for start in range(0, len(new), BATCH):
            ids, digests, vectors = zip(*new[start : start + BATCH], strict=True)
            collection.add(
                ids=list(ids),
                embeddings=[np.frombuffer(vector, dtype=np.float32) for vector in vectors],
                metadatas=[{"digest": digest} for digest in digests],
            )
        collection.modify(metadata={"snapshot": self.snapshot})


def similarity(vector: NDArray[np.float32], stored: bytes) -> float:
    """Return the cosine of a unit vector and a stored one, in double precision, to six digits."""
    other = np.frombuffer(stored, dtype=np.float32).astype(np.float64)
    return round(float(vector.astype(np.float64) @ other), 6)


def _digest(prompt: str) -> str:
    """Prompts that differ in case and white space alone are the same prompt."""
    return content_hash(" ".join(prompt.lower().split()))


def _best_and_worst(preference: Preference) -> tuple[str, str] | None:
    """Return the texts of a winner and of the worst; one of them is empty for a single candidate; None for a tie."""
    label, candidates = preference.label, preference.case.candidates
    if len(candidates) == 1:
        if label.scores is None:
            return None
        text = candidates[0].text
        return (text, "") if label.scores[0] >= 0.5 else ("", text)
    worst = max(label.ranks)
    if worst == 0:
        return None
    return candidates[label.ranks.index(0)].text, candidates[label.ranks.index(worst)].text
