"""The connections of the service: one that begins no request for long is closed, also when it dribbles one in."""

import asyncio
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

KEEP_ALIVE_S = 75
"""Seconds that an idle connection stays open, for clients that call once a training step."""

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import H11Protocol as Protocol
else:
    Protocol = AutoHTTPProtocol


class Connection(Protocol):
    """uvicorn's own, with a watch on who never finishes the head of a request."""

    idle_s = float(KEEP_ALIVE_S)
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._look_again()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _look_again(self) -> None:
        self._watch = self.loop.call_later(self.idle_s, self._look, self.cycle)

    def _look(self, before: object) -> None:
        """Close when nothing is being answered, and no request has begun since the last look."""
        answering = self.cycle is not None and not self.cycle.response_complete
        if answering or self.cycle is not before:
            self._look_again()
        else:
            self.transport.close()
