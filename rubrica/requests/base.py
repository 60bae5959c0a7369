"""A request is one question that a role asks; whoever answers it, the reply has the same type."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

from pydantic import Field, JsonValue

from rubrica.requests.render import render
from rubrica.types import TaskView, Usage, Value, content_hash

T_co = TypeVar("T_co", bound=Value, covariant=True)

CODE_DIGITS = 12
"""Hex digits of the code that marks data and is repeated in the reply: 48 bits that no writer of the data can know."""


class ChatMessage(Value):
    """One message to a language model in the OpenAI shape; parts are content parts of that shape."""

    role: Literal["system", "user", "assistant"]
    content: str | tuple[dict[str, JsonValue], ...]


class Request(Value, Generic[T_co]):
    """One turn: typed fields in, `reply` out. It never holds a label, and never executes a tool."""

    role: ClassVar[str]
    reply: ClassVar[type[Value]]

    sample: int = Field(default=0, ge=0)
    """Which repetition this is: equal questions with different samples are asked anew."""

    def key(self) -> str:
        """Content hash: equal questions have equal keys."""
        return self.hashed

    @cached_property
    def hashed(self) -> str:
        """The key, computed once: the cache, the prompt and whoever reads the reply want it."""
        return content_hash({"role": self.role, "fields": self.model_dump(mode="json")})

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other fields, and so with a key of its own."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("hashed", None)
        return copied

    @property
    def code(self) -> str:
        """What marks this request's data in the prompt; a reply repeats it to show that it answers this request."""
        return self.key()[:CODE_DIGITS]

    @property
    def reply_tokens(self) -> int:
        """How long the reply may well be, in tokens; 0 = no longer than usual."""
        return 0

    def messages(self) -> tuple[ChatMessage, ...]:
        """Render the question for a language model from `prompts/<role>.md`."""
        fields = {name: _shown(getattr(self, name)) for name in type(self).model_fields}
        system, user = render(self.role, fields, code=self.code)
        return (ChatMessage(role="system", content=system), ChatMessage(role="user", content=user))


def _shown(value: object) -> object:
    """Keep from prompts what only host-side checks may read."""
    return value.model_copy(update={"reference": None, "tests": ()}) if isinstance(value, TaskView) else value


@dataclass(frozen=True, slots=True)
class Reply(Generic[T_co]):
    """An answer, who gave it and what it cost."""

    value: T_co
    by: str
    """Reasoner id."""
    usage: Usage = Usage()
    repaired: bool = False
    """The text had to be repaired before it parsed; never true of a grade."""
