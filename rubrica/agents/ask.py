"""How a role asks: usage adds up in the case, and a trace keeps what was asked and answered."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from rubrica.agents.work import Crew, Work
from rubrica.errors import ReasonerError
from rubrica.reasoners.base import Reasoner
from rubrica.requests.base import Request
from rubrica.requests.tool import ToolRequest
from rubrica.tools.prompt_tool import ToolAnswer, ToolQuestion
from rubrica.types import TaskView, Value

T = TypeVar("T", bound=Value)

CURRENT: ContextVar[Work | None] = ContextVar("case at work", default=None)
"""The case that the running task works on: tools are shared by all cases, what a prompt tool costs belongs to one."""


@contextmanager
def booked(work: Work | None) -> Iterator[None]:
    """Book what a request has cost that comes to nothing, once, however many wait for it."""
    try:
        yield
    except ReasonerError as error:
        if work is not None and error.usage is not None:
            work.usage += error.usage
            error.usage = None
        raise


async def ask(work: Work, crew: Crew, request: Request[T]) -> T:
    """Ask the crew's reasoner and return the value of its reply."""
    work.asked += 1
    with booked(work):
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


@dataclass(frozen=True, slots=True)
class ToolAsk:
    """How a prompt tool asks: through the same reasoner as the roles, at the expense of the case at work."""

    reasoner: Reasoner

    async def __call__(self, task: TaskView, question: ToolQuestion) -> ToolAnswer:
        work = CURRENT.get()
        with booked(work):
            reply = await self.reasoner.complete(ToolRequest(task=task, question=question))
        if work is not None:
            work.usage += reply.usage
        return reply.value
