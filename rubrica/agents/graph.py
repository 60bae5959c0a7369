"""The orchestrator as a langgraph graph, run once over a chunk of cases.

    recall -> select -> solve -> rubric -> verify -> judge -> score -> [contested?] -> deliberate -> judge
                                  (fan out per candidate)

The graph's own cost, about 0.3 ms a step, is paid once a chunk. Its state holds ids only; the rows are in the chunk.
Whatever fails inside a case stays inside that case.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypedDict

from pydantic import JsonValue

from rubrica.agents.ask import CURRENT
from rubrica.agents.deliberation import deliberate, is_contested, settle
from rubrica.agents.effort import call_bound
from rubrica.agents.judge import judge
from rubrica.agents.rubricist import write_rubric
from rubrica.agents.scorer import score
from rubrica.agents.selector import read_task, select
from rubrica.agents.solver import solve_blind
from rubrica.agents.verifier import verify
from rubrica.agents.work import Crew, Work
from rubrica.errors import AccessError, ReasonerError, SandboxInfraError
from rubrica.types import Unscored

if TYPE_CHECKING:
    from langgraph.graph.state import CompiledStateGraph
    from langgraph.runtime import Runtime

log = logging.getLogger(__name__)

PRECEDENTS = 3
"""Labelled cases recalled per task."""
STEP_LIMIT = 50
"""Far above the longest legal path; a loop that never settles stops here."""

Role = Callable[[Work, Crew], Awaitable[None]]


class State(TypedDict):
    """What langgraph carries: the ids of cases that are still contested."""

    contested: list[str]


@dataclass(frozen=True)
class Chunk:
    """The cases of one graph run and who works on them."""

    works: tuple[Work, ...]
    crew: Crew


async def contained(work: Work, crew: Crew, role: Role) -> None:
    """Run one role on one case; a failure ends that case with its reason, and no other.

    Raises:
        AccessError: the model can be asked nothing.
    """
    if isinstance(work.result, Unscored):
        return
    CURRENT.set(work)
    try:
        await role(work, crew)
    except AccessError:
        raise  # every other case would meet the same
    except ReasonerError as error:
        work.result = _unscored(work, crew, error.reason, str(error))
    except SandboxInfraError as error:
        work.result = _unscored(work, crew, "outage", f"sandbox: {error}")
    except Exception as error:
        log.exception("case %s failed in %s", work.case.id, getattr(role, "__name__", role))
        work.result = _unscored(work, crew, "error", f"{type(error).__name__}: {error}")


def _unscored(work: Work, crew: Crew, reason: str, detail: str) -> Unscored:
    return Unscored.model_validate(
        {"case": work.case.id, "reason": reason, "detail": detail, "provenance": crew.provenance}
    )


async def _recall(work: Work, crew: Crew) -> None:
    read_task(work)
    if crew.recall is not None:
        work.precedents = crew.recall.similar(work.view, PRECEDENTS)


async def _score(work: Work, crew: Crew) -> None:
    if work.judged and not work.contested and work.result is not None:
        return  # nothing new was said since
    score(work, crew)
    work.contested = is_contested(work, crew)
    if not work.contested:
        settle(work, crew)


async def _judge(work: Work, crew: Crew) -> None:
    if work.contested or not work.judged:  # the other cases of the chunk may be done
        work.judged = True
        await judge(work, crew)


async def _deliberate(work: Work, crew: Crew) -> None:
    if work.contested:
        await deliberate(work, crew)


ROLES: tuple[tuple[str, Role], ...] = (
    ("recall", _recall),
    ("select", select),
    ("solve", solve_blind),
    ("rubric", write_rubric),
    ("verify", verify),
    ("judge", _judge),
    ("score", _score),
    ("deliberate", _deliberate),
)


def _node(role: Role) -> Callable[..., Awaitable[State]]:
    async def run(state: State, runtime: "Runtime[Chunk]") -> State:
        del state
        chunk = runtime.context
        await asyncio.gather(*(contained(work, chunk.crew, role) for work in chunk.works))
        return {"contested": [work.case.id for work in chunk.works if work.contested]}

    return run


@cache
def compiled() -> "CompiledStateGraph[Any, Any, Any, Any]":
    """Build the graph; langgraph is imported here and in the evolution graph only."""
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(State, context_schema=Chunk)
    for name, role in ROLES:
        graph.add_node(name, _node(role))
    path = [name for name, _ in ROLES if name != "deliberate"]
    graph.add_edge(START, path[0])
    for before, after in pairwise(path):
        graph.add_edge(before, after)

    async def after_score(state: State) -> str:  # langgraph runs what is not asynchronous in a thread
        return "deliberate" if state["contested"] else END

    graph.add_conditional_edges("score", after_score)
    graph.add_edge("deliberate", "judge")
    return graph.compile()


async def run_chunk(chunk: Chunk) -> None:
    """Judge every case of the chunk; each work ends with a result."""
    await compiled().ainvoke({"contested": []}, config={"recursion_limit": STEP_LIMIT}, context=chunk)
    if chunk.crew.traced:
        for work in chunk.works:
            work.trace.append(_account(work, chunk.crew))


def _account(work: Work, crew: Crew) -> dict[str, JsonValue]:
    """Return what the case asked, what it might have asked at most, and what was refused of the replies."""
    bound = call_bound(crew.provenance.effort, len(work.candidates), alone=work.alone(crew))
    return {"role": "orchestrator", "asked": work.asked, "bound": bound, "refused": dict(sorted(work.refused.items()))}
