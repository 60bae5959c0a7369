"""The analyst: reads right and wrong chains in shuffled groups, and makes one diagnosis of what it found in each."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random

from rubrica.reasoners.base import Reasoner
from rubrica.requests.diagnose import Chain, DiagnoseRequest, Diagnosis, MergeRequest
from rubrica.requests.select import Card
from rubrica.types import Usage

GROUP = 8
"""Chains per request: enough to see a pattern, few enough to be read with care."""
MOST = 8
"""Mechanisms in the end."""


async def diagnose(
    reasoner: Reasoner,
    chains: Sequence[Chain],
    *,
    skills: Sequence[Card],
    tools: Sequence[Card],
    reads: bool = True,
    seed: int = 0,
) -> tuple[Diagnosis, Usage]:
    """Diagnose all chains; what names a case that was not shown loses it, and a mechanism without cases is dropped.

    Args:
        reasoner: who is asked.
        chains: judged cases, right and wrong ones.
        skills: what the library holds, in short.
        tools: those of its tools that had a say.
        reads: whether the judge has a reader.
        seed: of the groups.

    Raises:
        ReasonerError: a group or the merge got no valid answer.
    """
    if all(chain.right for chain in chains):
        return Diagnosis(), Usage()
    groups, names = _renamed(shuffled_groups(chains, seed=seed))
    requests = [
        DiagnoseRequest(
            chains=group,
            skills=tuple(skills),
            tools=tuple(tools),
            wrong=sum(not c.right for c in group),
            reads=reads,
        )
        for group in groups
    ]
    replies = await asyncio.gather(*(reasoner.complete(request) for request in requests))
    usage = sum((reply.usage for reply in replies), Usage())
    told = [_shown_only(reply.value, group) for reply, group in zip(replies, groups, strict=True)]
    if len(told) < 2:
        return _named_again(told[0], names), usage
    merged = await reasoner.complete(MergeRequest(diagnoses=tuple(told), most=MOST))
    everything = [chain for group in groups for chain in group]
    return _named_again(_shown_only(merged.value, everything), names), usage + merged.usage


def _renamed(groups: Sequence[Sequence[Chain]]) -> tuple[list[tuple[Chain, ...]], dict[str, str]]:
    """Number the chains as they are shown, so that no id of a data set says anything; return new id -> old id."""
    names: dict[str, str] = {}
    renamed = []
    for group in groups:
        shown = []
        for chain in group:
            name = f"case-{len(names) + 1}"
            names[name] = chain.id
            shown.append(chain.model_copy(update={"id": name}))
        renamed.append(tuple(shown))
    return renamed, names


def _named_again(diagnosis: Diagnosis, names: Mapping[str, str]) -> Diagnosis:
    return Diagnosis(
        mechanisms=tuple(
            one.model_copy(update={"cases": tuple(names[case] for case in one.cases)}) for one in diagnosis.mechanisms
        ),
        lucky=tuple(one.model_copy(update={"case": names[one.case]}) for one in diagnosis.lucky),
    )


def shuffled_groups(chains: Sequence[Chain], *, seed: int = 0) -> list[tuple[Chain, ...]]:
    """Deal right and wrong chains out evenly, in an order that says nothing."""
    draw = Random(seed)
    wrong = [chain for chain in chains if not chain.right]
    right = [chain for chain in chains if chain.right]
    draw.shuffle(wrong)
    draw.shuffle(right)
    count = -(-len(chains) // GROUP)
    groups = [[*wrong[i::count], *right[count - 1 - i :: count]] for i in range(count)]
    for group in groups:
        draw.shuffle(group)
    return [tuple(group) for group in groups]


def _shown_only(diagnosis: Diagnosis, chains: Sequence[Chain]) -> Diagnosis:
    known = {chain.id for chain in chains}
    right = {chain.id for chain in chains if chain.right}
    told = ((one, tuple(case for case in one.cases if case in known)) for one in diagnosis.mechanisms)
    named = [one.model_copy(update={"cases": cases}) for one, cases in told]
    return Diagnosis(
        mechanisms=tuple(one for one in named if one.cases)[:MOST],
        lucky=tuple(one for one in diagnosis.lucky if one.case in right),
    )
