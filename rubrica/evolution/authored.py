"""A language model as proposer: an analyst reads some of the train cases, an author answers what it found with edits.

It reads two fifths of the cases, whole folds, the same in every round of a run; the gate tests what it writes on the
others. All edits of one reply are tried, in its order, before the author is asked anew. An edit that could not be tried
is shown to it once more with the reason, to be mended; one that the gate refused, with cases that it broke and that it
put right, to be narrowed: those then count as read too. When the author has nothing left to say, the embedded proposer
goes on.
"""

import asyncio
from dataclasses import dataclass, field

from rubrica.agents.analyst import diagnose
from rubrica.agents.author import write
from rubrica.errors import ReasonerError, ReplyError
from rubrica.evolution.drafts import draft_of, edit_of
from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.proposers import Embedded, Fixed, Proposer, Situation
from rubrica.evolution.reading import at_fault, cards, chains, to_read, told, weighed
from rubrica.evolution.run import Decision
from rubrica.harness import Harness
from rubrica.library.library import Library
from rubrica.reasoners.base import Reasoner, T
from rubrica.requests.base import Reply, Request
from rubrica.requests.propose import ProposeRequest, Refusal, Rejected
from rubrica.requests.select import Card
from rubrica.rewards.aggregate import criterion_key
from rubrica.types import Usage

PASSING = ("parse", "refusal", "budget")
"""Failures that end the author's turn; any other stops the run, which can go on later."""
ASKED = 2
"""How often an author is asked for one edit: when what it wrote cannot be tried, it may mend it."""
SHOWN_BROKEN = 3
SHOWN_FIXED = 2
"""Cases that an edit broke, and that it put right, which its author is shown; few, since no gate may test on them."""
WRITTEN_OUT = 2
"""Skills of an idea up to which its criteria are told; mined edits bring many."""


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
            others = request.rejected[:-1]  # the last one is the edit itself
            again = request.model_copy(update={"refusal": refusal, "rejected": others, "budget": 1})
            mended = await _first(reasoner, situation, again, known | set(_shown(situation)))
            if mended is not None:
                return mended
        for asked in (_as_of_last_change(request, situation), request):  # what it wrote before comes from the cache
            if request.mechanisms and (edit := await _first(reasoner, situation, asked, known)):
                return edit
        return None

    async def _request(self, reasoner: Reasoner, situation: Situation, read: list[int]) -> ProposeRequest:
        library = situation.library
        tools = Harness(library=library).crew().tool_cards
        asked = {criterion.tool for skill in library.skills.values() for criterion in skill.criteria}
        spoke = [Card(name=tool.name, description=tool.description) for tool in tools if tool.name in asked]
        known = cards(library)
        reads = situation.reads
        shown = chains(situation, read)
        found, _ = await diagnose(reasoner, shown, skills=known, tools=spoke, reads=reads, seed=self.seed)
        named = at_fault(library, {mechanism.entry for mechanism in found.mechanisms if mechanism.entry})
        return ProposeRequest(
            mechanisms=found.mechanisms,
            skills=tuple(weighed(library.skills[name], library.scoring) for name in named),
            sources=tuple(tool for tool in library.tools.values() if tool.kind != "builtin"),
            tools=tools,
            others=tuple(card for card in known if card.name not in named),
            rejected=_rejected(situation),
            reads=reads,
        )


def _rejected(situation: Situation) -> tuple[Rejected, ...]:
    """Say of each idea that was not kept what it was and what became of it."""
    told = zip(situation.history, situation.edits, strict=True)
    return tuple(
        Rejected(summary=summary(decision, edit, situation.library), reason=became(decision))
        for decision, edit in told
        if decision.outcome != "accepted"
    )


