"""The rubricist: what should a good answer satisfy? Frozen before any candidate is read.

A model may put criteria in the words of the task, add demands of its own, drop what does not apply and shift weights,
all within bounds; what a tool grades is not up to it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rubrica.agents.ask import ask
from rubrica.agents.own import GUARD, OWN, TASK
from rubrica.agents.work import Crew, Work
from rubrica.requests.rubric import Demand, Reweighed, Rewritten, RubricDraft, RubricRequest
from rubrica.rewards.aggregate import criterion_key
from rubrica.skills.base import Skill
from rubrica.skills.when import parse
from rubrica.tools.builtin.constraints import extract_task
from rubrica.types import TYPICAL_GRADE, Criterion, Rubric

Change = TypeVar("Change", Reweighed, Rewritten)
MOST_ADDED = 6
ADDED_WEIGHT = (0.5, 5.0)
ADDED_TOGETHER = 8.0
"""Weight that all added criteria have at most."""
REWEIGH = 2.0
"""A skill's weight may be multiplied or divided by this at most."""
RULE_CAP = 0.3
"""The reward that an answer cannot exceed when it wholly breaks a rule that was made for its task alone."""
TEXT_MAX = 300


async def write_rubric(work: Work, crew: Crew) -> None:
    """Turn the selected skills into the criteria of this case."""
    skills = tuple(_applicable(skill, work) for skill in work.skills)
    draft = RubricDraft()
    if crew.effort.prepares and (skills or crew.reads):
        request = RubricRequest(
            task=work.view,
            features=work.features,
            skills=skills,
            constraints=tuple(one.describe() for one in extract_task(work.view)) if crew.reads else (),
            precedents=work.precedents,
            most=MOST_ADDED,
        )
        draft = await ask(work, crew, request)
    kept = tuple(_kept(work, skills, draft))
    work.rubric = Rubric(criteria=(*kept, *_bounded(_added(work, draft)), *(_own(kept) if crew.reads else ())))


def _own(kept: Sequence[Criterion]) -> Iterator[Criterion]:
    """Yield the criteria that no skill brings; attacks are charged once."""
    charged = any(criterion.tool == GUARD for criterion in kept)
    yield from (criterion for criterion in OWN.values() if not (charged and criterion.tool == GUARD))


def _bounded(added: Iterable[Criterion]) -> Iterator[Criterion]:
    """Scale what was added to the weight that it may have together: one fault must not be charged many times over."""
    criteria = list(added)
    scale = min(1.0, ADDED_TOGETHER / max(sum(criterion.weight for criterion in criteria), ADDED_TOGETHER))
    for criterion in criteria:
        yield criterion.model_copy(update={"weight": round(criterion.weight * scale, 6)})


def _applicable(skill: Skill, work: Work) -> Skill:
    holding = tuple(criterion for criterion in skill.criteria if parse(criterion.when).holds(work.features))
    return skill if len(holding) == len(skill.criteria) else skill.model_copy(update={"criteria": holding})


def _kept(work: Work, skills: tuple[Skill, ...], draft: RubricDraft) -> Iterator[Criterion]:
    criteria = {criterion_key(criterion): criterion for skill in skills for criterion in skill.criteria}
    draft = _in_full(draft, criteria)
    open_keys = {key for key, criterion in criteria.items() if criterion.scored_by == "model"}
    named = [*draft.drop, *(one.criterion for one in draft.reweigh), *(one.criterion for one in draft.rewrite)]
    if strangers := sum(key not in open_keys for key in named):
        work.refused["rubricist: change to a criterion that is not open to it"] += strangers
    dropped = set(draft.drop) & open_keys
    if dropped == open_keys and not draft.add:
        dropped = set()  # a rubric without a single question is no rubric
    weights = {change.criterion: change.weight for change in draft.reweigh if change.criterion in open_keys}
    texts = {change.criterion: _plain(change.text) for change in draft.rewrite if change.criterion in open_keys}
    for key, criterion in criteria.items():
        if key in weights:
            low, high = criterion.weight / REWEIGH, criterion.weight * REWEIGH
            criterion = criterion.model_copy(update={"weight": _within(weights[key], low, high)})
        if texts.get(key):
            criterion = criterion.model_copy(update={"text": texts[key]})
        if key in weights or key in texts or key not in dropped:
            yield criterion


def _in_full(draft: RubricDraft, keys: Iterable[str]) -> RubricDraft:
    """Read an id without its skill where one criterion has it."""
    uses: dict[str, list[str]] = {}
    for key in keys:
        uses.setdefault(key.rpartition("/")[2], []).append(key)
    full = {name: found[0] for name, found in uses.items() if len(found) == 1}

    def named(changes: Iterable[Change]) -> tuple[Change, ...]:
        return tuple(one.model_copy(update={"criterion": full.get(one.criterion, one.criterion)}) for one in changes)

    return draft.model_copy(
        update={
            "rewrite": named(draft.rewrite),
            "reweigh": named(draft.reweigh),
            "drop": tuple(full.get(name, name) for name in draft.drop),
        }
    )


def _added(work: Work, draft: RubricDraft) -> Iterator[Criterion]:
    taken = {criterion.id for criterion in OWN.values()}
    for demand in draft.add[:MOST_ADDED]:
        if not demand.text.strip():
            work.refused["rubricist: criterion without words"] += 1
            continue
        name = _distinct(_kebab(demand.id), taken)
        taken.add(name)
        yield _criterion(demand, name)
    if len(draft.add) > MOST_ADDED:
        work.refused["rubricist: more criteria than allowed"] += len(draft.add) - MOST_ADDED


def _criterion(demand: Demand, name: str) -> Criterion:
    return Criterion(
        id=name,
        text=_plain(demand.text),
        kind=demand.kind,
        weight=_within(demand.weight, *ADDED_WEIGHT),
        baseline=TYPICAL_GRADE,
        cap=RULE_CAP if demand.kind == "rule" else None,
        skill=TASK,
    )


def _plain(text: str) -> str:
    return " ".join(text.split())[:TEXT_MAX]


def _kebab(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "demand"


def _distinct(name: str, taken: set[str]) -> str:
    number = 2
    distinct = name
    while distinct in taken:
        distinct = f"{name}-{number}"
        number += 1
    return distinct


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
