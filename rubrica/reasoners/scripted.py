"""A reasoner that answers from a queue: for tests, docs and dry runs."""

from collections.abc import Iterable
from typing import TypeVar, cast

from rubrica.errors import ReasonerError, ReplyError
from rubrica.requests.base import Reply, Request
from rubrica.types import Usage, Value

T = TypeVar("T", bound=Value)


class Scripted:
    """Gives the queued replies in order; `requests` keeps what was asked."""

    id = "scripted"

    def __init__(self, replies: Iterable[Value | ReasonerError]) -> None:
        self._replies = list(replies)
        self.requests: list[Request[Value]] = []

    async def complete(self, request: Request[T]) -> Reply[T]:
        self.requests.append(cast("Request[Value]", request))
        if not self._replies:
            raise ReplyError(f"the script has no reply left for a {request.role} request")
        reply = self._replies.pop(0)
        if isinstance(reply, ReasonerError):
            raise reply
        if not isinstance(reply, request.reply):
            raise ReplyError(f"the script holds {type(reply).__name__}, the {request.role} asks for {request.reply}")
        return Reply(value=cast("T", reply), by=self.id, usage=Usage(calls=1))
