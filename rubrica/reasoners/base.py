"""Who thinks: one method, so that a language model, the embedded rules and a script are interchangeable."""

from typing import Protocol, TypeVar

from rubrica.requests.base import Reply, Request
from rubrica.types import Value

T = TypeVar("T", bound=Value)


class Reasoner(Protocol):
    """Answers requests. It never executes a tool: it asks for calls, and the role runs them."""

    @property
    def id(self) -> str:
        """What a verdict records: equal ids answer equal requests alike."""
        ...

    async def complete(self, request: Request[T]) -> Reply[T]:
        """Answer one request.

        Raises:
            ReasonerError: no valid answer could be had; its `reason` says why.
        """
        ...
