"""The author: answers named mechanisms of failure with edits; what cannot be tried as it stands is dropped."""

from collections.abc import Collection

from rubrica.reasoners.base import Reasoner
from rubrica.requests.propose import Edit, ProposeRequest
from rubrica.types import Usage


async def write(
    reasoner: Reasoner, request: ProposeRequest, *, skills: Collection[str], tools: Collection[str]
) -> tuple[tuple[Edit, ...], Usage]:
    """Return the edits that fit a library with these names, most promising first.

    Raises:
        ReasonerError: there was no valid answer.
    """
    reply = await reasoner.complete(request)
    refused = reply.value.refusals(skills=frozenset(skills), tools=frozenset(tools), budget=request.budget)
    return tuple(edit for edit in reply.value.edits if edit.id not in refused), reply.usage
