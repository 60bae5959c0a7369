"""One case on its way through the graph: what each role has found out so far."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from pydantic import JsonValue

from rubrica.library.library import Library
from rubrica.reasoners.base import Reasoner
from rubrica.requests.rubric import Precedent
from rubrica.requests.select import Card, Selection
from rubrica.requests.solve import Solution
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

    snapshot: str
    """Id of what the memory holds; part of a verdict's provenance."""

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
    samples: int = 0
    contested: bool = False
    result: Verdict | Unscored | None = None
    usage: Usage = Usage()
    trace: list[dict[str, JsonValue]] = field(default_factory=list)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.case.candidates

    def add_evidence(self, key: str, found: list[Evidence]) -> None:
        """Number the evidence within this verdict and file it under its call."""
        for item in found:
            numbered = item.model_copy(update={"id": f"e{len(self.evidence) + 1}"})
            self.evidence.append(numbered)
            self.by_call.setdefault((key, item.candidate), []).append(numbered)
