"""The response cache: what a reasoner has answered once is not asked again, in this process or another.

Content-addressed in one SQLite file: the key is a hash of the request, the reasoner's id and where the model runs.
Equal requests in flight are asked once. Two processes that ask at the same moment both get what was stored first.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast

from pydantic import ValidationError

from rubrica.errors import UserError
from rubrica.reasoners.base import Reasoner
from rubrica.requests.base import Reply, Request
from rubrica.types import Usage, Value, content_hash

T = TypeVar("T", bound=Value)
R = TypeVar("R")

VERSION = 1
"""Of the file's layout."""
BUSY_S = 30.0
"""How long a writer waits for another process."""
KEPT = 0.9
"""Share of the size limit that is left after the oldest responses were dropped."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, role TEXT NOT NULL, reasoner TEXT NOT NULL,
    value TEXT NOT NULL, repaired INTEGER NOT NULL, size INTEGER NOT NULL
)
"""

_INSERT = "INSERT OR IGNORE INTO responses (key, role, reasoner, value, repaired, size) VALUES (?, ?, ?, ?, ?, ?)"


class ResponseStore:
    """Responses in a SQLite file (WAL, no wait for the disk: a crash may lose the last ones, never the file)."""

    def __init__(self, path: Path, *, max_bytes: int | None = None) -> None:
        self.path, self._max_bytes = path, max_bytes
        self._lock = Lock()
        self._measured, self._unmeasured = max_bytes or 0, 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            problem = (
                f"the response cache cannot be made ({error.strerror}); name another file with --cache, or give off"
            )
            raise UserError(f"{path}: {problem}") from None
        self._db = self._guarded(self._open)

    def get(self, key: str) -> tuple[str, bool] | None:
        """Return (value as JSON, repaired) of a response."""
        row = self._guarded(
            lambda: self._db.execute("SELECT value, repaired FROM responses WHERE key = ?", (key,)).fetchone()
        )
        return None if row is None else (row[0], bool(row[1]))

    def put(self, key: str, value: str, *, repaired: bool, role: str, reasoner: str) -> None:
        """Store a response, unless one is stored already."""
        size = len(value.encode())

        def insert() -> None:
            self._db.execute(_INSERT, (key, role, reasoner, value, int(repaired), size))
            self._shrink(size)

        self._guarded(insert)

    def __len__(self) -> int:
        count: int = self._guarded(lambda: self._db.execute("SELECT count(*) FROM responses").fetchone())[0]
        return count

    def close(self) -> None:
        """Close the file; the store cannot be used after that."""
        self._db.close()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            self._claim(db)
        except BaseException:
            db.close()
            raise
        return db

    def _claim(self, db: sqlite3.Connection) -> None:
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found not in (0, VERSION):
            raise UserError(f"{self.path}: response cache of layout {found}, this is {VERSION}; move it away")
        db.execute(_SCHEMA)
        db.execute(f"PRAGMA user_version = {VERSION}")

    def _shrink(self, added: int) -> None:
        """Drop the oldest responses once there are too many bytes of them; the sum is taken only when it may matter."""
        self._unmeasured += added
        if self._max_bytes is None or self._measured + self._unmeasured <= self._max_bytes:
            return
        total = self._db.execute("SELECT coalesce(sum(size), 0) FROM responses").fetchone()[0]
        self._measured, self._unmeasured = total, 0
        if total <= self._max_bytes:
            return
        for number, size in self._db.execute("SELECT number, size FROM responses ORDER BY number").fetchall():
            self._db.execute("DELETE FROM responses WHERE number = ?", (number,))
            total -= size
            self._measured = total
            if total <= KEPT * self._max_bytes:
                return

    def _guarded(self, action: Callable[[], R]) -> R:
        try:
            with self._lock:
                return action()
        except sqlite3.DatabaseError as error:
            raise UserError(
                f"{self.path}: the response cache cannot be used ({error}); remove the file, or give --cache off"
            ) from None


class Cached:
    """A reasoner that remembers."""

    def __init__(self, reasoner: Reasoner, store: ResponseStore, *, place: str = "") -> None:
        self.reasoner, self._store, self._place = reasoner, store, place
        self._asking: dict[str, asyncio.Task[Reply[Value]]] = {}

    @property
    def id(self) -> str:
        return self.reasoner.id

    async def complete(self, request: Request[T]) -> Reply[T]:
        """Answer from the cache, from an equal request in flight, or by asking."""
        key = content_hash({"request": request.key(), "reasoner": self.id, "place": self._place})
        if (hit := self._remembered(request, key)) is not None:
            return hit
        task = self._asking.get(key)
        if task is not None and not task.done():
            reply = cast("Reply[T]", await asyncio.shield(task))
            return Reply(value=reply.value, by=reply.by, usage=Usage(cache_hits=1), repaired=reply.repaired)
        task = asyncio.ensure_future(self._ask(cast("Request[Value]", request), key))
        self._asking[key] = task
        task.add_done_callback(lambda done: self._forget(key, done))
        return cast("Reply[T]", await asyncio.shield(task))

    async def _ask(self, request: Request[Value], key: str) -> Reply[Value]:
        reply = await self.reasoner.complete(request)
        self._store.put(
            key, reply.value.model_dump_json(), repaired=reply.repaired, role=request.role, reasoner=self.id
        )
        first = self._remembered(request, key) or reply  # another process may have been first: one answer for all
        return Reply(value=first.value, by=reply.by, usage=reply.usage, repaired=first.repaired)

    def _remembered(self, request: Request[T], key: str) -> Reply[T] | None:
        row = self._store.get(key)
        if row is None:
            return None
        try:
            value = request.reply.model_validate_json(row[0])
        except ValidationError as error:
            raise UserError(
                f"{self._store.path}: a stored {request.role} reply cannot be read ({error.errors()[0]['msg']}); "
                "remove the file, or give --cache off"
            ) from None
        return Reply(value=cast("T", value), by=self.id, usage=Usage(cache_hits=1), repaired=row[1])

    def _forget(self, key: str, done: asyncio.Task[Reply[Value]]) -> None:
        if self._asking.get(key) is done:
            del self._asking[key]
        if not done.cancelled():
            done.exception()  # whoever waited has it; a task that nobody waits for any more is not worth a warning
