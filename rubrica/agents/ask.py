"""How a role asks: usage adds up in the case, and a trace keeps what was asked and answered."""

from typing import TypeVar

from rubrica.agents.work import Crew, Work
from rubrica.requests.base import Request
from rubrica.types import Value

T = TypeVar("T", bound=Value)


async def ask(work: Work, crew: Crew, request: Request[T]) -> T:
    """Ask the crew's reasoner and return the value of its reply."""
    work.asked += 1
    reply = await crew.reasoner.complete(request)
    work.usage += reply.usage
    if crew.traced:
        work.trace.append(
            {
                "role": request.role,
                "request": request.model_dump(mode="json"),
                "reply": reply.value.model_dump(mode="json"),
                "by": reply.by,
                "repaired": reply.repaired,
            }
        )
    return reply.value
