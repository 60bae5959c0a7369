"""What comes out: evidence, findings, a verdict or why there is none, and what it cost."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, JsonValue

from rubrica.types.rubric import Rubric
from rubrica.types.value import Value

UnscoredReason = Literal[
    "undecided", "parse", "refusal", "timeout", "budget", "outage", "bad_input", "unsupported", "error"
]


class Span(Value):
    """Half-open character range [start, end) of a candidate's text, with what it holds."""

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str = ""


class Evidence(Value):
    """What a tool established about one candidate."""

    id: str = ""
    """Given by whoever runs the tool: unique within a verdict."""
    tool: str
    candidate: str
    claim: str
    """What was checked, in words: "at least 3 bullet points"."""
    value: float | None = Field(default=None, ge=0, le=1)
    """1 = holds, 0 = does not, between = degree; null = the tool cannot tell."""
    detail: str = ""
    """What was found, in words: "found 2 bullet points"."""
    span: Span | None = None
    data: dict[str, JsonValue] = Field(default_factory=dict)
    """Machine-readable detail, when a later step needs it."""


class Finding(Value):
    """The grade of one candidate on one criterion; null = could not be graded."""

    criterion: str
    candidate: str
    grade: float | None = Field(default=None, ge=0, le=1)
    rationale: str = ""
    evidence: tuple[str, ...] = ()
    quotes: tuple[Span, ...] = ()
    by: str = ""
    """Tool name or reasoner id."""


class Usage(Value):
    """What an answer cost. `cost_usd` is null when a price is unknown, never 0."""

    calls: int = 0
    cache_hits: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = 0.0

    def __add__(self, other: "Usage") -> "Usage":
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            calls=self.calls + other.calls,
            cache_hits=self.cache_hits + other.cache_hits,
            tokens_in=self.tokens_in + other.tokens_in,
            tokens_out=self.tokens_out + other.tokens_out,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )


class Score(Value):
    """One candidate's place in a verdict."""

    candidate: str
    reward: float = Field(gt=0, lt=1)
    raw: float
    """Latent score on the Bradley-Terry scale, before the sigmoid."""
    sigma: float = Field(ge=0)
    """Standard error of `raw`."""
    rank: int = Field(ge=0)
    """0 = best; equal = tie."""
    feedback: str = ""
    capped_by: str | None = None
    """The rule that limited the reward."""


class Provenance(Value):
    """Everything that a verdict depends on: the same provenance and case give the same verdict."""

    library: str
    """Content hash of the library."""
    precedents: str = ""
    """Snapshot id of the precedent memory; empty = none."""
    reasoner: str
    mode: Literal["pointwise", "group"] = "group"
    effort: Literal["low", "medium", "high"] = "medium"
    seed: int = 0


class Verdict(Value):
    """How the candidates of a case compare, and why. Usage and durations live in a sidecar record."""

    kind: Literal["verdict"] = "verdict"
    case: str
    scores: tuple[Score, ...]
    """In the order of the case's candidates."""
    win: tuple[tuple[float, ...], ...]
    """`win[i][j]` = P(candidate i beats candidate j); 0.5 on the diagonal."""
    confidence: float = Field(ge=0, le=1)
    """Share of the rubric's weight that could be graded."""
    rubric: Rubric
    findings: tuple[Finding, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    provenance: Provenance

    @property
    def ranking(self) -> tuple[int, ...]:
        return tuple(score.rank for score in self.scores)

    @property
    def rewards(self) -> tuple[float, ...]:
        return tuple(score.reward for score in self.scores)


class Unscored(Value):
    """Why there is no verdict. Never a low reward: gates and trainers skip it and count it."""

    kind: Literal["unscored"] = "unscored"
    case: str
    reason: UnscoredReason
    detail: str = ""
    tried: tuple[str, ...] = ()
    provenance: Provenance | None = None


Judgement = Annotated[Verdict | Unscored, Field(discriminator="kind")]

Components = Mapping[str, float]
"""Named parts of a reward."""
