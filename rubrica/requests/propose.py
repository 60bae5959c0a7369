"""What should change in the library? Small edits with ids, each to be tried on its own by the gate."""

import ast
import inspect
from functools import cache
from textwrap import dedent
from typing import ClassVar, Literal

from pydantic import Field, JsonValue, ValidationError

from rubrica.errors import ReplyError
from rubrica.requests.base import Request
from rubrica.requests.diagnose import Mechanism
from rubrica.requests.select import Card
from rubrica.requests.verify import ToolCard
from rubrica.skills.base import Skill
from rubrica.tools.entry import ToolCase, ToolEntry
from rubrica.types import Criterion, TaskFeatures, Value

Action = Literal[
    "patch-skill",
    "add-skill",
    "revise-skill",
    "split-skill",
    "merge-skills",
    "retire-skill",
    "add-tool",
    "revise-tool",
    "retire-tool",
]


class CriterionDraft(Value):
    """A criterion as an author writes it."""

    id: str
    text: str
    kind: Literal["rule", "principle"] = "principle"
    weight: float = Field(default=1.0, ge=0, le=100)
    scored_by: Literal["tool", "model"] = "model"
    tool: str | None = None
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    prefer: Literal["high", "low"] = "high"
    baseline: float | None = Field(default=None, ge=0, le=1)
    """The grade that earns nothing; null keeps the one that it has, and is the format's default for a new one."""
    when: str = ""


class CriterionPatch(Value):
    """A change of one criterion of a skill; what is null stays as it is, or is as usual for one that is added."""

    op: Literal["change", "add", "drop"]
    id: str
    """Of the criterion; a change keeps it, and with it the criterion's history."""
    text: str | None = None
    kind: Literal["rule", "principle"] | None = None
    weight: float | None = Field(default=None, ge=0, le=100)
    scored_by: Literal["tool", "model"] | None = None
    tool: str | None = None
    arguments: dict[str, JsonValue] | None = None
    prefer: Literal["high", "low"] | None = None
    baseline: float | None = Field(default=None, ge=0, le=1)
    when: str | None = None

    @property
    def told(self) -> dict[str, JsonValue]:
        """What it says, by field."""
        return self.model_dump(mode="json", exclude={"op", "id"}, exclude_none=True)


class SkillDraft(Value):
    """A skill as an author writes it: the whole text, not a patch."""

    name: str
    description: str
    when: str = ""
    body: str
    criteria: tuple[CriterionDraft, ...] = ()

    def skill(self) -> Skill:
        """Return the library entry.

        Raises:
            ReplyError: a field is outside the format.
        """
        try:
            return Skill(
                name=self.name,
                description=self.description,
                when=self.when,
                body=self.body.strip(),
                criteria=tuple(Criterion.model_validate(one.model_dump(exclude_none=True)) for one in self.criteria),
            )
        except ValidationError as error:
            raise ReplyError(f"skill '{self.name}': {_told(error)}") from None


class ToolDraft(Value):
    """A tool as an author writes it: code with its own cases, or a question for a model."""

    name: str
    description: str
    kind: Literal["python", "prompt"] = "python"
    source: str = ""
    """For python: a module with `def check(task: dict, candidate: str, **arguments) -> dict`."""
    question: str = ""
    """For prompt: what to ask about a candidate."""
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    """JSON Schema of the properties that `check` takes."""
    cases: tuple[ToolCase, ...] = ()

    def entry(self) -> ToolEntry:
        """Return the library entry.

        Raises:
            ReplyError: a field is outside the format, or the kind has no text of its own.
        """
        if not (self.source if self.kind == "python" else self.question).strip():
            raise ReplyError(f"tool '{self.name}': a {self.kind} tool has {_NEEDS[self.kind]}")
        schema: dict[str, JsonValue] = {"type": "object", "properties": self.arguments, "additionalProperties": False}
        try:
            return ToolEntry(
                name=self.name,
                description=self.description,
                kind=self.kind,
                input_schema=schema,
                source=self.source if self.kind == "python" else "",
                body=self.question.strip() if self.kind == "prompt" else "",
                cases=self.cases,
            )
        except ValidationError as error:
            raise ReplyError(f"tool '{self.name}': {_told(error)}") from None


_NEEDS = {"python": "its code in `source`", "prompt": "its question in `question`"}


class Edit(Value):
    """One change of the library, as small as makes sense."""

    id: str
    action: Action
    targets: tuple[str, ...] = ()
    """Entries that are patched, revised, split, merged or retired."""
    patches: tuple[CriterionPatch, ...] = ()
    """For "patch-skill": what changes in its criteria; the rest of the skill stays as it is."""
    skills: tuple[SkillDraft, ...] = ()
    tools: tuple[ToolDraft, ...] = ()
    mechanism: str = ""
    """Name of the mechanism that it answers."""
    why: str = ""


