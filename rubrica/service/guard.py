"""The ASGI middleware before every route: token, size of the body, request log and metrics."""

import asyncio
import hmac
import json
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from fastapi import HTTPException

from rubrica.logs import FIELDS
from rubrica.service.metrics import Metrics

log = logging.getLogger("rubrica.service")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

OPEN = frozenset({"/healthz", "/readyz"})
"""Routes that need no token: what a scheduler asks."""
CLOSE = {"Connection": "close"}
DISCARDED = 4
"""How many times the longest body is read and thrown away before a connection is cut."""
HELD = 8
"""How many of the longest bodies may be in memory at once."""


class Guard:
    """Lets a request through, or answers 401, 408, 413 or 429; logs one line for each, without any candidate's text."""

    def __init__(self, app: App, *, metrics: Metrics, token: str, max_body: int, patience: float) -> None:
        self._app, self._metrics, self._max_body, self._patience = app, metrics, max_body, patience
        self._token = token.encode()
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # nothing of ours speaks over a web socket
        started, state = time.perf_counter(), scope.setdefault("state", {})
        status, taken, until, whole = 500, 0, asyncio.get_running_loop().time() + self._patience, False

        async def note(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        async def measured() -> MutableMapping[str, Any]:
            nonlocal taken, whole
            try:
                async with asyncio.timeout_at(None if whole else until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, f"the body did not arrive within {self._patience:g} s", CLOSE) from None
            whole = not message.get("more_body", False)
            size = len(message.get("body", b""))
            taken += size
            self._held += size
            if taken > self._max_body:
                raise HTTPException(413, f"the body is longer than {self._max_body} bytes")
            if self._held > HELD * self._max_body:
                raise HTTPException(429, "too many long bodies at once", {"Retry-After": "1", **CLOSE})
            return message

        try:
            if not self._admits(scope):
                await self._discard(receive)
                await _refuse(note, 401, "the bearer token is missing or wrong")
            elif _length(scope) > self._max_body:
                await self._discard(receive)
                await _refuse(note, 413, f"the body is longer than {self._max_body} bytes")
            else:
                await self._app(scope, measured, note)
        finally:
            self._held -= taken
            self._record(scope, status, time.perf_counter() - started, state)

    async def _discard(self, receive: Receive) -> None:
        """Read on for a while: a caller that is cut off while it sends never sees the answer."""
        taken = 0
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                while taken <= DISCARDED * self._max_body:
                    message = await receive()
                    taken += len(message.get("body", b""))
                    if not message.get("more_body", False):
                        return

    def _admits(self, scope: Scope) -> bool:
        if not self._token or scope["path"] in OPEN:
            return True
        given = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return hmac.compare_digest(given, b"Bearer " + self._token)

    def _record(self, scope: Scope, status: int, seconds: float, state: MutableMapping[str, Any]) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.request(route, status, seconds)
        line = {
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 2),
            "run": state.get("run", ""),
            "samples": state.get("samples", 0),
            "unscored": state.get("unscored", 0),
        }
        log.info("request", extra={FIELDS: line})


def _length(scope: Scope) -> int:
    given = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(given) if given.isdigit() and len(given) < 19 else 0


async def _refuse(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
