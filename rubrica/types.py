"""The nouns: what is judged, by what, and what comes out. Frozen values; unknown fields are errors."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

Role = Literal["system", "user", "assistant", "tool"]
LabelSource = Literal["human", "verified", "silver"]
UnscoredReason = Literal[
    "undecided", "parse", "refusal", "timeout", "budget", "outage", "bad_input", "unsupported", "error"
]


class Value(BaseModel):
    """An immutable value that crosses a wire or a disk."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def content_hash(value: BaseModel | JsonValue) -> str:
    """Return the SHA-256 (64 hex digits) of a value's canonical JSON (sorted keys, no spaces, UTF-8)."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# What is judged


class TextPart(Value):
    """A run of text."""

    type: Literal["text"] = "text"
    text: str


class ImagePart(Value):
    """A picture by handle: its bytes live outside the record."""

    type: Literal["image"] = "image"
    uri: str
    """Relative path, URL or data URI, as the input gave it."""
    sha256: str | None = None
    """Digest of the bytes, once they have been read."""


Part = Annotated[TextPart | ImagePart, Field(discriminator="type")]


def text_of(parts: tuple[Part, ...]) -> str:
    """Join the text parts with newlines; pictures are left out."""
    if len(parts) == 1 and isinstance(parts[0], TextPart):  # nearly always; tools ask for the text very often
        return parts[0].text
    return "\n".join(part.text for part in parts if isinstance(part, TextPart))


class Message(Value):
    """One chat turn in the OpenAI shape."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return text_of(self.parts)


class Document(Value):
    """A source that the answer may be held to."""

    text: str
    title: str = ""


class CodeTest(Value):
    """One test of a code task; it runs in the sandbox and is compared on the host."""

    kind: Literal["call", "stdin", "doctest", "assert"] = "assert"
    code: str
    """The call expression, standard input, doctest text or assert statements."""
    expected: JsonValue = None
    """The value or standard output expected by `call` and `stdin`."""


class Task(Value):
    """A prompt with everything that is known about it."""

    id: str
    messages: tuple[Message, ...]
    context: tuple[Document, ...] = ()
    tests: tuple[CodeTest, ...] = ()
    reference: str | None = None
    """A known right answer; host-side checks only, never shown to a model that judges."""
    meta: dict[str, JsonValue] = Field(default_factory=dict)
    """Free notes of the data set; no tool and no reasoner sees them."""


class Candidate(Value):
    """One output to be judged."""

    id: str
    parts: tuple[Part, ...]
    meta: dict[str, JsonValue] = Field(default_factory=dict)

    @property
    def text(self) -> str:
        return text_of(self.parts)


