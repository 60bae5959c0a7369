"""How far unfitted rewards spread when a reader grades as readers do, mostly 7 to 9 of 10; grades are drawn.

    python bench/grades.py

A candidate has a quality of its own, and each grade is that quality with noise, on the scale of whole numbers from 0 to
4; the criteria are those that the seed library leaves to a reader on a question that asks for an explanation.
"""

from collections.abc import Sequence
from random import Random
from statistics import quantiles

from rubrica.library.seed import seed_library
from rubrica.requests.judge import TOP_GRADE
from rubrica.rewards.aggregate import aggregate, criterion_key, sigmoid
from rubrica.skills.when import parse
from rubrica.types import Criterion, Rubric, Scoring, TaskFeatures

TASK = TaskFeatures(asks_explanation=True, is_question=True, words=20)
CANDIDATES = 4000
MEANS = (0.7, 0.8, 0.85)
"""Mean grades of readers who are strict, usual and kind."""
SPREAD, NOISE = 0.1, 0.12
"""Standard deviations of the qualities, and of one grade about its candidate's quality."""


def open_criteria() -> list[Criterion]:
    """Return what the seed library leaves to a reader on the task."""
    return [
        criterion
        for skill in seed_library().skills.values()
        for criterion in skill.criteria
        if criterion.tool is None and parse(skill.when).holds(TASK) and parse(criterion.when).holds(TASK)
    ]


def drawn(criteria: Sequence[Criterion], mean: float, *, candidates: int = CANDIDATES) -> dict[tuple[str, str], float]:
    """Draw a grade for each criterion and candidate."""
    draw = Random(0)
    grades = {}
    for number in range(candidates):
        quality = draw.gauss(mean, SPREAD)
        for criterion in criteria:
            level = round(TOP_GRADE * draw.gauss(quality, NOISE))
            grades[criterion_key(criterion), str(number)] = min(max(level, 0), TOP_GRADE) / TOP_GRADE
    return grades


def rewards(criteria: Sequence[Criterion], mean: float, baseline: float | None, *, candidates: int) -> list[float]:
    """Return the unfitted rewards, with one baseline for all criteria or with their own."""
    based = [c if baseline is None else c.model_copy(update={"baseline": baseline}) for c in criteria]
    ids = [str(number) for number in range(candidates)]
    raws = aggregate(Rubric(criteria=tuple(based)), drawn(criteria, mean, candidates=candidates), ids, Scoring())
    return [sigmoid(raw.score) for raw in raws]


def main() -> None:
    criteria = open_criteria()
    print(f"{len(criteria)} criteria, weights {sum(c.weight for c in criteria):g} in all, {CANDIDATES} candidates\n")
    print("| mean grade | baseline | 5% | 25% | median | 75% | 95% | above 0.95 |")
    print("|---|---|---|---|---|---|---|---|")
    for mean in MEANS:
        for baseline in (0.5, 0.65, None):
            told = rewards(criteria, mean, baseline, candidates=CANDIDATES)
            cuts = quantiles(told, n=20)
            shown = " | ".join(f"{cuts[i]:.2f}" for i in (0, 4, 9, 14, 18))
            high = sum(reward > 0.95 for reward in told) / len(told)
            name = "its own" if baseline is None else f"{baseline:g}"
            print(f"| {mean:g} | {name} | {shown} | {100 * high:.0f}% |")


if __name__ == "__main__":
    main()
