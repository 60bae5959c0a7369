"""One case on its way through the graph: what each role has found out so far."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from pydantic import JsonValue

from rubrica.agents.effort import EFFORTS, Effort
from rubrica.library.library import Library
from rubrica.reasoners.base import Reasoner
from rubrica.requests.rubric import Precedent
from rubrica.requests.select import Card, Selection
from rubrica.requests.solve import Solution
from rubrica.requests.verify import ToolCard
from rubrica.skills.base import Skill
from rubrica.tools.toolbox import Toolbox
from rubrica.types import (
    Candidate,
    Case,
    Evidence,
    Finding,
    Provenance,
    Rubric,
    TaskFeatures,
    TaskView,
    Unscored,
    Usage,
    Verdict,
)


class Recall(Protocol):
    """Finds labelled cases of the train split that resemble a task."""

    @property
    def snapshot(self) -> str:
        """Id of what the memory holds; part of a verdict's provenance."""
        ...

    def similar(self, task: TaskView, limit: int) -> tuple[Precedent, ...]: ...


@dataclass(frozen=True)
class Crew:
    """Who works on a case, and with what."""

    library: Library
    toolbox: Toolbox
    provenance: Provenance
    reasoner: Reasoner
    recall: Recall | None = None
    traced: bool = False

    @cached_property
    def cards(self) -> tuple[Card, ...]:
        """What a selector reads: every skill's name, description and condition."""
        skills = self.library.skills
        return tuple(
            Card(name=name, description=skills[name].description, when=skills[name].when) for name in sorted(skills)
        )

    @cached_property
    def tool_cards(self) -> tuple[ToolCard, ...]:
        """What a caller reads of the tools that look at one candidate by itself."""
        return tuple(ToolCard.of(spec) for spec in self.toolbox.specs if spec.scope == "candidate")

    @property
    def effort(self) -> Effort:
        return EFFORTS[self.provenance.effort]

    @property
    def reads(self) -> bool:
        """Whether the reasoner reads texts; the embedded one reads criteria only, so what serves readers is spared."""
        return not self.provenance.reasoner.startswith("embedded")


@dataclass(frozen=True, slots=True)
class Look:
    """One look of the judge at all candidates: in one request under one order, or each candidate alone."""

    order: tuple[str, ...]
    """Candidate ids as they were shown."""
    grades: Mapping[tuple[str, str], float]
    """(criterion key, candidate id) -> grade in [0, 1]; only grades that survived checking."""
    remarks: Mapping[tuple[str, str], Finding]
    """The same keys -> critique, quotes and evidence."""
    weight: float = 1.0
    """Share of what was said that survived checking, in (0, 1]."""
    alone: bool = False
    """Each candidate was graded in a request of its own, so no order could matter."""
    disputes: Mapping[str, str] = field(default_factory=dict)
    """Evidence id -> why the judge holds it to be false."""
    heard: frozenset[str] = frozenset()
    """Candidates of whom something was said that survived checking, if only that a criterion does not apply."""


@dataclass
class Work:
    """Mutable, owned by one graph run; frozen values go in and come out."""

    case: Case
    view: TaskView
    features: TaskFeatures = TaskFeatures()
    precedents: tuple[Precedent, ...] = ()
    selection: Selection = Selection()
    skills: tuple[Skill, ...] = ()
    solution: Solution | None = None
    rubric: Rubric = Rubric()
    evidence: list[Evidence] = field(default_factory=list)
    by_call: dict[tuple[str, str], list[Evidence]] = field(default_factory=dict)
    """(call key, candidate id) -> evidence."""
    findings: list[Finding] = field(default_factory=list)
    """What tools and the verifier settled; what the judge says is in `looks`."""
    looks: list[Look] = field(default_factory=list)
    rounds: int = 0
    """Deliberations so far."""
    judged: bool = False
    """Whether the judge has been asked at all."""
    planned: int = 0
    """Further orders in which the judge is to look."""
    planned_alone: bool = False
    """Whether it is to look at each candidate by itself."""
    contested: bool = False
    result: Verdict | Unscored | None = None
    usage: Usage = Usage()
    asked: int = 0
    """Requests made, from the cache or not."""
    refused: Counter[str] = field(default_factory=Counter)
    """What replies held that was not accepted: "verifier: evidence that was never observed" -> how often."""
    trace: list[dict[str, JsonValue]] = field(default_factory=list)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.case.candidates

    def alone(self, crew: Crew) -> bool:
        """Whether candidates are not to be compared with each other."""
        return crew.provenance.mode == "pointwise" or len(self.candidates) == 1

    def add_evidence(self, key: str, found: list[Evidence]) -> list[Evidence]:
        """Number the evidence within this verdict, file it under its call and return it."""
        numbered = []
        for item in found:
            numbered.append(item.model_copy(update={"id": f"e{len(self.evidence) + 1}"}))
            self.evidence.append(numbered[-1])
            self.by_call.setdefault((key, item.candidate), []).append(numbered[-1])
        return numbered
