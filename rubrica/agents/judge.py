"""The judge: grades what no tool could, all candidates together and in more than one order, or each alone.

Pointwise, pairwise and K-wise are one engine: a look is a partition of the candidates into requests.
"""

from collections.abc import Sequence

from rubrica.agents.ask import ask
from rubrica.agents.checking import Checked, check
from rubrica.agents.own import OWN
from rubrica.agents.showing import Shown, open_criteria, order_of, show
from rubrica.agents.work import Crew, Look, Work
from rubrica.types import Candidate

LEAST_WEIGHT = 0.1
"""What a look weighs of which nothing survived checking but the grades themselves."""


async def judge(work: Work, crew: Crew) -> None:
    """Take the looks that are planned; at first, both orders, or one at low effort."""
    if not crew.reads or not open_criteria(work):
        return  # what no tool can grade stays ungraded where nobody reads
    if work.alone(crew):
        if not work.looks:
            await look_alone(work, crew)
        return
    taken = sum(not look.alone for look in work.looks)
    orders = crew.effort.orders if not work.rounds else work.planned
    for number in range(taken, taken + orders):
        if not await look_together(work, crew, number):
            return  # whoever cannot grade in one order cannot in another
    if work.planned_alone:
        await look_alone(work, crew)


async def look_together(work: Work, crew: Crew, number: int) -> bool:
    """Show all candidates in the order of this number; say whether anything was graded."""
    order = order_of(work.candidates, number, seed=crew.provenance.seed)
    checked = await _graded(work, crew, order, sample=number // 2)
    if checked.grades:
        work.looks.append(_look(order, [checked], alone=False))
    return bool(checked.grades)


async def look_alone(work: Work, crew: Crew) -> None:
    """Show each candidate by itself, where no order can matter."""
    checked = [await _graded(work, crew, (candidate,), sample=0) for candidate in work.candidates]
    if any(one.grades for one in checked):
        work.looks.append(_look(work.candidates, checked, alone=True))


async def _graded(work: Work, crew: Crew, order: Sequence[Candidate], *, sample: int) -> Checked:
    """Ask for grades; a reply that contradicts itself or what was shown is asked for once more."""
    shown = show(work, crew, order, sample=sample)
    first = await _ask(work, crew, shown)
    if first.acceptable or not crew.reads:
        return first
    objecting = shown.request.model_copy(update={"objections": _distinct(first.objections)})
    second = await _ask(work, crew, Shown(objecting, shown.criteria, shown.candidates, shown.evidence))
    work.refused["judge: reply that was asked for again"] += 1
    return max(second, first, key=lambda one: (one.ranking_stands, one.soundness))


async def _ask(work: Work, crew: Crew, shown: Shown) -> Checked:
    reply = await ask(work, crew, shown.request)
    return check(reply, shown, by=crew.reasoner.id, refused=work.refused)


def _distinct(objections: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(objections))[:10]


def _look(order: Sequence[Candidate], checked: Sequence[Checked], *, alone: bool) -> Look:
    soundness = sum(one.soundness for one in checked) / len(checked)
    return Look(
        order=tuple(candidate.id for candidate in order),
        grades={key: grade for one in checked for key, grade in one.grades.items()},
        remarks={key: remark for one in checked for key, remark in one.remarks.items()},
        weight=max(soundness, LEAST_WEIGHT) if all(one.ranking_stands for one in checked) else LEAST_WEIGHT,
        alone=alone,
        disputes={name: reason for one in checked for name, reason in one.disputes.items()},
        heard=frozenset(
            candidate for one in checked for key, candidate in one.answered | one.grades.keys() if key not in OWN
        ),
    )