class Proposal(Value):
    """Edits, most promising first; none is a valid answer."""

    edits: tuple[Edit, ...] = ()

    def refusals(self, *, skills: frozenset[str], tools: frozenset[str], budget: int) -> dict[str, str]:
        """Return why edits cannot be tried as they are, by edit id, given the names that the library holds."""
        refused: dict[str, str] = {}
        seen: set[str] = set()
        for number, edit in enumerate(self.edits):
            problem = _problem(edit, skills if edit.action.endswith(("skill", "skills")) else tools)
            if edit.id in seen:
                problem = "another edit has this id"
            elif number >= budget:
                problem = f"only {budget} edits are allowed"
            seen.add(edit.id)
            if problem:
                refused[edit.id] = problem
        return refused


_TARGETS = {"patch": (1, 1), "add": (0, 0), "revise": (1, 1), "split": (1, 1), "merge": (2, 5), "retire": (1, 1)}
_DRAFTS = {"patch": (0, 0), "add": (1, 1), "revise": (1, 1), "split": (2, 3), "merge": (1, 1), "retire": (0, 0)}


PATCHES = 2
"""Criteria that one patch changes at most: what changes more cannot be told apart by a test."""


def _problem(edit: Edit, known: frozenset[str]) -> str:
    verb, _, noun = edit.action.partition("-")
    drafts: tuple[SkillDraft | ToolDraft, ...] = edit.skills if noun.startswith("skill") else edit.tools
    along = {skill.name for skill in edit.skills} if noun == "tool" else frozenset[str]()
    targets = [name for name in dict.fromkeys(edit.targets) if name in known or name not in along]
    if unknown := [name for name in targets if name not in known]:
        return f"the library holds no {noun.rstrip('s')} '{unknown[0]}' that could be changed"
    low, high = _TARGETS[verb]
    if not low <= len(targets) <= high:
        return f"{edit.action} names {_span(low, high)} in `targets`, not {len(targets)}"
    if noun == "tool" and len(edit.skills) > 1:
        return "a tool brings at most the one skill that uses it"
    low, high = _DRAFTS[verb]
    if not low <= len(drafts) <= high:
        return f"{edit.action} brings {_span(low, high)} in `{noun.rstrip('s')}s`, not {len(drafts)}"
    if verb == "patch" and not 1 <= len(edit.patches) <= PATCHES:
        return f"patch-skill brings {_span(1, PATCHES)} in `patches`, not {len(edit.patches)}"
    if verb != "patch" and edit.patches:
        return f"{edit.action} brings entries in full; `patches` are for patch-skill"
    if verb == "revise" and drafts[0].name != targets[0]:
        return f"a revision keeps its name, '{targets[0]}'"
    if taken := [draft.name for draft in drafts if draft.name in known and draft.name not in targets]:
        return f"the library holds a '{taken[0]}' already"
    return ""


def _span(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"


def _told(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"


class Rejected(Value):
    """An idea that was tried and refused."""

    summary: str
    reason: str


class Refusal(Value):
    """Why an edit was not kept: it may be mended or narrowed once."""

    edit: Edit
    reason: str
    tested: bool = True
    """False: it never came to the gate, as it stands it cannot be tried."""
    broke: tuple[str, ...] = ()
    """Cases whose verdicts became worse with it, in words."""
    fixed: tuple[str, ...] = ()
    """Cases whose verdicts became better."""


@cache
def features() -> tuple[str, ...]:
    """Say each task feature with its type and meaning, as the source has it."""
    told = ast.parse(dedent(inspect.getsource(TaskFeatures))).body[0]
    lines = told.body if isinstance(told, ast.ClassDef) else []
    meanings = (ast.literal_eval(line.value) if isinstance(line, ast.Expr) else "" for line in lines[1:])
    return tuple(
        f"{ast.unparse(field.target)} ({ast.unparse(field.annotation)}): {meaning}"
        for field, meaning in zip(lines, meanings, strict=False)
        if isinstance(field, ast.AnnAssign)
    )


class ProposeRequest(Request[Proposal]):
    """Answer named mechanisms of failure with edits."""

    role: ClassVar[str] = "author"
    reply: ClassVar[type[Value]] = Proposal

    mechanisms: tuple[Mechanism, ...]
    skills: tuple[Skill, ...] = ()
    """Entries as they stand, with bodies: those at fault and those near to them."""
    sources: tuple[ToolEntry, ...] = ()
    """Tools of the library's own, with their code."""
    tools: tuple[ToolCard, ...] = ()
    """All tools that a criterion may name."""
    others: tuple[Card, ...] = ()
    """All further skills, in short: their names are taken."""
    features: tuple[str, ...] = Field(default_factory=features)
    """What a `when` may name, with type and meaning."""
    rejected: tuple[Rejected, ...] = ()
    budget: int = 3
    """Edits that may be proposed."""
    reads: bool = True
    """Whether the judge has a reader; without one, only criteria by a tool of code are graded."""
    refusal: Refusal | None = None
    """Set when an edit was refused and may be mended or narrowed: the reply holds that edit alone, or none."""
