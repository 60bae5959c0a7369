"""What is known about which candidate is better: a label, and the case it belongs to."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from rubrica.types.task import Case
from rubrica.types.value import Value

LabelSource = Literal["human", "verified", "silver"]


class Label(Value):
    """Ground truth over the K candidates of a case.

    `ranks[i]` is the rank of candidate i (0 = best, equal = tie). With `kind="best"` only the winner is known: the
    others share rank 1 and say nothing about each other. With `kind="scores"`, `scores` holds what the ranks come from;
    for K = 1 the score in [0, 1] is the label itself.
    """

    kind: Literal["ranking", "scores", "best"]
    ranks: tuple[int, ...] = Field(min_length=1)
    scores: tuple[float, ...] | None = None
    source: LabelSource = "human"
    votes: tuple[int, ...] | None = None
    """Votes per candidate, when known."""
    strength: float | None = None
    """How clear the preference is, in the data set's own unit."""
    critique: str | None = None
    """What a person wrote about the choice."""

    @classmethod
    def best(cls, index: int, size: int, **extra: object) -> "Label":
        """Only the winner is known."""
        if not 0 <= index < size:
            raise ValueError(f"best is {index}, but there are {size} candidates (0 to {size - 1})")
        ranks = tuple(0 if i == index else 1 for i in range(size))
        return cls.model_validate({"kind": "best", "ranks": ranks, **extra})

    @classmethod
    def from_scores(cls, scores: tuple[float, ...], **extra: object) -> "Label":
        """Higher is better; equal scores are a tie."""
        order = sorted(set(scores), reverse=True)
        return cls.model_validate(
            {"kind": "scores", "ranks": tuple(order.index(s) for s in scores), "scores": scores, **extra}
        )

    def pairs(self) -> Iterator[tuple[int, int, float]]:
        """Yield (i, j, outcome) for every known comparison with i < j: 1 = i better, 0 = j better, 0.5 = tie."""
        for i in range(len(self.ranks)):
            for j in range(i + 1, len(self.ranks)):
                a, b = self.ranks[i], self.ranks[j]
                if self.kind == "best" and a == b:
                    continue
                yield i, j, 0.5 if a == b else float(a < b)

    @property
    def winners(self) -> frozenset[int]:
        """Indices that share rank 0."""
        return frozenset(i for i, rank in enumerate(self.ranks) if rank == 0)


class Preference(Value):
    """A case and its label."""

    case: Case
    label: Label
    subset: str = ""
    """Stratum for splits and tables; never seen by a judge."""

    @model_validator(mode="after")
    def _sizes_agree(self) -> "Preference":
        if len(self.label.ranks) != len(self.case.candidates):
            raise ValueError(
                f"label ranks {len(self.label.ranks)} candidates, the case has {len(self.case.candidates)}"
            )
        return self
