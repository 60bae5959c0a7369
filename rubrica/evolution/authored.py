"""A language model as proposer: an analyst reads some of the train cases, an author answers what it found with edits.

It reads two fifths of the cases, whole folds, the same in every round of a run; the gate tests what it writes on the
others. An edit that the gate refused is shown once more with the cases that it broke, to be narrowed; those cases then
count as read too. When the author has nothing left to say, the embedded proposer goes on.
"""

import asyncio
from dataclasses import dataclass, field

from rubrica.agents.analyst import diagnose
from rubrica.agents.author import write
from rubrica.errors import ReasonerError
from rubrica.evolution.drafts import draft_of, edit_of
from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.proposers import Embedded, Fixed, Proposer, Situation
from rubrica.evolution.reading import at_fault, cards, chains, to_read, told, weighed
from rubrica.evolution.run import Decision
from rubrica.harness import Harness
from rubrica.reasoners.base import Reasoner, T
from rubrica.requests.base import Reply, Request
from rubrica.requests.propose import ProposeRequest, Refusal, Rejected
from rubrica.requests.select import Card
from rubrica.types import Usage

PASSING = ("parse", "refusal", "budget")
"""Failures that end the author's turn; any other stops the run, which can go on later."""


@dataclass
class Metered:
    """Counts what a reasoner's answers cost."""

    reasoner: Reasoner
    spent: Usage = field(default_factory=Usage)

    @property
    def id(self) -> str:
        return self.reasoner.id

    async def complete(self, request: Request[T]) -> Reply[T]:
        reply = await self.reasoner.complete(request)
        self.spent += reply.usage
        return reply


@dataclass(frozen=True)
class Authored:
    """Asks a model for one edit a round, then `after` for the rest."""

    reasoner: Reasoner
    seed: int = 0
    after: Proposer = field(default_factory=Embedded)

    def propose(self, situation: Situation) -> Proposal | None:
        """Return the model's next edit, or what the next proposer makes of it.

        Raises:
            ReasonerError: the model cannot be reached; the run can be resumed.
        """
        metered = Metered(self.reasoner)
        try:
            edit = asyncio.run(self._written(metered, situation))
        except ReasonerError as error:
            if error.reason not in PASSING:
                raise
            edit = None
        situation.spend(metered.spent)
        return Fixed(edit) if edit is not None else self.after.propose(situation)

    async def _written(self, reasoner: Reasoner, situation: Situation) -> Edit | None:
        read = to_read(situation)
        known = {situation.train[n].case.id for n in read}
        request = await self._request(reasoner, situation, read)
        if refusal := _refusal(situation, known):
            narrowing = request.model_copy(update={"refusal": refusal, "budget": 1})
            narrowed = await _first(reasoner, situation, narrowing, known | set(_broken(situation)))
            if narrowed is not None:
                return narrowed
        return await _first(reasoner, situation, request, known) if request.mechanisms else None

    async def _request(self, reasoner: Reasoner, situation: Situation, read: list[int]) -> ProposeRequest:
        library = situation.library
        tools = Harness(library=library).crew().tool_cards
        asked = {criterion.tool for skill in library.skills.values() for criterion in skill.criteria}
        spoke = [Card(name=tool.name, description=tool.description) for tool in tools if tool.name in asked]
        known = cards(library)
        found, _ = await diagnose(reasoner, chains(situation, read), skills=known, tools=spoke, seed=self.seed)
        named = at_fault(library, {mechanism.entry for mechanism in found.mechanisms if mechanism.entry})
        return ProposeRequest(
            mechanisms=found.mechanisms,
            skills=tuple(weighed(library.skills[name], library.scoring) for name in named),
            sources=tuple(tool for tool in library.tools.values() if tool.kind != "builtin"),
            tools=tools,
            others=tuple(card for card in known if card.name not in named),
            rejected=tuple(map(_rejected, (d for d in situation.history if d.outcome != "accepted"))),
        )


def _rejected(decision: Decision) -> Rejected:
    """Say what became of an idea: how many verdicts it bettered and worsened, where the gate has seen it."""
    better, worse, n = (decision.facts.get(name) for name in ("helped", "hurt", "n"))
    if isinstance(better, list) and isinstance(worse, list):
        seen = f"of {n} verdicts {len(better)} became right or righter, {len(worse)} the opposite"
        reason = "no verdict changed" if not better and not worse else seen
        return Rejected(summary=decision.title, reason=f"{reason} ({decision.reason})")
    return Rejected(summary=decision.title, reason=decision.reason)


async def _first(reasoner: Reasoner, situation: Situation, request: ProposeRequest, shown: set[str]) -> Edit | None:
    """Ask, and return the first edit that this run has not tried."""
    library = situation.library
    drafts, _ = await write(reasoner, request, skills=library.skills, tools=library.tools)
    sources = tuple(p.case.id for p in situation.train if p.case.id in shown)
    tried = {decision.key for decision in situation.history}
    edits = (edit_of(draft, sources, library) for draft in drafts)
    return next((edit for edit in edits if Fixed(edit).key not in tried), None)


def _broken(situation: Situation) -> list[str]:
    """Name the cases that the edit tried last broke."""
    hurt = situation.history[-1].facts.get("hurt") if situation.history else None
    return [str(id_) for id_ in hurt] if isinstance(hurt, list) else []


def _refusal(situation: Situation, read: set[str]) -> Refusal | None:
    """Return what became of the last edit, if it was the author's, the gate refused it, and it was not narrowed yet."""
    last, broken = situation.last, _broken(situation)
    if last is None or not broken or situation.history[-1].outcome != "rejected" or set(last.sources) != read:
        return None
    draft = draft_of(last)
    if draft is None:
        return None
    texts = {preference.case.id: told(preference) for preference in situation.train if preference.case.id in broken}
    return Refusal(edit=draft, reason=situation.history[-1].reason, broke=tuple(texts[id_] for id_ in broken[:3]))
