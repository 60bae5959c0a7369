"""Splitting: a skill whose checks help under one condition of the task and not under its opposite becomes two.

Which skill, and which condition: the pair whose contrast (its checks, counted up where the condition holds and down
where it does not) moves the margin most, fitted for all pairs at once beside the library as it is. Then the skill's
checks get weights of their own on either side, and the split is proposed when left-out cases are explained better by it
than by the skill in one piece.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from rubrica.evolution.edits import Edit
from rubrica.evolution.maintain import LEARNED
from rubrica.evolution.mining import MIN_SHARE, MIN_SUPPORT, Learner, conditions_of
from rubrica.evolution.ridge import Block, solve
from rubrica.evolution.table import Indices, Mask, Matrix, Table, Vector
from rubrica.evolution.writing import Seen, write_half
from rubrica.library.library import Library
from rubrica.rewards.aggregate import criterion_key
from rubrica.skills.base import Skill
from rubrica.skills.when import opposite, parse
from rubrica.types import Criterion, Scoring

FACTORS = (0.3, 1.0)
FAR = 0.25
"""A check tells the sides apart when one gives it at most this share of the weight that the other gives it, and counts
when it has at least this share of the largest weight."""


@dataclass(frozen=True)
class Split:
    """Split the skill that a condition of the task divides most."""

    key: str = "split"

    def on(self, library: Library, table: Table) -> Edit | None:
        learner = Learner.of(library, table)
        if not len(learner.rows.y):
            return None
        own = learner.rows.difference(learner.scorer.parts)
        pieces = tuple(_pieces(learner, own))
        if not pieces:
            return None
        piece = _most_divided(pieces, learner, own)
        columns, side = own[:, piece.live], piece.side[:, None]
        apart = solve([learner.prior, Block(np.hstack([columns * side, columns * ~side]), FACTORS)], learner.rows)
        whole = solve([learner.prior, Block(columns, FACTORS)], learner.rows)
        if apart.loss >= whole.loss:
            return None
        scale = max(float(apart.weights[0][0]), 0.0) / library.scoring.temperature
        weights = scale * learner.scorer.weights(library.scoring)
        here, there = (weights[piece.live] + moved for moved in np.split(apart.weights[1], 2))
        if not _told_apart(here, there):
            return None
        reference = scale * library.scoring.reference + float(apart.weights[0][1])
        return _edit(piece, learner, own, Fit(weights, here, there, reference))


@dataclass(frozen=True)
class Piece:
    """A skill, and a condition that could divide it."""

    skill: Skill
    condition: str
    live: Indices
    """Its checks that tell candidates apart often enough on both sides, as positions among the library's criteria."""
    side: Mask
    """Shape (R,): whether the condition holds."""


@dataclass(frozen=True)
class Fit:
    """What either side gives to the checks of a piece, and what the library's criteria weigh on the same scale."""

    weights: Vector
    """Shape (C,): of all criteria, as they were."""
    here: Vector
    there: Vector
    """Shape (live,): where the condition holds, and where it does not; below 0 when a check pulls the wrong way."""
    reference: float


def _pieces(learner: Learner, own: Matrix) -> Iterator[Piece]:
    """Yield every skill with every condition that both of its sides have cases for."""
    table, spoken = learner.table, np.abs(own) > 1e-9
    need = max(MIN_SUPPORT, int(MIN_SHARE * len(table)))
    divisible = [skill for _, skill in sorted(learner.library.skills.items()) if not _read(skill, learner)]
    for condition in conditions_of(table):
        holds = table.holds(condition)
        side = holds[learner.rows.case]
        often = np.minimum(spoken[side].sum(0), spoken[~side].sum(0)) >= MIN_SUPPORT
        for skill in divisible:
            known = table.holds(skill.when)
            live = np.array([i for i, c in _of(skill, learner) if often[i] and c.kind == "principle"], dtype=np.int64)
            if len(live) and min(int((known & holds).sum()), int((known & ~holds).sum())) >= need:
                yield Piece(skill, condition, live, side)


def _of(skill: Skill, learner: Learner) -> Iterator[tuple[int, Criterion]]:
    return ((i, c) for i, c in enumerate(learner.scorer.criteria) if c.skill == skill.name)