def summary(decision: Decision, edit: Edit | None, library: Library) -> str:
    """Say an idea with its reason and the criteria that it would have changed."""
    if edit is None or len(edit.put_skills) > WRITTEN_OUT:
        return decision.title
    held = {criterion_key(c): c for skill in library.skills.values() for c in skill.criteria}
    criteria = {criterion_key(c): c for skill in edit.put_skills for c in skill.criteria}
    changed = [
        f"- {key} (weight {c.weight:g}, by {f'tool {c.tool}' if c.tool else 'the judge'}): {c.text}"
        for key, c in criteria.items()
        if held.get(key) != c
    ]
    revised = {skill.name for skill in edit.put_skills}
    gone = [f"- without {key}" for key, c in held.items() if c.skill in revised and key not in criteria]
    return "\n".join(line for line in (decision.title, edit.rationale, *changed, *gone) if line)


def became(decision: Decision) -> str:
    """Say how many verdicts an idea bettered and worsened, where the gate has seen it, or why it never came there."""
    better, worse, n = (decision.facts.get(name) for name in ("helped", "hurt", "n"))
    if not isinstance(better, list) or not isinstance(worse, list):
        return decision.reason
    if not better and not worse:
        return f"of {n} verdicts none changed"
    seen = f"of {n} verdicts {len(better)} became right or righter, {len(worse)} the opposite"
    return f"{seen} ({decision.reason})"


def _as_of_last_change(request: ProposeRequest, situation: Situation) -> ProposeRequest:
    """Return the request as it was put when the library last changed: what it brought is tried to its end first."""
    changes = [n for n, decision in enumerate(situation.history, start=1) if decision.outcome == "accepted"]
    known = sum(d.outcome != "accepted" for d in situation.history[: changes[-1] if changes else 0])
    return request.model_copy(update={"rejected": request.rejected[:known]})


async def _first(reasoner: Reasoner, situation: Situation, request: ProposeRequest, shown: set[str]) -> Edit | None:
    """Ask, and return the first edit that this run has not tried; an author none of whose edits can be may mend one."""
    library = situation.library
    sources = tuple(p.case.id for p in situation.train if p.case.id in shown)
    tried = {decision.key for decision in situation.history}
    for _ in range(ASKED):
        written = await write(reasoner, request, skills=library.skills, tools=library.tools)
        refused = list(written.refused)
        for draft in written.edits:
            try:
                edit = edit_of(draft, sources, library)
            except ReplyError as error:
                refused.append(Refusal(edit=draft, reason=str(error), tested=False))
                continue
            if Fixed(edit).key not in tried:
                return edit
        if not refused:
            return None
        request = request.model_copy(update={"refusal": refused[0], "budget": 1})
    return None


def _changed(situation: Situation, how: str, most: int) -> tuple[str, ...]:
    """Name cases that the edit tried last "hurt" or "helped"."""
    told = situation.history[-1].facts.get(how) if situation.history else None
    return tuple(str(id_) for id_ in told[:most]) if isinstance(told, list) else ()


def _shown(situation: Situation) -> tuple[str, ...]:
    """Name the cases that the author of the edit tried last is shown, for better and worse."""
    return _changed(situation, "hurt", SHOWN_BROKEN) + _changed(situation, "helped", SHOWN_FIXED)


def _refusal(situation: Situation, read: set[str]) -> Refusal | None:
    """Return what became of the last edit, if it is the author's, may be mended or narrowed, and was not yet."""
    last = situation.edits[-1] if situation.edits else None
    draft = draft_of(last, situation.library) if last is not None else None
    if last is None or draft is None or set(last.sources) != read:
        return None
    decision, earlier = situation.history[-1], situation.history[:-1]
    seen = zip(situation.train, situation.table.features, strict=True)
    texts = {preference.case.id: told(preference, features) for preference, features in seen}
    broke = tuple(texts[id_] for id_ in _changed(situation, "hurt", SHOWN_BROKEN))
    fixed = tuple(texts[id_] for id_ in _changed(situation, "helped", SHOWN_FIXED))
    if decision.outcome == "refused" and not (earlier and earlier[-1].outcome == "refused"):
        return Refusal(edit=draft, reason=decision.reason, tested=False, broke=broke)
    if decision.outcome == "rejected" and broke:
        return Refusal(edit=draft, reason=became(decision), broke=broke, fixed=fixed)
    return None
