"""How candidates are shown to a judge: in orders that do not depend on how the case lists them, under drawn labels.

The same candidates in another order make the same requests, so a verdict cannot depend on the order of its input, and a
swapped case costs nothing new.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from rubrica.agents.observe import MANNERS, shown
from rubrica.agents.own import OWN
from rubrica.agents.work import Crew, Work
from rubrica.requests.judge import Guide, JudgeRequest
from rubrica.rewards.aggregate import criterion_key
from rubrica.types import Candidate, Criterion, Evidence, Scoring

CONSONANTS = "BDFGHJKLMNPRSTVWXZ"
LABEL_LENGTH = 3
"""Letters of a label; without vowels it is no word, and nobody's favourite. Labels begin with different letters."""
DEMANDS = "constraints"
"""The tool that checks what the prompt demands of the answer."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A judge's request, and what its labels and numbers stand for."""

    request: JudgeRequest
    criteria: Mapping[str, Criterion]
    """`c1` ... -> criterion, with the baseline that the library's scoring gives it."""
    candidates: Mapping[str, Candidate]
    """Label -> candidate of the case, in the order shown."""
    evidence: Mapping[str, Evidence]
    """Number in the request -> evidence of the case."""

    @property
    def order(self) -> tuple[str, ...]:
        return tuple(candidate.id for candidate in self.candidates.values())


def open_criteria(work: Work) -> tuple[Criterion, ...]:
    """Return the criteria that are left to whoever reads."""
    criteria = work.rubric.criteria
    return tuple(one for one in criteria if one.scored_by == "model" and criterion_key(one) not in OWN)


def order_of(candidates: Sequence[Candidate], look: int, *, seed: int = 0) -> tuple[Candidate, ...]:
    """Return the order of the look with this number: each odd one is the reverse of the one before it."""
    base = sorted(candidates, key=lambda candidate: _digest(seed, candidate.text))
    if look >= 2 and len(base) > 2:
        Random(_digest(seed, look // 2, *(candidate.text for candidate in base))).shuffle(base)
    return tuple(base[::-1] if look % 2 else base)


def show(work: Work, crew: Crew, order: Sequence[Candidate], *, sample: int) -> Shown:
    """Put the question of the open criteria about these candidates."""
    criteria = open_criteria(work)
    labels = _labels(order, sample, crew.provenance.seed)
    found = [(label, item) for label, one in zip(labels, order, strict=True) for item in _about(work, one)]
    clean = _clean([item for _, item in found])
    told = [(label, item) for label, item in found if item.tool not in clean]
    numbered = {f"e{number}": pair for number, pair in enumerate(told, start=1)}
    request = JudgeRequest(
        task=work.view,
        candidates=tuple(Candidate(id=label, parts=one.parts) for label, one in zip(labels, order, strict=True)),
        criteria=criteria,
        guides=_guides(work, criteria),
        evidence=tuple(shown(item, number, label) for number, (label, item) in numbered.items()),
        clean=tuple(sorted(clean)),
        solution=work.solution,
        sample=sample,
    )
    return Shown(
        request=request,
        criteria={
            f"c{number}": _with_baseline(one, crew.library.scoring) for number, one in enumerate(criteria, start=1)
        },
        candidates=dict(zip(labels, order, strict=True)),
        evidence={number: item for number, (_, item) in numbered.items()},
    )


def _with_baseline(criterion: Criterion, scoring: Scoring) -> Criterion:
    fitted = scoring.baselines.get(criterion_key(criterion), criterion.baseline)
    return criterion if fitted == criterion.baseline else criterion.model_copy(update={"baseline": fitted})


def _about(work: Work, candidate: Candidate) -> list[Evidence]:
    """Return what tools said of a candidate, and the demands that they could not check, which are the reader's."""
    mine = [item for item in work.evidence if item.candidate == candidate.id]
    return [item for item in mine if item.value is not None or item.tool == DEMANDS]


def _clean(evidence: Sequence[Evidence]) -> frozenset[str]:
    """Return the tools of manner whose every finding holds: lines that would tell no answer from another."""
    spoke = {item.tool for item in evidence} & MANNERS
    return frozenset(tool for tool in spoke if all(item.value == 1.0 for item in evidence if item.tool == tool))


def _guides(work: Work, criteria: Sequence[Criterion]) -> tuple[Guide, ...]:
    asked = {criterion.skill for criterion in criteria}
    return tuple(
        Guide(skill=skill.name, body=skill.body) for skill in work.skills if skill.name in asked and skill.body
    )


def _labels(order: Sequence[Candidate], sample: int, seed: int) -> list[str]:
    draw = Random(_digest(seed, sample, *(candidate.text for candidate in order)))
    labels: dict[str, str] = {}
    while len(labels) < len(order):
        label = "".join(draw.sample(CONSONANTS, LABEL_LENGTH))
        labels.setdefault(label[: 1 if len(order) <= len(CONSONANTS) else LABEL_LENGTH], label)
    return list(labels.values())


def _digest(*parts: object) -> str:
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()