class Case(Value):
    """A task and the K >= 1 candidates that answer it."""

    task: Task
    candidates: tuple[Candidate, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _ids_are_distinct(self) -> "Case":
        ids = [candidate.id for candidate in self.candidates]
        if len(set(ids)) != len(ids):
            raise ValueError(f"candidate ids repeat: {ids}")
        return self

    @property
    def id(self) -> str:
        return self.task.id


class TaskView(Value):
    """What tools and reasoners see of a task: never labels, never `meta`.

    `reference` and `tests` are there for host-side checks; no prompt renders them.
    """

    messages: tuple[Message, ...]
    context: tuple[Document, ...] = ()
    tests: tuple[CodeTest, ...] = ()
    reference: str | None = None

    @classmethod
    def of(cls, task: Task) -> "TaskView":
        return cls(messages=task.messages, context=task.context, tests=task.tests, reference=task.reference)

    @property
    def prompt(self) -> str:
        """The last user turn: what the candidates answer."""
        for message in reversed(self.messages):
            if message.role == "user":
                return message.text
        return self.messages[-1].text if self.messages else ""


# What is known about which one is better


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


# By what it is judged


class TaskFeatures(Value):
    """What kind of task this is, read from the prompt alone. `when` conditions name these fields."""

    has_code: bool = False
    """The prompt holds a code block or a function signature."""
    asks_code: bool = False
    """A program, function or query is to be written."""
    asks_math: bool = False
    """A quantity is to be worked out."""
    asks_choice: bool = False
    """One of listed options is to be picked."""
    asks_summary: bool = False
    """A given text is to be shortened."""
    asks_rewrite: bool = False
    """A given text is to be changed: edited, translated, corrected, classified or extracted from."""
    asks_creative: bool = False
    """A story, poem, slogan, letter or similar is to be made up."""
    asks_list: bool = False
    """Several items are to be named."""
    asks_explanation: bool = False
    """How, why or what: an account in prose is wanted."""
    asks_format: bool = False
    """A machine-readable form (JSON, YAML, XML, CSV, table) is asked for."""
    asks_translation: bool = False
    """A text is to be put into another language."""
    asks_classification: bool = False
    """A text is to be given a label: sentiment, topic, category, true or false."""
    asks_extraction: bool = False
    """Items that stand in a given text are to be picked out of it."""
    asks_completion: bool = False
    """A begun sentence, text or list is to be carried on."""
    asks_how_to: bool = False
    """Steps that the person will carry out are wanted."""
    asks_advice: bool = False
    """The person tells of their own situation and wants to know what to do."""
    asks_opinion: bool = False
    """A judgement, belief or preference is asked for, often about a disputed matter."""
    asks_comparison: bool = False
    """Two or more things are to be held against each other."""
    asks_fact: bool = False
    """A short question (who, when, where, which, how many, what is) with a known answer and no source at hand."""
    asks_yes_no: bool = False
    """The question can be answered by yes or no."""
    asks_steps: bool = False
    """The reasoning is to be shown, or "step by step" is said."""
    asks_roleplay: bool = False
    """The assistant is to speak as someone."""
    about_assistant: bool = False
    """The question is about the assistant itself: what it feels, wants, knows or is."""
    small_talk: bool = False
    """A short turn that asks for nothing: thanks, a greeting, a remark."""
    is_question: bool = False
    """The instruction holds a question mark."""
    has_source: bool = False
    """The prompt or context carries a text that the answer is about."""
    has_constraints: bool = False
    """At least one checkable constraint is stated."""
    constraints: int = 0
    """How many checkable constraints are stated."""
    has_reference: bool = False
    """A known right answer came with the task."""
    has_tests: bool = False
    """Tests, doctests or examples of calls came with the task."""
    computable: bool = False
    """The answer follows from plain computation that a tool can do."""
    sensitive: bool = False
    """Words of harm, crime, weapons, drugs, self-harm, sex, abuse or medical danger occur."""
    harmful_request: bool = False
    """A user turn asks for help with violence, crime, hate or self-harm; "kill a process" does not."""
    multi_turn: bool = False
    """There is an assistant turn before the last user turn."""
    words: int = 0
    """Words in the last user turn."""
    source_words: int = 0
    """Words in the source; 0 without one."""
    language: str = "en"
    """ISO 639-1 code of the last user turn, "und" when not clear."""


class Criterion(Value):
    """One thing to look for, and who looks."""

    id: str
    text: str
    kind: Literal["rule", "principle"] = "principle"
    """A `rule` caps the reward when it is broken; a `principle` is weighed."""
    weight: float = Field(default=1.0, ge=0, le=100)
    scored_by: Literal["tool", "model"] = "model"
    tool: str | None = None
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    prefer: Literal["high", "low"] = "high"
    """`low`: a high tool value counts against the candidate."""
    baseline: float = Field(default=0.5, ge=0, le=1)
    """The grade that neither raises nor lowers: contribution = weight * (grade - baseline); null grades count 0."""
    cap: float | None = Field(default=None, gt=0, lt=1)
    """For a rule: the reward that a candidate with grade 0 cannot exceed."""
    when: str = ""
    """Condition over `TaskFeatures`; empty = always."""
    skill: str = ""
    """The skill that it comes from."""

    @model_validator(mode="after")
    def _tool_is_named(self) -> "Criterion":
        if (self.scored_by == "tool") != (self.tool is not None):
            raise ValueError("a criterion names a tool if and only if it is scored_by: tool")
        return self


class Rubric(Value):
    """Criteria for one task, frozen before any candidate is read."""

    criteria: tuple[Criterion, ...] = ()


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


class Scoring(Value):
    """How findings become a number; fitted on train, versioned with the library. Keys are "skill/criterion"."""

    weights: dict[str, float] = Field(default_factory=dict)
    """Fitted weight; a criterion that is not named keeps the weight of its skill file."""
    errors: dict[str, float] = Field(default_factory=dict)
    """Standard error of a fitted weight."""
    baselines: dict[str, float] = Field(default_factory=dict)
    """Fitted baseline; a criterion that is not named keeps its own."""
    temperature: float = Field(default=1.0, gt=0)
    """Raw scores are divided by this before the logistic."""
    reference: float = 0.0
    """The raw score that maps to reward 0.5."""
    tie: float = Field(default=0.0, ge=0)
    """Davidson's nu: 0 = ties never happen."""
    isotonic: tuple[tuple[float, float], ...] = ()
    """Knots (probability before, probability after), increasing; empty = identity."""
    noise: float = Field(default=0.0, ge=0)
    """Spread of raw scores below which a group carries no signal."""
    cases: int = 0
    """Labelled cases that the fit has seen; 0 = nothing fitted."""


# What comes out


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
