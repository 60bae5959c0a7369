"""A prompt tool's question, put to whoever reads: one typed query about one candidate."""

from typing import ClassVar

from rubrica.requests.base import Request
from rubrica.tools.prompt_tool import ToolAnswer, ToolQuestion
from rubrica.types import TaskView, Value


class ToolRequest(Request[ToolAnswer]):
    """Answer a prompt tool's question."""

    role: ClassVar[str] = "tool"
    reply: ClassVar[type[Value]] = ToolAnswer

    task: TaskView
    question: ToolQuestion
