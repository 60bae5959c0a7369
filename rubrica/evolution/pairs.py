"""The pairs of RewardHarness's protocol: dealt 60/40, swapped, counted by two rules, and shown to the analyst."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from rubrica.agents.chain import ChainRun
from rubrica.data.split import Item
from rubrica.data.split import split as deal
from rubrica.errors import InputError
from rubrica.evals.chained import Chained, right
from rubrica.requests.diagnose import Answer, Chain
from rubrica.types import Case, Preference, Unscored

GATE = 0.4
"""Share of the cases to learn from that the gate reads."""
SWAPPED = "~swapped"
"""What the id of a pair in the other order ends with."""


def swapped(preference: Preference) -> Preference:
    """Return the pair in the other order, its label with it."""
    case, label = preference.case, preference.label
    task = case.task.model_copy(update={"id": case.id + SWAPPED})
    turned = {name: told[::-1] for name in ("ranks", "scores", "votes") if (told := getattr(label, name)) is not None}
    return Preference(
        case=Case(task=task, candidates=case.candidates[::-1]),
        label=label.model_copy(update=turned),
        subset=preference.subset,
    )


def dealt(preferences: Sequence[Preference], *, seed: int) -> tuple[list[Preference], list[Preference]]:
    """Deal the pairs by prompt into train, in both orders, and gate, in the order given.

    Raises:
        InputError: one side would be empty.
    """
    pairs = {p.case.id: p for p in preferences if len(p.case.candidates) == 2}
    told = deal([Item.of(preference) for preference in pairs.values()], test=GATE, seed=seed)
    if not told.train or not told.test:
        raise InputError(f"{len(pairs)} pairs cannot be dealt into train and gate; the protocol has 60 and 40")
    train = [pairs[id_] for id_ in told.train]
    return [*train, *map(swapped, train)], [pairs[id_] for id_ in told.test]


def hits(judged: Sequence[Chained], preferences: Sequence[Preference], *, tie_if_unscored: bool = False) -> list[float]:
    """Return 1 for every pair judged as its label says, 0 for every other."""
    told = zip(judged, preferences, strict=True)
    return [float(right(one, p.label, tie_if_unscored=tie_if_unscored)) for one, p in told]


def chain(judged: Chained, preference: Preference) -> Chain:
    """Show a judged pair to the analyst."""
    result, case = judged.result, preference.case
    run = result if isinstance(result, ChainRun) else None
    notes = ["", ""]
    if run is not None:
        told = run.verdict
        scores = ((told.following_a, told.quality_a), (told.following_b, told.quality_b))
        notes = [
            f"does what is asked: {following} of 4; good apart from that: {quality} of 4"
            for following, quality in scores
        ]
        thoughts = [line for step in run.steps for line in (step.think, f"{step.tool.tool} observed: {step.obs}")]
        notes[0] += "\nThe judge, on both: " + "\n".join(line for line in (*thoughts, run.think) if line)
    ranking = judged.ranking or (None, None)
    return Chain(
        id=case.id,
        prompt="\n\n".join(message.text for message in case.task.messages),
        answers=tuple(
            Answer(
                label=name, text=candidate.text, place=rank + 1, judged=None if place is None else place + 1, why=why
            )
            for name, candidate, rank, place, why in zip(
                "AB", case.candidates, preference.label.ranks, ranking, notes, strict=True
            )
        ),
        right=right(judged, preference.label) if run is not None else None,
        skills=judged.skills,
        note=preference.label.critique or "",
    )


def counts(name: str, judged: Sequence[Chained], preferences: Sequence[Preference]) -> dict[str, JsonValue]:
    """Count by our rule and by the original's, for which an unreadable reply is a tie."""
    return {
        f"right_{name}": int(sum(hits(judged, preferences))),
        f"right_{name}_by_its_rule": int(sum(hits(judged, preferences, tie_if_unscored=True))),
        f"unscored_{name}": sum(isinstance(one.result, Unscored) for one in judged),
    }


def said(name: str, facts: Mapping[str, JsonValue], n: int) -> str:
    """Say in words what `counts` has counted."""
    text = f"{name}: {facts[f'right_{name}']} of {n} right, {facts[f'unscored_{name}']} unscored"
    return f"{text} ({facts[f'right_{name}_by_its_rule']} right if an unscored pair were a tie, as in the original)"
