"""The author: answers named mechanisms of failure with edits; of what cannot be tried as it stands it says why."""

from collections.abc import Collection
from dataclasses import dataclass

from rubrica.reasoners.base import Reasoner
from rubrica.requests.propose import Edit, ProposeRequest, Refusal
from rubrica.types import Usage


@dataclass(frozen=True, slots=True)
class Written:
    """What an author's reply holds."""

    edits: tuple[Edit, ...]
    """Those that fit the library, most promising first."""
    refused: tuple[Refusal, ...]
    """The others."""
    usage: Usage


async def write(
    reasoner: Reasoner, request: ProposeRequest, *, skills: Collection[str], tools: Collection[str]
) -> Written:
    """Ask for edits of a library with these names.

    Raises:
        ReasonerError: there was no valid answer.
    """
    reply = await reasoner.complete(request)
    reasons = reply.value.refusals(skills=frozenset(skills), tools=frozenset(tools), budget=request.budget)
    edits = tuple(edit for edit in reply.value.edits if edit.id not in reasons)
    refused = {edit.id: edit for edit in reply.value.edits if edit.id in reasons}
    return Written(
        edits=edits,
        refused=tuple(Refusal(edit=edit, reason=reasons[name], tested=False) for name, edit in refused.items()),
        usage=reply.usage,
    )
