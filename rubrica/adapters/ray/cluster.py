"""From this process to a Ray cluster and back: chunks of cases go out, rows come in, in input order."""

import logging
import os
import secrets
import socket
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import islice
from pickle import dumps, loads
from typing import TYPE_CHECKING, Any

from rubrica import logs
from rubrica.errors import ConfigError, UserError
from rubrica.interrupts import noted, raise_if_noted
from rubrica.parallel import Plan, Row
from rubrica.types import Case

if TYPE_CHECKING:
    from rubrica.adapters.ray.judge import Order

CHUNK = 128
"""Cases per ticket: a ticket costs Ray about as much as a few cases cost a judge."""
LOOKAHEAD = 3
"""Chunks in flight per judge: one being judged, one waiting, one on its way back."""
CLIENT_PORT = 10001
"""Where Ray listens for `ray://`, unless the address says otherwise."""
QUIET = {"RAY_DEDUP_LOGS_SKIP_REGEX": "."}
"""Settings for Ray, read when it is imported: it would print what happens in the cluster to our standard output."""
TOKEN = {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"}
ANSWERS_S = 5.0
"""Seconds in which a cluster must accept a connection; Ray itself would try for minutes."""


@contextmanager
def ray_judges(plan: Plan, address: str, *, workers: int = 0) -> Iterator[partial[Iterator[Row]]]:
    """Connect to a cluster and yield what judges cases there; `workers` 0 = one judge per processor of the cluster.

    Raises:
        ConfigError: nothing that we can use answers at the address.
    """
    connect(address)
    import ray

    try:
        judges = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        with noted():
            yield partial(judge_rows, plan, judges=judges)
    finally:
        ray.shutdown()


def connect(address: str) -> None:
    """Connect this process to the cluster at `address`; "local" starts one that ends with it.

    Raises:
        ConfigError: no cluster answers there, or it does not let us in.
    """
    _knock(address)
    for name, value in (QUIET if address != "local" else {**QUIET, **_own_cluster()}).items():
        os.environ.setdefault(name, value)
    import ray
    from ray.exceptions import RayError

    debug = logs.current().level <= logging.DEBUG
    level = logging.DEBUG if debug else logging.CRITICAL
    local = {"include_dashboard": False} if address == "local" else {}
    try:
        with nullcontext() if debug else _silence():
            ray.init(address=address, log_to_driver=False, logging_level=level, **local)
    except (RayError, ConnectionError, TimeoutError, RuntimeError, ValueError) as error:
        where = address or "no address"
        raise ConfigError(f"no Ray cluster to work with at {where}: {_first(error)}{_hint()}") from error


@contextmanager
def _silence() -> Iterator[None]:
    """Point standard error nowhere: Ray's core writes there every second while it tries, and its error says it all."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _own_cluster() -> dict[str, str]:
    """Return settings of a cluster that lives as long as we: it reports to nobody, and only we have its token."""
    token = {} if TOKEN & os.environ.keys() else {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    return {"RAY_USAGE_STATS_ENABLED": "0", **token}


def judge_rows(plan: Plan, cases: Iterable[Case], *, judges: int) -> Iterator[Row]:
    """Yield one row per case, in input order; at most a few chunks per judge are in flight."""
    stream = iter(cases)
    chunks = iter(lambda: list(islice(stream, CHUNK)), [])
    first = next(chunks, None)
    if first is None:
        return
    from rubrica.adapters.ray.judge import Order

    yield from _Run(Order.of(plan), judges).rows(first, chunks)


class _Run:
    """One run of a foreman, from this side."""

    def __init__(self, order: "Order", judges: int) -> None:
        from rubrica.adapters.ray.foreman import Foreman

        try:
            self._foreman: Any = Foreman.remote(order, judges)  # type: ignore[attr-defined]
        except (ImportError, AttributeError) as error:  # through `ray://`, where the cluster reads it at once
            raise _broken(error) from error
        self._ahead = LOOKAHEAD * judges
        self._waiting: deque[int] = deque()

    def rows(self, first: list[Case], rest: Iterator[list[Case]]) -> Iterator[Row]:
        import ray

        count, working = 0, None
        try:
            chunk: list[Case] | None = first
            while chunk is not None:
                self._foreman.give.remote(count, dumps(chunk))
                self._waiting.append(count)
                count += 1
                if len(self._waiting) >= self._ahead:
                    working = working or self._foreman.work.remote()
                    yield from self._next()
                chunk = next(rest, None)
            self._foreman.end.remote(count)
            working = working or self._foreman.work.remote()
            while self._waiting:
                yield from self._next()
        finally:
            ray.kill(self._foreman)

    def _next(self) -> list[Row]:
        import ray
        from ray.exceptions import RayError

        try:
            reply = ray.get(self._foreman.reply.remote(self._waiting.popleft()))
        except RayError as error:
            raise _broken(error) from error
        if reply.refusal:
            raise UserError(f"judging on Ray broke off: {reply.refusal}")
        raise_if_noted()
        rows: list[Row] = loads(reply.rows)
        return rows


def _knock(address: str) -> None:
    """Find out within seconds whether anything listens at an address that names a host and a port."""
    kind, _, rest = address.rpartition("://")
    host, _, port = rest.partition("/")[0].rpartition(":")
    if kind == "ray" and not host:
        host, port = port, str(CLIENT_PORT)
    if not host or not port.isdigit():
        return  # "auto", "local", or something that Ray may know
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWERS_S).close()
    except OSError as error:
        raise ConfigError(f"no Ray cluster answers at {address}: {error}") from None


def _broken(error: Exception) -> UserError:
    """Return what to tell when the cluster gives up; most often it cannot read what another rubrica has sent."""
    said = _first(error)
    cure = "; install the same rubrica on every node" if "'rubrica" in said else _hint()
    return UserError(f"judging on Ray broke off: {said}{cure}")


def _first(error: Exception) -> str:
    """Return the first sentence of the last line: before it stands a traceback, or nothing."""
    lines = str(error).strip().splitlines()
    return lines[-1].partition(". ")[0] if lines else type(error).__name__


def _hint() -> str:
    """Say what Ray does not: processes with and without a token, or with another, start and do not talk."""
    if os.environ.get("RAY_AUTH_MODE") == "token":
        return " (we hold a token: was the cluster started with it?)"
    return " (we hold no token: if the cluster wants one, RAY_AUTH_MODE=token sends it)"
