"""Merging: learned skills that apply under the same condition become one, and no score changes by it.

Two lines about the same check add up: w1 (g - b1) + w2 (g - b2) = (w1 + w2) (g - b), with b between them, wherever both
speak or are silent together, as two lines about one check do.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rubrica.evolution.edits import Edit
from rubrica.evolution.maintain import LEARNED
from rubrica.evolution.table import Table
from rubrica.evolution.writing import MAX_WEIGHT
from rubrica.library.library import Library
from rubrica.rewards.aggregate import criterion_key
from rubrica.skills.base import Skill
from rubrica.tools.toolbox import call_key
from rubrica.types import Criterion, Scoring

NOTHING = 1e-12


@dataclass(frozen=True)
class Merge:
    """Merge the learned skills of one condition."""

    key: str = "merge"

    def on(self, library: Library, table: Table) -> Edit | None:
        twins = next(iter(_twins(library)), None)
        if twins is None:
            return None
        merged, scoring = _merged(twins, library.scoring)
        return Edit(
            kind="merge-skills",
            title=f"Merge {' and '.join(skill.name for skill in twins)}"[:200],
            rationale=f"They apply to the same tasks; all scores of {len(table)} cases stay as they are.",
            put_skills=(merged,),
            drop_skills=tuple(skill.name for skill in twins if skill.name != merged.name),
            scoring=scoring,
            sources=table.ids,
        )


def _twins(library: Library) -> Iterator[tuple[Skill, ...]]:
    """Yield the groups of learned skills, graded by tools alone, that share a condition."""
    groups: dict[str, list[Skill]] = {}
    for skill in library.skills.values():
        if LEARNED in skill.tags and all(c.tool is not None and c.cap is None for c in skill.criteria):
            groups.setdefault(skill.when, []).append(skill)
    yield from (tuple(group) for _, group in sorted(groups.items()) if len(group) > 1)


def _merged(twins: Sequence[Skill], scoring: Scoring) -> tuple[Skill, Scoring]:
    first = twins[0]
    old = {criterion_key(c) for skill in twins for c in skill.criteria}
    criteria = tuple(_distinct(_added(_effective(twins, scoring))))
    skill = first.model_copy(
        update={
            "criteria": criteria,
            "body": "\n\n".join(skill.body for skill in twins if skill.body),
            "metadata": {**first.metadata, "merged-from": " ".join(skill.name for skill in twins)},
        }
    )
    skill = Skill.model_validate(skill.model_dump())  # stamps the skill's name on its criteria
    kept = {
        name: {key: value for key, value in getattr(scoring, name).items() if key not in old}
        for name in ("weights", "errors", "baselines")
    }
    return skill, scoring.model_copy(update=kept)


def _effective(twins: Iterable[Skill], scoring: Scoring) -> Iterator[Criterion]:
    """Yield the criteria with the weight and baseline that the scoring gives them."""
    for skill in twins:
        for criterion in skill.criteria:
            key = criterion_key(criterion)
            yield criterion.model_copy(
                update={
                    "weight": scoring.weights.get(key, criterion.weight),
                    "baseline": scoring.baselines.get(key, criterion.baseline),
                }
            )


def _added(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    """Add up the lines about the same check; two that would need a baseline outside [0, 1] stay apart."""
    same: dict[tuple[str, str], list[Criterion]] = {}
    for criterion in criteria:
        same.setdefault((call_key(criterion.tool or "", criterion.arguments), criterion.when), []).append(criterion)
    for lines in same.values():
        yield from _sum(lines)


def _sum(lines: Sequence[Criterion]) -> Sequence[Criterion]:
    signed = [(c.weight, c.baseline) if c.prefer == "high" else (-c.weight, 1.0 - c.baseline) for c in lines]
    weight, offset = sum(w for w, _ in signed), sum(w * b for w, b in signed)
    if abs(weight) <= NOTHING:
        return () if abs(offset) <= NOTHING else lines
    centre = offset / weight
    if not 0.0 <= centre <= 1.0 or abs(weight) > MAX_WEIGHT:
        return lines
    more = weight > 0
    heaviest = max(lines, key=lambda c: c.weight)
    text = heaviest.text if (heaviest.prefer == "high") == more else f"{'More' if more else 'Less'}: {heaviest.text}"
    told = {"text": text, "weight": abs(weight), "prefer": "high" if more else "low"}
    return (heaviest.model_copy(update={**told, "baseline": centre if more else 1.0 - centre}),)


def _distinct(criteria: Iterable[Criterion]) -> Iterator[Criterion]:
    taken: set[str] = set()
    for criterion in criteria:
        name, count = criterion.id, 1
        while name in taken:
            count += 1
            name = f"{criterion.id}-{count}"
        taken.add(name)
        yield criterion.model_copy(update={"id": name})
