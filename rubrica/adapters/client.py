"""The client of the reward service: persistent connections, a deadline, bounded concurrency, retries of what may pass.

Standard library only. A `Client` is a value: it can be pickled, compared and sent to another process; connections and
threads belong to the process that uses it. Nothing is tied to an event loop, so a trainer may open one per batch.
"""

import asyncio
import base64
import io
import json
import math
import os
import random
import ssl
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, fields
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Literal, TypeVar
from urllib.parse import urlencode, urlsplit

from rubrica.errors import ConfigError, DeadlineError, OutageError, ReasonerError, UnscoredError

T = TypeVar("T")

PAUSE_S = 0.05
"""Mean wait before the first retry; it doubles up to `PAUSE_MAX_S`, half of it random."""
PAUSE_MAX_S = 5.0
MAY_PASS = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses that are asked again until the deadline."""


KINDS: Mapping[str, Callable[[str], object]] = {
    "deadline": float,
    "on_unscored": float,
    "concurrency": int,
    "group_size": int,
}
"""Fields of a client that are not text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one sample."""

    value: float | None
    """What the trainer is given: the shaped reward, the number the user chose for an unscored sample, or None."""
    ok: bool
    """Whether it was judged."""
    mode: str = ""
    reason: str = ""
    """Why it is unscored."""
    detail: str = ""

    def number(self) -> float:
        """Return the value for a trainer that cannot skip a sample.

        Raises:
            UnscoredError: there is none, and the user has not said what to give instead.
        """
        if self.value is None:
            raise UnscoredError(self.reason, self.detail)
        return self.value


@dataclass(frozen=True)
class Client:
    """Where the service is and how it is asked. `from_env` reads the fields from REWARD_URL, REWARD_TOKEN and so on."""

    url: str = "http://127.0.0.1:8080"
    token: str = ""
    deadline: float = 60.0
    """Seconds for one call, with its retries."""
    concurrency: int = 64
    """Requests in flight per process."""
    run: str = ""
    """Name of the training run; with `group_size`, the service puts groups together from separate requests."""
    group_size: int = 0
    """Completions per prompt; 0 = not known."""
    mode: Literal["", "auto", "group", "pointwise"] = ""
    """Overrides the mode of the service."""
    library: str = ""
    """Library version that the run is pinned to; a service with another one is an error."""
    on_unscored: float | None = None
    """A number for what could not be judged; None = the trainer is told that there is none."""

    @classmethod
    def from_env(cls, **overrides: object) -> "Client":
        """Read REWARD_<FIELD> for each field; `overrides` that are fields of a client win.

        Raises:
            ConfigError: a value has the wrong type.
        """
        given: dict[str, Any] = {}
        for field in fields(cls):
            value = overrides.get(field.name, os.environ.get(f"REWARD_{field.name.upper()}"))
            if value is None or value == "":
                continue
            kind = KINDS.get(field.name, str)
            try:
                given[field.name] = kind(str(value))
            except (TypeError, ValueError):
                raise ConfigError(f"REWARD_{field.name.upper()} is {value!r}; expected a number") from None
        return cls(**given)

    def score(self, samples: Sequence[Mapping[str, object]]) -> list[Answer]:
        """Score samples (`prompt`, `completion`, and `reference`, `context`, `tests` where known), in order.

        An outage or a passed deadline makes every sample unscored; nothing is made up.

        Raises:
            ConfigError: the service refused the request: wrong token, another library, a body that it cannot read.
        """
        return self._submit(self._score, samples).result()

    async def ascore(self, samples: Sequence[Mapping[str, object]]) -> list[Answer]:
        """`score` from any event loop."""
        return await asyncio.wrap_future(self._submit(self._score, samples))

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Post JSON and return the JSON that comes back; retry what may pass until the deadline.

        Raises:
            ConfigError: the service refused it for good.
            UnscoredError: it answered that there is no verdict, and will not be.
            OutageError: the service could not be reached, or kept failing, until the deadline.
            DeadlineError: it did not answer in time.
        """
        return self._submit(self._post, path, body).result()

    async def apost(self, path: str, body: Mapping[str, object]) -> Any:
        """`post` from any event loop."""
        return await asyncio.wrap_future(self._submit(self._post, path, body))

    def _submit(self, work: Callable[..., T], *arguments: object) -> "Future[T]":
        """Run on one of this process's threads, which own the connections; waiting for one counts as time."""
        return _threads(self.concurrency).submit(work, *arguments, until=time.monotonic() + self.deadline)

    def _post(self, path: str, body: Mapping[str, object], *, until: float) -> Any:
        data = json.dumps(body, default=_plain).encode()
        pause, problem = PAUSE_S, ""
        while (left := until - time.monotonic()) > 0:
            try:
                status, headers, content = self._attempt(path, data, left)
            except TimeoutError:
                raise DeadlineError(f"{self.url} did not answer within {self.deadline} s") from None
            except (OSError, HTTPException) as error:
                problem, wait = f"{type(error).__name__}: {error}", 0.0
            else:
                problem = f"{status}: {content[:500].decode(errors='replace')}"
                if status == 200:
                    try:
                        return json.loads(content)
                    except ValueError:
                        raise ConfigError(f"{self.url} is no reward service; it answered {problem}") from None
                _raise_unscored(status, content)
                if status not in MAY_PASS:
                    raise ConfigError(f"{self.url}{path} refused the request: {problem}")
                wait = retry_after(headers.get("retry-after", ""), now=time.time())
            wait = max(wait, pause * (0.5 + random.random()))
            pause = min(2 * pause, PAUSE_MAX_S)
            time.sleep(min(wait, max(0.0, until - time.monotonic())))
        if not problem:
            raise DeadlineError(f"no connection was free within {self.deadline} s; raise concurrency or the deadline")
        raise OutageError(f"{self.url} kept failing for {self.deadline} s: {problem}")

    def _score(self, samples: Sequence[Mapping[str, object]], *, until: float) -> list[Answer]:
        if not samples:
            return []
        body = {"samples": [{"id": uuid.uuid4().hex, **sample} for sample in samples]}
        try:
            reply = self._post("/v1/score", body, until=until)
        except ReasonerError as error:
            return [Answer(self.on_unscored, ok=False, reason=error.reason, detail=str(error))] * len(samples)
        if len(reply["results"]) != len(samples):
            raise ConfigError(f"{self.url} answered {len(reply['results'])} results for {len(samples)} samples")
        return [self._answer(result, value) for result, value in zip(reply["results"], reply["values"], strict=True)]

    def _answer(self, result: Mapping[str, Any], value: float | None) -> Answer:
        if value is not None and not math.isfinite(value):
            return Answer(self.on_unscored, ok=False, reason="error", detail=f"the service answered {value}")
        if result["kind"] == "reward":
            return Answer(value, ok=True, mode=result["mode"])
        given = self.on_unscored if value is None else value
        return Answer(given, ok=False, reason=result["reason"], detail=result["detail"])

    def _attempt(self, path: str, data: bytes, left: float) -> tuple[int, Mapping[str, str], bytes]:
        """Send once; over a connection that the server has closed meanwhile, once more over a new one."""
        asked = {"run": self.run, "group_size": self.group_size, "mode": self.mode, "library": self.library}
        query = urlencode({**{name: value for name, value in asked.items() if value}, "deadline": f"{left:.3f}"})
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        target = f"{urlsplit(self.url).path.rstrip('/')}{path}?{query}"
        connection, used = _connection(self.url, left)
        try:
            return _exchange(connection, target, data, headers)
        except ConnectionError:
            if not used:
                raise
        return _exchange(_connection(self.url, left)[0], target, data, headers)


