"""A constraint as a value: what the prompt asks of the answer, precisely enough for code to check it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from rubrica.tools.builtin.constraints.answer import Answer
from rubrica.tools.builtin.constraints.prompt import Prompt
from rubrica.types import Span

Relation = Literal["at least", "at most", "exactly", "between", "about"]

Kind = Literal[
    # length
    "words",
    "characters",
    "sentences",
    "paragraphs",
    "lines",
    "stanzas",
    # layout
    "bullets",
    "items",
    "numbered",
    "sections",
    "highlights",
    "placeholders",
    "hashtags",
    "emojis",
    "table",
    "columns",
    "rows",
    "divided_paragraphs",
    # vocabulary
    "term",
    "some_terms",
    "letter",
    "punctuation",
    # letter case
    "lowercase",
    "uppercase",
    "capital_words",
    # edges
    "starts_with",
    "ends_with",
    "first_word",
    "last_word",
    "initial",
    "postscript",
    "quoted",
    "title",
    "repeats_prompt",
    # form
    "json",
    "boxed",
    "tagged",
    "line_pattern",
    "fenced",
    "plain",
    "number_only",
    "choice",
    "two_responses",
    "bare",
    "comma_separated",
    "rating",
    # order
    "alphabetical",
    "acrostic",
    "palindrome",
    # wording
    "unique_words",
    "word_uses",
    "word_length",
    "numerals",
    "numbers",
    "title_case",
    "no_spaces",
    "no_contractions",
    "stopword_share",
    "multiple",
    # sequence
    "distinct_starts",
    "distinct_initials",
    "chain",
    "growing",
    "same_edges",
    "alphabet",
    "alternating_case",
    "emoji_ends",
    # language
    "language",
    # logic
    "any_of",
]

Scope = Literal["response", "paragraph", "sentence", "line", "item", "word"]
"""What the constraint is about: the whole response, or every such part of it (one of them when `nth` is set)."""

UNDER = 0.5
"""A broken count is worth less than this, however near."""


@dataclass(frozen=True, slots=True)
class Bound:
    """How many are asked for: `low` and `high` are inclusive, None = open."""

    relation: Relation
    low: int | None
    high: int | None

    @classmethod
    def at_least(cls, n: int) -> "Bound":
        return cls("at least", n, None)

    @classmethod
    def at_most(cls, n: int) -> "Bound":
        return cls("at most", None, max(n, 0))

    @classmethod
    def exactly(cls, n: int) -> "Bound":
        return cls("exactly", n, n)

    @classmethod
    def between(cls, low: int, high: int) -> "Bound":
        return cls("between", min(low, high), max(low, high))

    @classmethod
    def about(cls, n: int) -> "Bound":
        return cls("about", n, n)

    def grade(self, found: int) -> float:
        """Return 1 inside the bound, else a credit for being near.

        Outside, the credit falls linearly from `UNDER` (just outside) to 0 (off by the bound itself or more).
        `about` gives full credit within a tenth and falls linearly to 0 at half the number off.
        """
        if self.relation == "about":
            goal = self.low or 0
            off = abs(found - goal) / max(goal, 1)
            return min(1.0, max(0.0, (0.5 - off) / 0.4))
        if self.low is not None and found < self.low:
            return UNDER * max(0.0, found / self.low - 1e-9)
        if self.high is not None and found > self.high:
            return UNDER * max(0.0, 1 - (found - self.high) / max(self.high, 1))
        return 1.0

    def __str__(self) -> str:
        if self.relation == "between":
            return f"between {self.low} and {self.high}"
        return f"{self.relation} {self.high if self.low is None else self.low}"


_SAID: dict[str, str] = {
    "some_terms": "of the terms",
    "unique_words": "different words",
    "word_uses": "uses of any one word",
    "word_length": "letters in every word",
    "numerals": "numbers written as",
    "multiple": "a multiple of",
    "stopword_share": "percent of stop words",
    "distinct_starts": "openings that differ by",
    "distinct_initials": "neighbouring words with different first letters",
    "chain": "last word that opens the next",
    "growing": "words added to each next part",
    "same_edges": "first word that is the last",
    "alphabet": "first letters in the order of the alphabet",
    "emoji_ends": "emoji at the end",
}
"""How a kind reads in a claim, where its name alone would not tell."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """One checkable demand on the answer, and where the prompt states it."""

    kind: Kind
    source: Span
    bound: Bound | None = None
    texts: tuple[str, ...] = ()
    """The words, phrases, options or codes that the demand names."""
    scope: Scope = "response"
    nth: int | None = None
    """Which paragraph, sentence or line: 1 = first, -1 = last; None = all of the scope."""
    negated: bool = False
    """What is described must not be there."""
    alternatives: tuple["Constraint", ...] = ()
    """For `any_of`: one of these is enough."""

    def describe(self) -> str:
        """Say the demand in words: "at least 3 bullets"."""
        if self.alternatives:
            return " or ".join(one.describe() for one in self.alternatives)
        name = _SAID.get(self.kind) or self.kind.replace("_", " ")
        said = ", ".join(repr(text) for text in self.texts)
        bound = str(self.bound or "")
        parts = [name, bound.removeprefix("at least "), said] if self.kind == "multiple" else [bound, name, said]
        if self.scope != "response":
            parts.append(f"in every {self.scope}" if self.nth is None else f"in {self.scope} {self.nth}")
        said = " ".join(part for part in parts if part)
        return f"not {said}" if self.negated else said

    def to_json(self) -> dict[str, JsonValue]:
        """Return the constraint as plain JSON, without its source."""
        return {
            "kind": self.kind,
            "relation": self.bound.relation if self.bound else None,
            "low": self.bound.low if self.bound else None,
            "high": self.bound.high if self.bound else None,
            "texts": list(self.texts),
            "scope": self.scope,
            "nth": self.nth,
            "negated": self.negated,
            "alternatives": [one.to_json() for one in self.alternatives],
        }

    @property
    def key(self) -> tuple[object, ...]:
        """What a later statement of the same kind replaces."""
        return (self.kind, self.scope, self.nth, self.texts if self.kind in _BY_TEXT else (), self.alternatives)


_BY_TEXT = frozenset({"term", "letter", "punctuation", "tagged"})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a checker saw: its value (None = cannot tell), in words, and where."""

    value: float | None
    detail: str = ""
    span: Span | None = None


def holds(ok: bool, detail: str, span: Span | None = None) -> Reading:
    """Return a plain yes or no."""
    return Reading(1.0 if ok else 0.0, detail, span)


def counted(n: int, plural: str) -> str:
    """Say how many: "1 word", "2 words"."""
    return f"{n} {plural.removesuffix('s') if n == 1 else plural}"


Finder = Callable[[Prompt], Iterable[Constraint]]
Check = Callable[[Constraint, Answer], Reading]


@dataclass(frozen=True, slots=True)
class Family:
    """Constraints that are found and checked alike: one module each."""

    name: str
    find: Finder
    checks: Mapping[Kind, Check] = field(default_factory=dict)