def _read(skill: Skill, learner: Learner) -> bool:
    """Whether a reader has graded it by its words: other words would have to be read anew."""
    graded: Mask = np.any(~np.isnan(learner.scorer.grades), axis=0)
    return any(c.tool is None and graded[i] for i, c in _of(skill, learner))


def _most_divided(pieces: Sequence[Piece], learner: Learner, own: Matrix) -> Piece:
    """Return the piece whose contrast moves the margin most."""
    contrasts = [own[:, p.live] * np.where(p.side, 1.0, -1.0)[:, None] for p in pieces]
    fitted = solve([learner.prior, learner.own((1.0,)), Block(np.hstack(contrasts), FACTORS)], learner.rows)
    parts = np.split(fitted.weights[2], np.cumsum([len(p.live) for p in pieces])[:-1])
    moved = [float((learner.rows.weight * (x @ w) ** 2).sum()) for x, w in zip(contrasts, parts, strict=True)]
    return pieces[int(np.argmax(moved))]


def _told_apart(here: Vector, there: Vector) -> bool:
    """Whether a check that counts, beside the others, helps on one side and hardly or not at all on the other."""
    more, less = np.maximum(here, there), np.minimum(here, there)
    counts = (more > 1e-6) & (more >= FAR * more.max())
    return bool((counts & (less <= FAR * more)).any())


def _edit(piece: Piece, learner: Learner, own: Matrix, fit: Fit) -> Edit:
    skill, scoring, cases = piece.skill, learner.library.scoring, len(learner.table)
    taken, halves = set(learner.library.skills), []
    for condition, side, weights in (
        (piece.condition, piece.side, fit.here),
        (str(opposite(parse(piece.condition))), ~piece.side, fit.there),
    ):
        told = {i: _seen(i, float(w), side, learner, own) for i, w in zip(piece.live.tolist(), weights, strict=True)}
        seen = [told.get(i) or Seen(_effective(c, scoring), float(fit.weights[i])) for i, c in _of(skill, learner)]
        halves.append(write_half(skill, condition, seen, taken=taken, cases=cases))
        taken.add(halves[-1].name)
    names = " and ".join(half.name for half in halves)
    return Edit(
        kind="split-skill",
        title=f"Split {skill.name} into {names}"[:200],
        rationale=f"Its checks weigh differently in {cases} labelled cases, depending on: {piece.condition}.",
        put_skills=tuple(halves),
        drop_skills=(skill.name,),
        scoring=_scoring(piece, learner, fit),
        sources=learner.table.ids,
    )


def _seen(i: int, weight: float, side: Mask, learner: Learner, own: Matrix) -> Seen:
    """Return criterion i as one side of the condition sees it; only a learned check may be turned round."""
    criterion = learner.scorer.criteria[i]
    if LEARNED not in learner.library.skills[criterion.skill].tags or criterion.kind == "rule":
        weight = max(weight, 0.0)
    decided = side & (learner.rows.y != 0.5)
    moved, wins = own[decided, i], learner.rows.y[decided] > 0.5
    agreed = ((moved > 1e-9) & wins) | ((moved < -1e-9) & ~wins)
    return Seen(
        _effective(criterion, learner.library.scoring), weight, int((np.abs(moved) > 1e-9).sum()), int(agreed.sum())
    )


def _effective(criterion: Criterion, scoring: Scoring) -> Criterion:
    """Return the criterion with the baseline that the scoring gives it."""
    return criterion.model_copy(
        update={"baseline": scoring.baselines.get(criterion_key(criterion), criterion.baseline)}
    )


def _scoring(piece: Piece, learner: Learner, fit: Fit) -> Scoring:
    """Return the library's scoring on the fitted scale, without the skill that is split: its halves carry theirs."""
    scoring, gone = learner.library.scoring, f"{piece.skill.name}/"
    kept = {criterion_key(c): round(float(w), 6) for c, w in zip(learner.scorer.criteria, fit.weights, strict=True)}
    return scoring.model_copy(
        update={
            "weights": {key: weight for key, weight in kept.items() if not key.startswith(gone)},
            "baselines": {key: value for key, value in scoring.baselines.items() if not key.startswith(gone)},
            "temperature": 1.0,
            "reference": round(fit.reference, 6),
            "errors": {},
            "isotonic": (),
            "cases": len(learner.table),
        }
    )
