"""A tool as the library stores it: TOOL.md, and for python tools their source and their own examples."""

from typing import Literal

from pydantic import Field, JsonValue

from rubrica.documents import Markdown
from rubrica.types import Value


class ToolCase(Value):
    """One of a tool's own examples; it must reproduce them in the sandbox to be admitted."""

    prompt: str
    candidate: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    value: float | None = Field(default=None, ge=0, le=1)
    """The value that the tool must answer (within 1e-6); null = it must say that it cannot tell."""


class ToolEntry(Value):
    """One entry of the library's `tools/` folder."""

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)
    description: str = Field(min_length=1, max_length=1024)
    kind: Literal["builtin", "python", "prompt", "mcp"]
    scope: Literal["candidate", "group"] = "candidate"
    input_schema: dict[str, JsonValue] = Field(default_factory=dict)
    output_schema: dict[str, JsonValue] = Field(default_factory=dict)
    body: Markdown = ""
    """Markdown below the front matter: for `prompt` tools the question, else notes."""
    source: str = ""
    """`tool.py` of a python tool: `def check(task: dict, candidate: str, **arguments) -> dict`; sandbox only."""
    cases: tuple[ToolCase, ...] = ()
    metadata: dict[str, str] = Field(default_factory=dict)
