"""What a model that proposes is shown of train cases and library: texts, places, and what moved the scores."""

from collections.abc import Sequence

import numpy as np

from rubrica.evolution.proposers import Situation
from rubrica.evolution.table import Scorer, agreement
from rubrica.library.library import Library
from rubrica.requests.diagnose import Answer, Chain
from rubrica.requests.select import Card
from rubrica.rewards.aggregate import criterion_key
from rubrica.rewards.compare import ranks
from rubrica.skills.base import Skill
from rubrica.types import Criterion, Preference, Scoring, TaskFeatures

READ = 0.4
"""Share of the folds that the model reads."""
CHAINS = 24
"""Cases read in a round at most: three groups of the analyst's."""
REASONS = 6
"""Criteria named per case: those on which the answers differ most."""


def to_read(situation: Situation) -> list[int]:
    """Return the positions of the cases that the model may read: those of the first folds."""
    folds = sorted(set(situation.folds))
    first = set(folds[: max(1, round(READ * len(folds)))])
    return [n for n, fold in enumerate(situation.folds) if fold in first]


def chains(situation: Situation, read: Sequence[int]) -> list[Chain]:
    """Show wrong cases first, and as many right ones as there is room for; nothing when no case is wrong."""
    scorer = Scorer.of(situation.library, situation.table)
    raw = scorer.raw(situation.library.scoring)
    credit = agreement(situation.table, raw).credit
    wrong = [n for n in read if credit[n] <= 0.5][: CHAINS * 2 // 3]
    right = [n for n in read if credit[n] > 0.5][: CHAINS - len(wrong)] if wrong else []
    start = situation.table.start
    return [
        _chain(
            situation,
            n,
            judged=ranks([float(score) for score in raw[start[n] : start[n + 1]]]),
            reasons=_reasons(situation, n, scorer),
            equal=_equal(situation, n, scorer),
            right=bool(credit[n] > 0.5),
        )
        for n in (*wrong, *right)
    ]


def _reasons(situation: Situation, n: int, scorer: Scorer) -> list[str]:
    """Say for each candidate of a case what it got on the criteria on which the candidates differ most."""
    rows = slice(int(situation.table.start[n]), int(situation.table.start[n + 1]))
    points = scorer.parts[rows] * scorer.weights(situation.library.scoring)
    spread = np.ptp(points, axis=0) if len(points) > 1 else np.abs(points[0])
    order = [int(i) for i in np.argsort(-spread, kind="stable")[:REASONS] if spread[i] > 1e-9]
    keys = [criterion_key(criterion) for criterion in scorer.criteria]
    return [
        "\n".join(f"{keys[i]}: {_graded(float(grades[i]))}, {told[i]:+.2f} points" for i in order)
        for grades, told in zip(scorer.grades[rows], points, strict=True)
    ]


def _equal(situation: Situation, n: int, scorer: Scorer) -> list[str]:
    """Name the criteria on which the candidates of a case do not differ, with their grade."""
    grades = scorer.grades[int(situation.table.start[n]) : int(situation.table.start[n + 1])]
    if len(grades) < 2:
        return []
    shared = np.flatnonzero(~np.isnan(grades).any(axis=0) & (np.abs(grades - grades[0]) <= 1e-9).all(axis=0))
    return [f"{criterion_key(scorer.criteria[i])} {grades[0, i]:.2f}" for i in shared.tolist()]


def _graded(grade: float) -> str:
    return "not graded" if np.isnan(grade) else f"grade {grade:.2f}"


def _chain(
    situation: Situation, n: int, *, judged: Sequence[int], reasons: list[str], equal: list[str], right: bool
) -> Chain:
    preference, library = situation.train[n], situation.library
    shown = zip(preference.case.candidates, preference.label.ranks, judged, reasons, strict=True)
    return Chain(
        id=preference.case.id,
        prompt=prompt_of(preference),
        answers=tuple(
            Answer(label=candidate.id, text=candidate.text, place=place + 1, judged=rank + 1, why=why)
            for candidate, place, rank, why in shown
        ),
        right=right,
        skills=tuple(name for name, skill in library.skills.items() if situation.table.holds(skill.when)[n]),
        equal=tuple(equal),
        note=preference.label.critique or "",
    )


def prompt_of(preference: Preference) -> str:
    """Return all turns that the candidates answer, as one text."""
    return "\n\n".join(message.text for message in preference.case.task.messages)


def told(preference: Preference, features: TaskFeatures) -> str:
    """Say a case with the places that people gave and what a condition can see of its task."""
    places = zip(preference.case.candidates, preference.label.ranks, strict=True)
    answers = "\n\n".join(f"Place {rank + 1} by people:\n{candidate.text}" for candidate, rank in places)
    return f"{prompt_of(preference)}\n\n{answers}\n\nTask features: {', '.join(_holding(features))}"


def _holding(features: TaskFeatures) -> list[str]:
    """Name the features that hold, and the numbers that are not 0."""
    known = features.model_dump()
    return [name if value is True else f"{name} = {value}" for name, value in known.items() if value]


def weighed(skill: Skill, scoring: Scoring) -> Skill:
    """Return a skill with the weights and baselines that count: those that a fit has set, where it has."""
    criteria = tuple(
        criterion.model_copy(
            update={
                "weight": scoring.weights.get(criterion_key(criterion), criterion.weight),
                "baseline": scoring.baselines.get(criterion_key(criterion), criterion.baseline),
            }
        )
        for criterion in skill.criteria
    )
    return skill.model_copy(update={"criteria": criteria})


def cards(library: Library) -> list[Card]:
    """Say of each skill what it is for, when it applies, and its criteria with their weights."""
    shown = [weighed(skill, library.scoring) for skill in library.skills.values()]
    return [
        Card(
            name=skill.name,
            when=skill.when,
            description="\n".join(
                [skill.description, f"Applies: {skill.when or 'always'}", *map(_line, skill.criteria)]
            ),
        )
        for skill in shown
    ]


def _line(criterion: Criterion) -> str:
    by = f"tool {criterion.tool}" if criterion.tool else "the judge"
    limit = f", reward at most {criterion.cap:g} when broken" if criterion.cap is not None else ""
    return f"- {criterion.id} (weight {criterion.weight:g}{limit}, by {by}): {criterion.text}"


def at_fault(library: Library, entries: set[str]) -> list[str]:
    """Return the skills that entries name: a skill, one of its criteria, or a tool that grades for it."""
    return [
        name
        for name, skill in library.skills.items()
        if any(
            entry == name or entry.startswith(f"{name}/") or any(entry == c.tool for c in skill.criteria)
            for entry in entries
        )
    ]
