"""A reasoner that a case can kill, as a defect in a native library would: the process ends, and raises nothing."""

import os
from typing import TypeVar

from rubrica.reasoners.embedded import Embedded
from rubrica.requests.base import Reply, Request
from rubrica.types import Value

T = TypeVar("T", bound=Value)
POISON = "Swallow this."


class Deadly(Embedded):
    """The embedded reasoner, but for that."""

    async def complete(self, request: Request[T]) -> Reply[T]:
        if POISON in request.model_dump_json():
            os._exit(1)
        return await super().complete(request)


class Stillborn(Embedded):
    """Ends every process that it is sent to, before it has judged anything."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (1,)
