"""A language model as proposer: an analyst reads some of the train cases, an author answers what it found with edits.

It reads two fifths of the cases, whole folds, the same in every round of a run; the gate tests what it writes on the
others. An edit that the gate refused is shown once more with the cases that it broke, to be narrowed; those cases then
count as read too. When the author has nothing left to say, the embedded proposer goes on.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from rubrica.agents.analyst import diagnose
from rubrica.agents.author import write
from rubrica.agents.observe import tool_cards
from rubrica.errors import ReasonerError
from rubrica.evolution.diagnose import NIL
from rubrica.evolution.drafts import draft_of, edit_of
from rubrica.evolution.edits import Edit, Proposal
from rubrica.evolution.proposers import Embedded, Fixed, Proposer, Situation
from rubrica.evolution.table import Matrix, Scorer, Vector, agreement
from rubrica.harness import Harness
from rubrica.reasoners.base import Reasoner, T
from rubrica.requests.base import Reply, Request
from rubrica.requests.diagnose import Answer, Chain
from rubrica.requests.propose import ProposeRequest, Refusal, Rejected
from rubrica.requests.select import Card
from rubrica.rewards.aggregate import criterion_key
from rubrica.rewards.compare import ranks
from rubrica.types import Preference, Usage

READ = 0.4
"""Share of the folds that the model reads."""
CHAINS = 24
"""Cases read in a round at most: three groups of the analyst's."""
REASONS = 4
"""Criteria named per candidate."""
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
        crew = Harness(library=library).crew()
        tools = tool_cards(crew)
        cards = [Card(name=tool.name, description=tool.description) for tool in tools]
        found, _ = await diagnose(reasoner, _chains(situation, read), skills=crew.cards, tools=cards, seed=self.seed)
        named = {mechanism.entry for mechanism in found.mechanisms}
        rejected = tuple(
            Rejected(summary=decision.title, reason=decision.reason)
            for decision in situation.history
            if decision.outcome != "accepted"
        )
        return ProposeRequest(
            mechanisms=found.mechanisms,
            skills=tuple(skill for name, skill in library.skills.items() if name in named),
            sources=tuple(tool for name, tool in library.tools.items() if tool.kind != "builtin"),
            tools=tools,
            others=tuple(name for name in library.skills if name not in named),
            rejected=rejected,
        )


async def _first(reasoner: Reasoner, situation: Situation, request: ProposeRequest, shown: set[str]) -> Edit | None:
    """Ask, and return the first edit that this run has not tried."""
    skills, tools = situation.library.skills, situation.library.tools
    drafts, _ = await write(reasoner, request, skills=skills, tools=tools)
    sources = tuple(p.case.id for p in situation.train if p.case.id in shown)
    tried = {decision.key for decision in situation.history}
    edits = (edit_of(draft, sources) for draft in drafts)
    return next((edit for edit in edits if Fixed(edit).key not in tried), None)


def to_read(situation: Situation) -> list[int]:
    """Return the positions of the cases that the model may read: those of the first folds."""
    folds = sorted(set(situation.folds))
    first = set(folds[: max(1, round(READ * len(folds)))])
    return [n for n, fold in enumerate(situation.folds) if fold in first]


def _chains(situation: Situation, read: list[int]) -> list[Chain]:
    """Show wrong cases first, and as many right ones as there is room for."""
    scorer = Scorer.of(situation.library, situation.table)
    raw = scorer.raw(situation.library.scoring)
    credit = agreement(situation.table, raw).credit
    wrong = [n for n in read if credit[n] <= 0.5][: CHAINS * 2 // 3]
    right = [n for n in read if credit[n] > 0.5][: CHAINS - len(wrong)]
    moved = scorer.parts * scorer.weights(situation.library.scoring)
    keys = [criterion_key(criterion) for criterion in scorer.criteria]
    return [
        _chain(
            situation, n, ranks(_scores(situation, n, raw)), _reasons(situation, n, keys, moved), bool(credit[n] > 0.5)
        )
        for n in (*wrong, *right)
    ]


def _scores(situation: Situation, n: int, raw: Vector) -> list[float]:
    start = situation.table.start
    return [float(score) for score in raw[start[n] : start[n + 1]]]


def _reasons(situation: Situation, n: int, keys: list[str], moved: Matrix) -> list[str]:
    """Name what moved the score of each candidate of a case, weightiest first."""
    told = []
    for row in range(int(situation.table.start[n]), int(situation.table.start[n + 1])):
        order = np.argsort(-np.abs(moved[row]), kind="stable")[:REASONS].tolist()
        told.append("\n".join(f"{keys[i]}: {moved[row, i]:+.2f}" for i in order if abs(moved[row, i]) > NIL))
    return told


def _chain(situation: Situation, n: int, judged: Sequence[int], reasons: list[str], right: bool) -> Chain:
    preference, library = situation.train[n], situation.library
    shown = zip(preference.case.candidates, preference.label.ranks, judged, reasons, strict=True)
    return Chain(
        id=preference.case.id,
        prompt=_prompt(preference),
        answers=tuple(
            Answer(label=candidate.id, text=candidate.text, place=place + 1, judged=rank + 1, why=why)
            for candidate, place, rank, why in shown
        ),
        right=right,
        skills=tuple(name for name, skill in library.skills.items() if situation.table.holds(skill.when)[n]),
        note=preference.label.critique or "",
    )


def _prompt(preference: Preference) -> str:
    return "\n\n".join(message.text for message in preference.case.task.messages)


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
    texts = {preference.case.id: _told(preference) for preference in situation.train if preference.case.id in broken}
    return Refusal(edit=draft, reason=situation.history[-1].reason, broke=tuple(texts[id_] for id_ in broken[:3]))


def _told(preference: Preference) -> str:
    places = zip(preference.case.candidates, preference.label.ranks, strict=True)
    answers = "\n\n".join(f"Place {rank + 1} by people:\n{candidate.text}" for candidate, rank in places)
    return f"{_prompt(preference)}\n\n{answers}"