def _raise_unscored(status: int, content: bytes) -> None:
    """Tell a refusal that is about the sample from one that is about the request."""
    if status != 422:
        return
    told = json.loads(content)["detail"]
    if isinstance(told, dict):
        raise UnscoredError(told["reason"], told["detail"])


def _exchange(
    connection: HTTPConnection, target: str, data: bytes, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str], bytes]:
    try:
        connection.request("POST", target, body=data, headers=dict(headers))
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    except BaseException:
        connection.close()
        raise


def retry_after(value: str, *, now: float) -> float:
    """Return the seconds that a Retry-After header asks for: a number, or a date; 0 when it says neither."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError):
        return 0.0


_local = threading.local()
_pools: dict[tuple[int, int], ThreadPoolExecutor] = {}
_pools_lock = threading.Lock()


def _connection(url: str, timeout: float) -> tuple[HTTPConnection, bool]:
    """Return this thread's connection, and whether it has been used; sockets are not shared with a forked child."""
    kept: dict[tuple[int, str], HTTPConnection] = _local.__dict__.setdefault("kept", {})
    key = (os.getpid(), url)
    if key not in kept:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or parts.hostname is None:
            raise ConfigError(f"{url!r} is not the address of a service; write http://HOST:PORT")
        kept[key] = (
            HTTPSConnection(parts.hostname, parts.port, context=ssl.create_default_context())
            if parts.scheme == "https"
            else HTTPConnection(parts.hostname, parts.port)
        )
    connection = kept[key]
    connection.timeout = timeout
    used = connection.sock is not None
    if used:
        connection.sock.settimeout(timeout)
    return connection, used


def _threads(count: int) -> ThreadPoolExecutor:
    key = (os.getpid(), count)  # threads do not survive a fork
    with _pools_lock:
        if key not in _pools:
            _pools[key] = ThreadPoolExecutor(count, thread_name_prefix="rubrica-client")
        return _pools[key]


def _plain(value: Any) -> object:
    """Turn what trainers hold into JSON: arrays and tensors to lists, models to objects, pictures to data URIs."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", exclude_none=True)
    if hasattr(value, "save"):
        png = io.BytesIO()
        value.save(png, format="PNG")
        return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"
    raise ConfigError(f"a {type(value).__name__} cannot be sent to the reward service; send text or messages")
