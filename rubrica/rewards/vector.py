"""A verdict as named numbers: for each candidate its reward and the part that every criterion had in it."""

import sys
from dataclasses import dataclass
from typing import Literal

from rubrica.rewards.aggregate import criterion_key, grades_by_key
from rubrica.types import Case, Scoring, Verdict


@dataclass(frozen=True, slots=True)
class Component:
    """One graded criterion of one candidate."""

    name: str
    """Criterion key, "skill/criterion"."""
    dimension: str
    """The skill that it belongs to; the criterion itself when it has none."""
    kind: Literal["rule", "principle"]
    grade: float
    """In [0, 1]."""
    contribution: float
    """weight * (grade - baseline) / temperature: its share of the latent score."""


@dataclass(frozen=True, slots=True)
class RewardVector:
    """One candidate's place in a verdict as numbers alone: small enough to keep a hundred thousand."""

    reward: float
    """In (0, 1)."""
    raw: float
    """Latent Bradley-Terry score; `reward` is its logistic."""
    sigma: float
    """Standard error of `raw`."""
    rank: int
    """0 = best of its group; equal = tie."""
    win: tuple[float, ...]
    """P(this candidate beats candidate j of its group); 0.5 at its own place."""
    length: int
    """Characters of the candidate."""
    components: tuple[Component, ...]
    """What could be graded, in the order of the rubric."""


def vectors(case: Case, verdict: Verdict, scoring: Scoring) -> tuple[RewardVector, ...]:
    """Return one vector per candidate, in the case's order."""
    grades = grades_by_key(verdict.rubric, verdict.findings)

    def components(candidate: str) -> tuple[Component, ...]:
        found = []
        for criterion in verdict.rubric.criteria:
            key = criterion_key(criterion)
            if (grade := grades.get((key, candidate))) is None:
                continue
            weight = scoring.weights.get(key, criterion.weight)
            part = weight * (grade - scoring.baselines.get(key, criterion.baseline)) / scoring.temperature
            found.append(Component(sys.intern(key), criterion.skill or key, criterion.kind, grade, part))
        return tuple(found)

    return tuple(
        RewardVector(
            reward=score.reward,
            raw=score.raw,
            sigma=score.sigma,
            rank=score.rank,
            win=win,
            length=len(candidate.text),
            components=components(candidate.id),
        )
        for candidate, score, win in zip(case.candidates, verdict.scores, verdict.win, strict=True)
    )
