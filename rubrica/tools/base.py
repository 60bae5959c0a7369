"""A tool establishes facts about candidates: it checks, and says null when it cannot tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from pydantic import Field, JsonValue

from rubrica.types import Candidate, Evidence, Span, TaskView, Value

Arguments = Mapping[str, JsonValue]


class ToolSpec(Value):
    """What a caller must know of a tool before calling it."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)
    description: str = Field(min_length=1, max_length=1024)
    kind: Literal["builtin", "python", "prompt", "mcp"] = "builtin"
    scope: Literal["candidate", "group"] = "candidate"
    """`group` tools compare candidates with each other and are not asked in pointwise mode."""
    input_schema: dict[str, JsonValue] = Field(default_factory=dict)
    output_schema: dict[str, JsonValue] = Field(default_factory=dict)


class Tool(Protocol):
    """Anything that checks candidates against a task."""

    @property
    def spec(self) -> ToolSpec: ...

    async def check(self, task: TaskView, candidates: Sequence[Candidate], arguments: Arguments) -> list[Evidence]:
        """Return the evidence found, in candidate order; a candidate may have none, one or several.

        Raises:
            ToolError: the arguments do not fit the input schema, or the tool broke its contract.
        """
        ...


@dataclass(frozen=True, slots=True)
class Observation:
    """What a built-in check saw: `Evidence` before the tool and the candidate are stamped on it."""

    claim: str
    value: float | None
    """1 = holds, 0 = does not, between = degree, None = cannot tell."""
    detail: str = ""
    span: Span | None = None
    data: dict[str, JsonValue] = field(default_factory=dict)
