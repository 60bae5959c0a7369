"""How hard a case is looked at: what each level of effort may ask of a model, and the bound that follows."""

from dataclasses import dataclass
from typing import Literal

Level = Literal["low", "medium", "high"]

MAX_CALLS = 5
"""Tool calls that a reasoner may ask for per candidate, beyond the rubric's own."""
DRAFT_CALLS = 3
"""Tool calls that the solver may make on its own drafts."""
ASKED_TWICE = 2
"""A judge whose reply contradicts itself or the candidates is asked once more."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What a case may cost."""

    orders: int
    """Orders in which the judge sees the candidates at first."""
    rounds: int
    """How often a contested case is deliberated."""
    prepares: bool
    """Whether selector, solver, rubricist and verifier are asked, or the library taken as it stands."""


EFFORTS: dict[Level, Effort] = {
    "low": Effort(orders=1, rounds=0, prepares=False),
    "medium": Effort(orders=2, rounds=1, prepares=True),
    "high": Effort(orders=2, rounds=2, prepares=True),
}


def call_bound(level: Level, candidates: int, *, alone: bool = False) -> int:
    """Return the most requests that one case may take; `alone` = pointwise, each candidate in a request of its own."""
    effort = EFFORTS[level]
    looks = candidates if alone or candidates == 1 else effort.orders
    again = 0 if alone or candidates == 1 else effort.rounds * max(2, candidates)
    selected, rubric, solved, checked = (1, 1, DRAFT_CALLS + 1, candidates * (MAX_CALLS + 1))
    prepared = selected + rubric + solved + checked if effort.prepares else 0
    return prepared + ASKED_TWICE * (looks + again)
