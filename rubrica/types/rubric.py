"""By what it is judged: features of the task, criteria, and how their grades become a number."""

from typing import Literal

from pydantic import Field, JsonValue, model_validator

from rubrica.types.value import Value


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


TYPICAL_GRADE = 0.75
"""What readers give as a rule, 3 of 4: as a baseline, it keeps rewards apart that would all be near 1 above 0.5."""


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
    floor: float | None = Field(default=None, gt=0, lt=1)
    """For a rule that is checked exactly: the reward that a candidate with grade 1 has at least, unless limited."""
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
